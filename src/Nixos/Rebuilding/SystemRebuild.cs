using System;
using System.Collections.Generic;
using System.IO;
using Firn.Nixos.Generations;

namespace Firn.Nixos.Rebuilding;

/// <summary>
/// <c>nixos-rebuild</c>: has a configuration evaluated and built, makes it a generation and goes over to it.
/// Evaluating, building and profiles are the package manager's commands; this decides which, in which order.
/// </summary>
/// <param name="runner">Starts programs.</param>
/// <param name="output">Takes results: paths, tables.</param>
/// <param name="messages">Takes what is said to the user meanwhile.</param>
/// <param name="directories">Where things are on this machine.</param>
public sealed class SystemRebuild(IProgramRunner runner, TextWriter output, TextWriter messages, SystemDirectories directories)
{
    /// <summary>Carries out a request.</summary>
    /// <returns>Exit status: that of the step that failed, or 0.</returns>
    /// <exception cref="NixosException">Something is missing or wrong; see the message.</exception>
    public int Run(RebuildRequest request)
    {
        SystemProfile profile = SystemProfile.Named(request.ProfileName, directories.Profiles);
        if (request.Action == RebuildAction.ListGenerations)
        {
            IReadOnlyList<SystemGeneration> generations = profile.Generations();
            output.Write(request.Json ? GenerationList.ToJson(generations) : GenerationList.ToTable(generations));
            return 0;
        }

        if (request.Rollback && request.StorePath is not null)
        {
            throw new NixosException("--rollback and --store-path cannot be used together");
        }

        if (request.Rollback)
        {
            return RollBack(request, profile);
        }

        string system;
        if (request.StorePath is string given)
        {
            if (request.Action is RebuildAction.Build or RebuildAction.DryBuild or RebuildAction.BuildVm)
            {
                throw new NixosException("--store-path is only for what follows a build: switch, boot, test, dry-activate");
            }

            system = given;
        }
        else
        {
            messages.WriteLine("building the system configuration...");
            messages.Flush();
            int status = Build(request, out system);
            if (status != 0 || request.Action == RebuildAction.DryBuild)
            {
                return status;
            }
        }

        switch (request.Action)
        {
            case RebuildAction.Build:
                Result("Done. The new configuration is", system);
                return 0;
            case RebuildAction.BuildVm:
                Result("Done. The virtual machine can be started by running", Runner(system));
                return 0;
            default:
                RequireSystem(system);
                if (request.Action is RebuildAction.Switch or RebuildAction.Boot)
                {
                    int status = SetProfile(profile, ["--set", system]);
                    if (status != 0)
                    {
                        return status;
                    }
                }

                return Activate(request, system);
        }
    }

    /// <summary>The command line that builds what a request asks for.</summary>
    public IReadOnlyList<string> BuildCommand(RebuildRequest request)
    {
        string attribute = request.Action == RebuildAction.BuildVm ? "config.system.build.vm" : "config.system.build.toplevel";
        List<string> command = ["nix-build"];
        if (request.File is not null || request.Attribute is not null)
        {
            command.Add(request.File ?? "default.nix");
            attribute = request.Attribute is { Length: > 0 } at ? at + "." + attribute : attribute;
        }
        else
        {
            command.Add("<nixpkgs/nixos>");
        }

        command.Add("--attr");
        command.Add(attribute);
        command.AddRange(DefaultConfiguration(request));
        command.AddRange(request.BuildFlags);
        switch (request.Action)
        {
            case RebuildAction.DryBuild:
                command.Add("--dry-run");
                break;
            case RebuildAction.Build or RebuildAction.BuildVm:
                break;
            default:
                command.Add("--no-out-link");
                break;
        }

        return command;
    }

    /// <summary>Where nobody says which configuration, it is that of the machine.</summary>
    private IReadOnlyList<string> DefaultConfiguration(RebuildRequest request)
    {
        if (request.File is not null || request.Attribute is not null || directories.ConfigurationIsGiven)
        {
            return [];
        }

        foreach (string flag in request.BuildFlags)
        {
            if (flag.StartsWith("nixos-config=", StringComparison.Ordinal))
            {
                return [];
            }
        }

        return File.Exists(directories.Configuration) ? ["-I", "nixos-config=" + directories.Configuration] : [];
    }

    private int Build(RebuildRequest request, out string system)
    {
        IReadOnlyList<string> command = BuildCommand(request);
        if (request.Action == RebuildAction.DryBuild)
        {
            system = "";
            return runner.Run(command, new Dictionary<string, string>());
        }

        int status = runner.Capture(command, out string text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (status == 0 && lines.Length != 1)
        {
            throw new NixosException($"the build gave {lines.Length} paths where one system was expected");
        }

        system = status == 0 ? lines[0] : "";
        return status;
    }

    private int RollBack(RebuildRequest request, SystemProfile profile)
    {
        switch (request.Action)
        {
            case RebuildAction.Switch or RebuildAction.Boot:
                // Said before anything changes: a profile with one generation has nothing to go back to.
                profile.Previous();
                int status = SetProfile(profile, ["--rollback"]);
                return status != 0 ? status : Activate(request, profile.Path);
            case RebuildAction.Test or RebuildAction.DryActivate:
                return Activate(request, profile.Previous().Link);
            case RebuildAction.Build:
                Result("Done. The new configuration is", Resolve(profile.Previous().Link));
                return 0;
            default:
                throw new NixosException("--rollback does not go with this action");
        }
    }

    private int SetProfile(SystemProfile profile, IReadOnlyList<string> operation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(profile.Path)!);
        return runner.Run(["nix-env", "-p", profile.Path, .. operation], new Dictionary<string, string>());
    }

    private int Activate(RebuildRequest request, string system)
    {
        string path = Resolve(system);
        string root = path;
        if (request.Specialisation is string name)
        {
            root = Path.Combine(path, "specialisation", name);
            if (!Directory.Exists(root))
            {
                throw new NixosException($"specialisation not found: {name}");
            }
        }

        string program = Path.Combine(root, "bin", "switch-to-configuration");
        if (!File.Exists(program))
        {
            throw new NixosException(
                $"'{root}' has no bin/switch-to-configuration: it is no NixOS system, or one that was built with system.switch.enable = false");
        }

        Dictionary<string, string> environment = new() { ["NIXOS_INSTALL_BOOTLOADER"] = request.InstallBootLoader ? "1" : "0" };
        List<string> command = [];
        if (directories.ServiceManagerRuns && request.Action is RebuildAction.Switch or RebuildAction.Test && runner.Exists("systemd-run"))
        {
            // A unit of its own outlives the session that asked for it, which the switch itself may end.
            command.AddRange(
            [
                "systemd-run",
                "-E", "LOCALE_ARCHIVE",
                "-E", "NIXOS_INSTALL_BOOTLOADER=" + environment["NIXOS_INSTALL_BOOTLOADER"],
                "-E", "NIXOS_NO_CHECK",
                "--collect",
                "--no-ask-password",
                "--pipe",
                "--quiet",
                "--service-type=exec",
                "--unit=nixos-rebuild-switch-to-configuration",
            ]);
        }

        command.Add(program);
        command.Add(ActionName(request.Action));
        int status = runner.Run(command, environment);
        if (status != 0)
        {
            messages.WriteLine("warning: error(s) occurred while switching to the new configuration");
            return status;
        }

        Result("Done. The new configuration is", path);
        return 0;
    }

    private static string ActionName(RebuildAction action) => action switch
    {
        RebuildAction.Switch => "switch",
        RebuildAction.Boot => "boot",
        RebuildAction.Test => "test",
        RebuildAction.DryActivate => "dry-activate",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
    };

    private void RequireSystem(string system)
    {
        if (!File.Exists(Path.Combine(system, "nixos-version")))
        {
            throw new NixosException(
                $"'{Path.Combine(system, "nixos-version")}' does not exist: '{system}' is no NixOS system, and going over to it would break this one");
        }
    }

    private static string Runner(string virtualMachine)
    {
        string bin = Path.Combine(virtualMachine, "bin");
        if (Directory.Exists(bin))
        {
            foreach (string file in Directory.EnumerateFileSystemEntries(bin, "run-*-vm"))
            {
                return file;
            }
        }

        throw new NixosException($"'{bin}' has no run-*-vm");
    }

    private static string Resolve(string path) =>
        (Directory.Exists(path) ? new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName : null) ?? path;

    private void Result(string text, string path)
    {
        messages.Write(text + " ");
        messages.Flush();
        output.WriteLine(path);
        output.Flush();
    }
}
