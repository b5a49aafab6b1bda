using System.Collections.Generic;

namespace Firn.Cli.Commands.Env;

/// <summary>What <c>nix-env --query</c> is to show.</summary>
internal sealed class EnvQueryOptions
{
    /// <summary>What an expression offers is asked for, not what is installed.</summary>
    public bool Available { get; private set; }

    public bool Status { get; private set; }

    public bool Name { get; private set; } = true;

    public bool ShowAttrPath { get; private set; }

    public bool System { get; private set; }

    public bool DrvPath { get; private set; }

    public bool OutPath { get; private set; }

    public bool Description { get; private set; }

    public bool Meta { get; private set; }

    public bool CompareVersions { get; private set; }

    public bool Xml { get; private set; }

    public bool Json { get; private set; }

    /// <summary>Where in the expression to look.</summary>
    public string AttrPath { get; private set; } = "";

    /// <exception cref="CliException">A flag is none of these.</exception>
    public static EnvQueryOptions Read(IReadOnlyList<string> flags)
    {
        EnvQueryOptions options = new();
        for (int i = 0; i < flags.Count; i++)
        {
            switch (flags[i])
            {
                case "--status" or "-s":
                    options.Status = true;
                    break;
                case "--no-name":
                    options.Name = false;
                    break;
                case "--system":
                    options.System = true;
                    break;
                case "--description":
                    options.Description = true;
                    break;
                case "--compare-versions" or "-c":
                    options.CompareVersions = true;
                    break;
                case "--drv-path":
                    options.DrvPath = true;
                    break;
                case "--out-path":
                    options.OutPath = true;
                    break;
                case "--meta":
                    options.Meta = true;
                    break;
                case "--installed":
                    options.Available = false;
                    break;
                case "--available" or "-a":
                    options.Available = true;
                    break;
                case "--xml":
                    options.Xml = true;
                    break;
                case "--json":
                    options.Json = true;
                    break;
                case "--attr-path" or "-P":
                    options.ShowAttrPath = true;
                    break;
                case "--attr" or "-A" when i + 1 < flags.Count:
                    options.AttrPath = flags[++i];
                    break;
                default:
                    throw CliException.Usage($"unknown flag '{flags[i]}'");
            }
        }

        return options.ShowAttrPath && !options.Available
            ? throw CliException.Usage("--attr-path(-P) only works with --available")
            : options;
    }
}
