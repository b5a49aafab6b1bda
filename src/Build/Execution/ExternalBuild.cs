using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Build.Preparation;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build.Execution;

/// <summary>A build that a program of the administrator's carries out, in a virtual machine for example.</summary>
/// <remarks>Nix manual, command-ref/conf-file, external-builders</remarks>
internal static class ExternalBuild
{
    /// <summary>What the program is told, in the directory above the build's own.</summary>
    public const string FileName = "build.json";

    /// <summary>Where the program is to show the working directory.</summary>
    public const string WorkInside = "/build";

    /// <summary>The program for a derivation's system, or null.</summary>
    public static ExternalBuilder? For(BuildSettings settings, Derivation derivation) =>
        settings.ExternalBuilders.FirstOrDefault(b => b.Systems.Contains(derivation.Platform));

    /// <summary>The JSON that says what is to be built.</summary>
    /// <param name="environment">As an ordinary build has it.</param>
    /// <param name="top">The directory that the program may use.</param>
    /// <param name="work">The working directory, in it.</param>
    public static byte[] Request(
        Derivation derivation, BuildEnvironment environment, IReadOnlyList<PlannedOutput> planned, IReadOnlySet<StorePath> closure, BuildStore store, string top, string work)
    {
        StoreDir dir = store.Infos.StoreDir;
        System.IO.MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteStartArray("args");
            foreach (byte[] argument in environment.Arguments.Skip(1))
            {
                json.WriteStringValue(argument);
            }

            json.WriteEndArray();
            json.WriteString("builder", derivation.Builder);
            json.WriteStartObject("env");
            foreach (byte[] variable in environment.Variables)
            {
                int equals = Array.IndexOf(variable, (byte)'=');
                json.WriteString(variable.AsSpan(0, equals), variable.AsSpan(equals + 1));
            }

            json.WriteEndObject();
            json.WriteStartArray("inputPaths");
            foreach (StorePath input in closure.Order())
            {
                json.WriteStringValue(dir.Print(input));
            }

            json.WriteEndArray();
            json.WriteStartObject("outputs");
            foreach (PlannedOutput output in planned)
            {
                json.WriteString(output.Name, dir.Print(output.Scratch));
            }

            json.WriteEndObject();
            json.WriteString("realStoreDir", store.Paths.RealStoreDir);
            json.WriteString("storeDir", dir.Path);
            json.WriteString("system", derivation.Platform);
            json.WriteString("tmpDir", work);
            json.WriteString("tmpDirInSandbox", WorkInside);
            json.WriteString("topTmpDir", top);
            json.WriteNumber("version", 1);
            json.WriteEndObject();
        }

        return text.ToArray();
    }

    /// <summary>The program is one of the host's: it gets the caller's variables.</summary>
    public static IReadOnlyList<byte[]> HostEnvironment() =>
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => Encoding.UTF8.GetBytes($"{v.Key}={v.Value}"))];
}
