using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace Firn.Nixos.Generations;

/// <summary>One generation of a system profile, with what its toplevel says of itself.</summary>
/// <param name="Number">Number in the profile, from 1.</param>
/// <param name="Link">Absolute path of the generation's link.</param>
/// <param name="Date">When the link was made, local time.</param>
/// <param name="NixosVersion">Version and label of the system, or <c>Unknown</c>.</param>
/// <param name="KernelVersion">Version of the kernel's modules, or <c>Unknown</c>.</param>
/// <param name="ConfigurationRevision">Revision of the configuration's sources, or empty.</param>
/// <param name="Specialisations">Names of the variants in it, by byte order.</param>
/// <param name="IsCurrent">Whether the profile leads to it.</param>
public sealed record SystemGeneration(
    int Number,
    string Link,
    DateTime Date,
    string NixosVersion,
    string KernelVersion,
    string ConfigurationRevision,
    IReadOnlyList<string> Specialisations,
    bool IsCurrent)
{
    private const string Unknown = "Unknown";

    /// <summary>Reads a generation. What its toplevel does not tell (any more) is <c>Unknown</c>.</summary>
    public static SystemGeneration Read(int number, string link, bool isCurrent) =>
        new(
            number,
            link,
            new FileInfo(link).LastWriteTime,
            ReadLine(Path.Combine(link, "nixos-version")) ?? Unknown,
            Kernel(link),
            Revision(link),
            Names(Path.Combine(link, "specialisation")),
            isCurrent);

    private static string? ReadLine(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The kernel's version is the name of its directory of modules.</summary>
    private static string Kernel(string link)
    {
        IReadOnlyList<string> names = Names(Path.Combine(link, "kernel-modules", "lib", "modules"));
        return names.Count == 0 ? Unknown : names[0];
    }

    private static string Revision(string link)
    {
        string? text = ReadLine(Path.Combine(link, "etc", "nixos-version.json")) ?? ReadLine(Path.Combine(link, "sw", "share", "nixos-version.json"));
        if (text is null)
        {
            return "";
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.TryGetProperty("configurationRevision", out JsonElement revision) ? revision.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            // A file of another making says nothing about the revision.
            return "";
        }
    }

    private static IReadOnlyList<string> Names(string directory)
    {
        List<string> names = [];
        try
        {
            foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
            {
                names.Add(Path.GetFileName(entry));
            }
        }
        catch (DirectoryNotFoundException)
        {
            return names;
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
