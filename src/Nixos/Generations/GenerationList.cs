using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Firn.Nixos.Generations;

/// <summary>Shows generations as <c>nixos-rebuild list-generations</c> does, newest first.</summary>
public static class GenerationList
{
    private static readonly string[] s_headers =
        ["Generation", "Build-date", "NixOS version", "Kernel", "Configuration Revision", "Specialisation", "Current"];

    /// <summary>A table: a heading, then a line for each generation, columns two spaces apart.</summary>
    public static string ToTable(IReadOnlyList<SystemGeneration> generations)
    {
        List<string[]> rows = [s_headers];
        for (int i = generations.Count - 1; i >= 0; i--)
        {
            SystemGeneration generation = generations[i];
            rows.Add(
            [
                generation.Number.ToString(CultureInfo.InvariantCulture),
                Date(generation),
                generation.NixosVersion,
                generation.KernelVersion,
                generation.ConfigurationRevision,
                string.Join(' ', generation.Specialisations),
                generation.IsCurrent ? "True" : "False",
            ]);
        }

        int[] widths = new int[s_headers.Length];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length);
            }
        }

        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            StringBuilder line = new();
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(row[column].PadRight(widths[column] + 2));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A JSON array of objects, one for each generation.</summary>
    public static string ToJson(IReadOnlyList<SystemGeneration> generations)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            for (int i = generations.Count - 1; i >= 0; i--)
            {
                SystemGeneration generation = generations[i];
                writer.WriteStartObject();
                writer.WriteNumber("generation", generation.Number);
                writer.WriteString("date", Date(generation));
                writer.WriteString("nixosVersion", generation.NixosVersion);
                writer.WriteString("kernelVersion", generation.KernelVersion);
                writer.WriteString("configurationRevision", generation.ConfigurationRevision);
                writer.WriteStartArray("specialisations");
                foreach (string specialisation in generation.Specialisations)
                {
                    writer.WriteStringValue(specialisation);
                }

                writer.WriteEndArray();
                writer.WriteBoolean("current", generation.IsCurrent);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static string Date(SystemGeneration generation) =>
        generation.Date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
