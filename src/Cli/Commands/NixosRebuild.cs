using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Processes;
using Firn.Nixos.Rebuilding;

namespace Firn.Cli.Commands;

/// <summary><c>nixos-rebuild</c>: builds the configuration of a NixOS machine and goes over to it, or back.</summary>
internal sealed class NixosRebuild : ICommand
{
    private const string Usage = """
        usage: nixos-rebuild [options] action

        actions:
          switch            build the configuration, make it the boot default and activate it
          boot              build the configuration and make it the boot default
          test              build the configuration and activate it
          build             build the configuration and link it as ./result
          dry-build         show what would be built
          dry-activate      build the configuration and show what activating it would do
          build-vm          build a virtual machine that runs the configuration
          list-generations  list the generations of the system

        options:
          -p, --profile-name NAME       use the profile NAME instead of `system'
          -I nixos-config=FILE          use FILE as configuration; also NIXOS_CONFIG
          -f, --file FILE               build the system that FILE holds
          -A, --attr ATTR               build the attribute ATTR of FILE or ./default.nix
          -c, --specialisation NAME     activate the variant NAME of the system
          --rollback                    go back to the generation before this one
          --store-path PATH             use a system that is built already
          --install-bootloader          install the boot loader itself too
          --json                        list generations as JSON
          --option NAME VALUE, -j, -k, -v, ...   as for nix-build

        """;

    /// <summary>Flags of the build, with the number of values that each takes.</summary>
    private static int? BuildFlagArity(string flag) => flag switch
    {
        "-v" or "--verbose" or "--quiet" or "-Q" or "--no-build-output" or "-L" or "--print-build-logs" => 0,
        "-k" or "--keep-going" or "-K" or "--keep-failed" or "--fallback" or "--show-trace" or "--repair" => 0,
        "--refresh" or "--offline" or "--no-net" or "--impure" or "--debug" or "--accept-flake-config" => 0,
        "-I" or "--include" or "-j" or "--max-jobs" or "--cores" or "--builders" or "--log-format" => 1,
        "--substituters" or "--extra-substituters" or "--timeout" or "--max-silent-time" => 1,
        "--option" or "--arg" or "--argstr" => 2,
        _ => null,
    };

    /// <inheritdoc />
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        if (arguments is ["--help"] or ["-h"])
        {
            context.Out.Write(System.Text.Encoding.UTF8.GetBytes(Usage));
            return 0;
        }

        RebuildRequest request = Parse(arguments);
        using StreamWriter output = new(context.Out, leaveOpen: true) { NewLine = "\n" };
        SystemDirectories directories = new()
        {
            ConfigurationIsGiven = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NIXOS_CONFIG"))
                || (Environment.GetEnvironmentVariable("NIX_PATH") ?? "").Contains("nixos-config=", StringComparison.Ordinal),
        };
        return new SystemRebuild(new ProgramRunner(), output, Console.Error, directories).Run(request);
    }

    /// <summary>Understands a command line.</summary>
    /// <exception cref="CliException">It is not one of <c>nixos-rebuild</c>.</exception>
    internal static RebuildRequest Parse(IReadOnlyList<string> arguments)
    {
        RebuildAction? action = null;
        List<string> buildFlags = [];
        RebuildRequest request = new() { Action = RebuildAction.Build };
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string Value() => ++i < arguments.Count
                ? arguments[i]
                : throw new CliException($"flag '{argument}' requires an argument", 2, "Try 'nixos-rebuild --help' for more information.");
            switch (argument)
            {
                case "-p" or "--profile-name":
                    request = request with { ProfileName = Value() };
                    break;
                case "-f" or "--file":
                    request = request with { File = Value() };
                    break;
                case "-A" or "--attr":
                    request = request with { Attribute = Value() };
                    break;
                case "-c" or "--specialisation":
                    request = request with { Specialisation = Value() };
                    break;
                case "--rollback":
                    request = request with { Rollback = true };
                    break;
                case "--store-path":
                    request = request with { StorePath = Value() };
                    break;
                case "--install-bootloader" or "--install-grub":
                    request = request with { InstallBootLoader = true };
                    break;
                case "--json":
                    request = request with { Json = true };
                    break;
                // This program is what it would be replaced by.
                case "--no-reexec" or "--fast" or "--no-build-nix" or "--no-flake":
                    break;
                case "-F" or "--flake":
                    throw new CliException("flakes are not supported", 1, "Use -f FILE or -I nixos-config=FILE.");
                case "--target-host" or "--build-host" or "--use-remote-sudo" or "--sudo" or "-S" or "--upgrade" or "--upgrade-all":
                    throw new CliException($"'{argument}' is not supported");
                default:
                    if (BuildFlagArity(argument) is int arity)
                    {
                        buildFlags.Add(argument);
                        for (int value = 0; value < arity; value++)
                        {
                            buildFlags.Add(Value());
                        }
                    }
                    else if (argument.Length > 2 && argument.StartsWith("-I", StringComparison.Ordinal))
                    {
                        buildFlags.AddRange(["-I", argument[2..]]);
                    }
                    else if (argument.Length > 2 && argument.StartsWith("-j", StringComparison.Ordinal))
                    {
                        buildFlags.AddRange(["-j", argument[2..]]);
                    }
                    else if (!argument.StartsWith('-') && action is null)
                    {
                        action = Action(argument);
                    }
                    else
                    {
                        throw new CliException($"unrecognised argument '{argument}'", 2, "Try 'nixos-rebuild --help' for more information.");
                    }

                    break;
            }
        }

        return request with
        {
            Action = action ?? throw new CliException("no action given", 2, "Try 'nixos-rebuild --help' for more information."),
            BuildFlags = buildFlags,
        };
    }

    private static RebuildAction Action(string name) => name switch
    {
        "switch" => RebuildAction.Switch,
        "boot" => RebuildAction.Boot,
        "test" => RebuildAction.Test,
        "build" => RebuildAction.Build,
        "dry-build" or "dry-run" => RebuildAction.DryBuild,
        "dry-activate" => RebuildAction.DryActivate,
        "build-vm" => RebuildAction.BuildVm,
        "list-generations" => RebuildAction.ListGenerations,
        _ => throw new CliException($"unknown action '{name}'", 2, "Try 'nixos-rebuild --help' for more information."),
    };
}
