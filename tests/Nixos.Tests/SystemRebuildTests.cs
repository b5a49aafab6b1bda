using System.Collections.Generic;
using System.IO;
using Firn.Nixos.Rebuilding;
using Xunit;

namespace Firn.Nixos.Tests;

public sealed class SystemRebuildTests
{
    /// <summary>Notes what is started; builds give the system, and profiles are set as the real command does.</summary>
    private sealed class Recorder(string system) : IProgramRunner
    {
        public List<string> Started { get; } = [];

        public int SwitchStatus { get; init; }

        public int BuildStatus { get; init; }

        public string? InstallBootLoader { get; private set; }

        public int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
        {
            Started.Add(string.Join(' ', arguments));
            if (environment.TryGetValue("NIXOS_INSTALL_BOOTLOADER", out string? install))
            {
                InstallBootLoader = install;
                return SwitchStatus;
            }

            return 0;
        }

        public int Capture(IReadOnlyList<string> arguments, out string output)
        {
            Started.Add(string.Join(' ', arguments));
            output = system + "\n";
            return BuildStatus;
        }

        public bool Exists(string program) => false;
    }

    private sealed class Machine : System.IDisposable
    {
        private readonly TemporaryDirectory _root = new();

        public Machine(int switchStatus = 0, int buildStatus = 0)
        {
            System = Path.Combine(_root.Path, "system");
            _root.File("system/nixos-version", "26.05");
            _root.File("system/bin/switch-to-configuration", "");
            Runner = new Recorder(System) { SwitchStatus = switchStatus, BuildStatus = buildStatus };
        }

        public string System { get; }

        public string Profiles => Path.Combine(_root.Path, "profiles");

        public Recorder Runner { get; }

        public StringWriter Output { get; } = new() { NewLine = "\n" };

        public StringWriter Messages { get; } = new() { NewLine = "\n" };

        public TemporaryDirectory Root => _root;

        public SystemRebuild Rebuild() => new(Runner, Output, Messages, new SystemDirectories
        {
            Profiles = Profiles,
            Configuration = Path.Combine(_root.Path, "configuration.nix"),
            ServiceManagerRuns = false,
        });

        public void Dispose() => _root.Dispose();
    }

    [Fact]
    public void Switch_builds_then_makes_a_generation_then_goes_over()
    {
        using Machine machine = new();
        int status = machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch, BuildFlags = ["-I", "nixos-config=/x.nix"] });
        Assert.Equal(0, status);
        Assert.Equal(
            [
                "nix-build <nixpkgs/nixos> --attr config.system.build.toplevel -I nixos-config=/x.nix --no-out-link",
                $"nix-env -p {machine.Profiles}/system --set {machine.System}",
                $"{machine.System}/bin/switch-to-configuration switch",
            ],
            machine.Runner.Started);
        Assert.Equal("0", machine.Runner.InstallBootLoader);
        Assert.Equal("building the system configuration...\nDone. The new configuration is ", machine.Messages.ToString());
        Assert.Equal(machine.System + "\n", machine.Output.ToString());
    }

    [Fact]
    public void Test_makes_no_generation()
    {
        using Machine machine = new();
        Assert.Equal(0, machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Test }));
        Assert.DoesNotContain(machine.Runner.Started, s => s.StartsWith("nix-env", System.StringComparison.Ordinal));
        Assert.EndsWith("switch-to-configuration test", machine.Runner.Started[^1], System.StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_changed_when_the_build_fails()
    {
        using Machine machine = new(buildStatus: 100);
        Assert.Equal(100, machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch }));
        Assert.Single(machine.Runner.Started);
    }

    [Fact]
    public void The_status_of_the_switch_is_that_of_the_command()
    {
        using Machine machine = new(switchStatus: 4);
        Assert.Equal(4, machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch }));
        Assert.Contains("error(s) occurred while switching to the new configuration", machine.Messages.ToString(), System.StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_system_is_never_gone_over_to()
    {
        using Machine machine = new();
        File.Delete(Path.Combine(machine.System, "nixos-version"));
        NixosException error = Assert.Throws<NixosException>(() => machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch }));
        Assert.Contains("is no NixOS system", error.Message, System.StringComparison.Ordinal);
        Assert.Single(machine.Runner.Started);
    }

    [Fact]
    public void Rolling_back_builds_nothing()
    {
        using Machine machine = new();
        machine.Root.Link("profiles/system-1-link", machine.System);
        machine.Root.Link("profiles/system-2-link", machine.System);
        machine.Root.Link("profiles/system", "system-2-link");
        Assert.Equal(0, machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch, Rollback = true, InstallBootLoader = true }));
        Assert.Equal(
            [
                $"nix-env -p {machine.Profiles}/system --rollback",
                $"{machine.System}/bin/switch-to-configuration switch",
            ],
            machine.Runner.Started);
        Assert.Equal("1", machine.Runner.InstallBootLoader);
    }

    [Fact]
    public void Rolling_back_the_only_generation_changes_nothing()
    {
        using Machine machine = new();
        machine.Root.Link("profiles/system-1-link", machine.System);
        machine.Root.Link("profiles/system", "system-1-link");
        Assert.Throws<NixosException>(() => machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Switch, Rollback = true }));
        Assert.Empty(machine.Runner.Started);
    }

    [Fact]
    public void A_file_and_an_attribute_take_the_place_of_the_configuration()
    {
        using Machine machine = new();
        Assert.Equal(
            ["nix-build", "./x.nix", "--attr", "web.config.system.build.toplevel", "--dry-run"],
            machine.Rebuild().BuildCommand(new RebuildRequest { Action = RebuildAction.DryBuild, File = "./x.nix", Attribute = "web" }));
        Assert.Equal(
            ["nix-build", "default.nix", "--attr", "web.config.system.build.vm"],
            machine.Rebuild().BuildCommand(new RebuildRequest { Action = RebuildAction.BuildVm, Attribute = "web" }));
    }

    [Fact]
    public void The_configuration_of_the_machine_is_the_default()
    {
        using Machine machine = new();
        string file = machine.Root.File("configuration.nix", "{ }");
        Assert.Contains("nixos-config=" + file, machine.Rebuild().BuildCommand(new RebuildRequest { Action = RebuildAction.Build }));
        Assert.DoesNotContain(
            "nixos-config=" + file,
            machine.Rebuild().BuildCommand(new RebuildRequest { Action = RebuildAction.Build, BuildFlags = ["-I", "nixos-config=/other.nix"] }));
    }

    [Fact]
    public void A_variant_that_does_not_exist_is_an_error()
    {
        using Machine machine = new();
        NixosException error = Assert.Throws<NixosException>(
            () => machine.Rebuild().Run(new RebuildRequest { Action = RebuildAction.Test, Specialisation = "nope" }));
        Assert.Equal("specialisation not found: nope", error.Message);
    }
}
