using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Firn.Cli.Commands;

/// <summary><c>nixos-version</c>: the version of the running system, as the system itself says.</summary>
internal sealed class NixosVersion : ICommand
{
    /// <inheritdoc />
    public int Run(CommandContext context, IReadOnlyList<string> arguments) => Run(context, arguments, "/run/current-system", "/etc/os-release");

    private static int Run(CommandContext context, IReadOnlyList<string> arguments, string system, string osRelease)
    {
        Dictionary<string, string> release = ReadRelease(osRelease);
        string version = ReadVersion(system);
        string revision = release.GetValueOrDefault("NIXPKGS_REVISION") ?? release.GetValueOrDefault("BUILD_ID_REVISION") ?? "";
        string configuration = release.GetValueOrDefault("CONFIGURATION_REVISION") ?? "";
        switch (arguments)
        {
            case []:
                string codeName = release.GetValueOrDefault("VERSION_CODENAME") ?? "";
                context.WriteLine(codeName.Length == 0 ? version : $"{version} ({char.ToUpperInvariant(codeName[0])}{codeName[1..]})");
                return 0;
            case ["--hash" or "--revision"]:
                return Print(context, revision, "no revision of the collection is recorded in this system");
            case ["--configuration-revision"]:
                return Print(context, configuration, "no configuration revision is recorded in this system; set system.configurationRevision");
            case ["--json"]:
                context.WriteLine(Json(version, revision, configuration));
                return 0;
            case ["--help" or "-h"]:
                context.WriteLine("usage: nixos-version [--hash | --revision | --configuration-revision | --json]");
                return 0;
            default:
                throw new CliException($"unrecognised argument '{arguments[0]}'", 1, "Try 'nixos-version --help' for more information.");
        }
    }

    private static int Print(CommandContext context, string value, string otherwise)
    {
        if (value.Length == 0)
        {
            throw new CliException(otherwise);
        }

        context.WriteLine(value);
        return 0;
    }

    private static string ReadVersion(string system)
    {
        try
        {
            return File.ReadAllText(Path.Combine(system, "nixos-version")).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException("this machine does not run NixOS");
        }
    }

    private static string Json(string version, string revision, string configuration)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            if (configuration.Length > 0)
            {
                writer.WriteString("configurationRevision", configuration);
            }

            writer.WriteString("nixosVersion", version);
            if (revision.Length > 0)
            {
                writer.WriteString("nixpkgsRevision", revision);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>NAME=VALUE lines, a value in quotes or not (os-release(5)).</summary>
    private static Dictionary<string, string> ReadRelease(string file)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        if (File.Exists(file))
        {
            foreach (string line in File.ReadLines(file))
            {
                int equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0 && line[0] != '#')
                {
                    values[line[..equals]] = line[(equals + 1)..].Trim('"', '\'');
                }
            }
        }

        return values;
    }
}
