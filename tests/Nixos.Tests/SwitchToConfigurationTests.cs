using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Nixos.Tests;

/// <summary>
/// What switch-to-configuration decides: the real script on two systems made of files, with a systemctl that shows
/// what a test says is running and notes what it is asked for.
/// </summary>
public sealed class SwitchToConfigurationTests
{
    private sealed class Switch : IDisposable
    {
        private readonly TemporaryDirectory _root = new();
        private readonly SortedDictionary<string, string> _states = new(StringComparer.Ordinal);
        private readonly HashSet<string> _failing = [];

        public Switch()
        {
            _root.File("etc/NIXOS", "");
            _root.Link("etc/systemd/system", P("old/etc/systemd/system"));
            Directory.CreateDirectory(P("old/etc/systemd/system"));
            Directory.CreateDirectory(P("new/etc/systemd/system"));
            _root.File("manager-1/x", "");
            _root.Link("old/systemd", P("manager-1"));
            _root.Link("new/systemd", P("manager-1"));
            _root.File("old/init-interface-version", "systemd 2");
            _root.File("new/init-interface-version", "systemd 2");
            Directory.CreateDirectory(P("run"));
            _root.Link("run/current-system", P("old"));
            Script("new/activate", $"echo activate >> {P("log")}\nln -sfn {P("new")}/etc/systemd/system {P("etc/systemd/system")}\n");
            Script("new/dry-activate", $"echo dry-activate >> {P("log")}\n");
            Script("swapoff", $"echo swapoff \"$@\" >> {P("log")}\n");
            Script("loader", $"echo loader \"$@\" >> {P("log")}\n");
            Running("multi-user.target");
            Both("multi-user.target", "[Unit]\nDescription=Multi-User\n");
            Running("dev-vda.device");
        }

        public string[] Log => File.Exists(P("log")) ? File.ReadAllLines(P("log")) : [];

        public string Messages { get; private set; } = "";

        public string P(string name) => Path.Combine(_root.Path, name);

        public void Both(string unit, string text)
        {
            Old(unit, text);
            New(unit, text);
        }

        public void Old(string unit, string text) => _root.File("old/etc/systemd/system/" + unit, text);

        public void New(string unit, string text) => _root.File("new/etc/systemd/system/" + unit, text);

        public void Running(string unit, string active = "active", string sub = "running") => _states[unit] = $"{active} {sub}";

        public void FailsToStart(string unit) => _failing.Add(unit);

        public void Activation(string text) => Script("new/activate", $"echo activate >> {P("log")}\n{text}\n");

        public void NewManager() => _root.Link("new/systemd", Directory.CreateDirectory(P("manager-2")).FullName);

        public void NewInterface() => _root.File("new/init-interface-version", "systemd 3");

        public void Fstab(string old, string @new)
        {
            _root.File("etc/fstab", old);
            _root.File("new/etc/fstab", @new);
        }

        public void Leftover(string list, string unit) => _root.File("run/nixos/" + list, unit + "\n");

        public bool Exists(string name) => File.Exists(P(name));

        public int Run(string action)
        {
            Script("systemctl", $$"""
                state={{P("units")}}
                case $1 in
                  list-units)
                    while read -r unit active sub; do echo "$unit loaded $active $sub text of $unit"; done < $state
                    exit 0 ;;
                esac
                echo systemctl "$*" >> {{P("log")}}
                verb=$1; shift
                [ "$1" != -- ] || shift
                status=0
                declare -A now=()
                while read -r unit active sub; do now[$unit]="$active $sub"; done < $state
                for unit in "$@"; do
                  case $verb in
                    stop) now[$unit]="inactive dead" ;;
                    start | restart)
                      case " {{string.Join(' ', _failing)}} " in
                        *" $unit "*) now[$unit]="failed failed"; status=1 ;;
                        *) now[$unit]="active running" ;;
                      esac ;;
                  esac
                done
                for unit in "${!now[@]}"; do echo "$unit ${now[$unit]}"; done > $state
                exit $status

                """);
            File.WriteAllLines(P("units"), _states.Select(s => s.Key + " " + s.Value));
            string source = File.ReadAllText(Path.Combine(
                Repository.Root, "collection", "nixos", "modules", "system", "activation", "switch-to-configuration.sh"));
            foreach ((string name, string value) in new (string, string)[]
            {
                ("bash", "/usr"), ("toplevel", P("new")), ("coreutils", "/usr"), ("systemd", "/usr"), ("systemctl", P("systemctl")),
                ("tmpfiles", ""), ("loginctl", ""), ("runDir", P("run")), ("etcDir", P("etc")), ("flock", "/usr/bin/flock"),
                ("logger", ""), ("installBootLoader", P("loader")), ("preSwitchCheck", ""), ("swapoff", P("swapoff")), ("distroId", "nixos"),
            })
            {
                source = source.Replace($"@{name}@", value, StringComparison.Ordinal);
            }

            string script = _root.File("new/bin/switch-to-configuration", source);
            ProcessStartInfo start = new("/bin/bash") { RedirectStandardError = true, RedirectStandardOutput = true };
            start.ArgumentList.Add(script);
            start.ArgumentList.Add(action);
            start.Environment["NIXOS_NO_SYNC"] = "1";
            using Process process = Process.Start(start)!;
            System.Threading.Tasks.Task<string> output = process.StandardOutput.ReadToEndAsync();
            Messages = process.StandardError.ReadToEnd();
            Messages += output.Result;
            process.WaitForExit();
            return process.ExitCode;
        }

        public void Dispose() => _root.Dispose();

        private void Script(string name, string text)
        {
            string path = _root.File(name, "#!/bin/bash\n" + text);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private const string Service = "[Unit]\nDescription=A\n[Service]\nExecStart=/bin/a\n";

    [Fact]
    public void An_unchanged_service_is_left_alone()
    {
        using Switch s = new();
        s.Both("a.service", Service);
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.DoesNotContain(s.Log, l => l.Contains("a.service", StringComparison.Ordinal));
        Assert.Contains("activate", s.Log);
        Assert.Contains("systemctl daemon-reload", s.Log);
    }

    [Fact]
    public void A_changed_service_is_stopped_before_and_started_after_the_activation()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service.Replace("/bin/a", "/bin/b", StringComparison.Ordinal));
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Equal(
            ["systemctl stop -- a.service", "activate", "systemctl reset-failed", "systemctl daemon-reload", "systemctl start -- a.service multi-user.target"],
            s.Log);
        Assert.Contains("stopping the following units: a.service\nactivating the configuration...\nstarting the following units: a.service\n", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_must_not_be_stopped_is_restarted()
    {
        using Switch s = new();
        s.Old("sshd.service", Service + "X-StopIfChanged=false\n");
        s.New("sshd.service", Service + "X-StopIfChanged=false\nRestart=always\n");
        s.Running("sshd.service");
        Assert.Equal(0, s.Run("test"));
        Assert.DoesNotContain(s.Log, l => l.StartsWith("systemctl stop", StringComparison.Ordinal));
        Assert.Contains("systemctl restart -- sshd.service", s.Log);
        Assert.Contains("restarting the following units: sshd.service\n", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_reloads_is_reloaded()
    {
        using Switch s = new();
        s.Old("a.service", Service + "X-ReloadIfChanged=true\n");
        s.New("a.service", Service + "X-ReloadIfChanged=true\nRestart=always\n");
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl reload -- a.service", s.Log);
        Assert.Contains("reloading the following units: a.service\n", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reload_trigger_reloads_and_a_restart_trigger_restarts()
    {
        using Switch s = new();
        const string Text = "[Unit]\nX-Reload-Triggers={0}\nX-Restart-Triggers={1}\n[Service]\nX-StopIfChanged=false\nExecStart=/bin/a\n";
        s.Old("a.service", string.Format(null, Text, "1", "1"));
        s.New("a.service", string.Format(null, Text, "2", "1"));
        s.Old("b.service", string.Format(null, Text, "1", "1"));
        s.New("b.service", string.Format(null, Text, "1", "2"));
        s.Running("a.service");
        s.Running("b.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl reload -- a.service", s.Log);
        Assert.Contains("systemctl restart -- b.service", s.Log);
    }

    [Fact]
    public void A_service_that_must_not_be_restarted_is_named_and_left_alone()
    {
        using Switch s = new();
        s.Old("a.service", Service + "X-RestartIfChanged=false\n");
        s.New("a.service", Service + "X-RestartIfChanged=false\nRestart=always\n");
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.DoesNotContain(s.Log, l => l.Contains("a.service", StringComparison.Ordinal));
        Assert.Contains("NOT restarting the following changed units: a.service\n", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_alone_changes_nothing()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service.Replace("Description=A", "Description=B", StringComparison.Ordinal));
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.DoesNotContain(s.Log, l => l.Contains("a.service", StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_service_is_stopped_unless_it_says_otherwise()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.Old("b.service", "[Unit]\nX-StopOnRemoval=false\n[Service]\nExecStart=/bin/b\n");
        s.Running("a.service");
        s.Running("b.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl stop -- a.service", s.Log);
        Assert.DoesNotContain(s.Log, l => l.Contains("b.service", StringComparison.Ordinal));
    }

    [Fact]
    public void A_service_that_does_not_run_is_left_alone()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service + "Restart=always\n");
        s.Running("a.service", "inactive", "dead");
        Assert.Equal(0, s.Run("test"));
        Assert.DoesNotContain(s.Log, l => l.Contains("a.service", StringComparison.Ordinal));
    }

    [Fact]
    public void A_drop_in_counts_as_part_of_the_unit()
    {
        using Switch s = new();
        s.Both("a.service", Service);
        s.New("a.service.d/overrides.conf", "[Service]\nRestart=always\n");
        s.Running("a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl stop -- a.service", s.Log);
    }

    [Fact]
    public void An_instance_follows_its_template()
    {
        using Switch s = new();
        s.Old("getty@.service", Service);
        s.New("getty@.service", Service + "Restart=always\n");
        s.Running("getty@tty1.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl stop -- getty@tty1.service", s.Log);
        Assert.Contains("systemctl start -- getty@tty1.service multi-user.target", s.Log);
    }

    [Fact]
    public void A_socket_activated_service_is_started_through_its_socket()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service + "Restart=always\n");
        s.Both("a.socket", "[Socket]\nListenStream=/run/a\n");
        s.Running("a.service");
        s.Running("a.socket", "active", "listening");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl stop -- a.service a.socket", s.Log);
        Assert.Contains("systemctl start -- a.socket multi-user.target", s.Log);
    }

    [Fact]
    public void Mounts_are_remounted_or_restarted_but_the_root_never_goes()
    {
        using Switch s = new();
        s.Old("data.mount", "[Mount]\nWhat=/dev/vdb\nOptions=ro\n");
        s.New("data.mount", "[Mount]\nWhat=/dev/vdb\nOptions=rw\n");
        s.Old("other.mount", "[Mount]\nWhat=/dev/vdc\n");
        s.New("other.mount", "[Mount]\nWhat=/dev/vdd\n");
        s.Old("-.mount", "[Mount]\nWhat=/dev/vda\n");
        s.New("-.mount", "[Mount]\nWhat=/dev/vdz\n");
        foreach (string unit in new[] { "data.mount", "other.mount", "-.mount" })
        {
            s.Running(unit, "active", "mounted");
        }

        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl reload -- -.mount data.mount", s.Log);
        Assert.Contains("systemctl restart -- other.mount", s.Log);
        Assert.DoesNotContain(s.Log, l => l.StartsWith("systemctl stop", StringComparison.Ordinal));
    }

    [Fact]
    public void Changes_of_fstab_reach_the_mounts_but_never_what_carries_the_system()
    {
        using Switch s = new();
        s.Fstab(
            "# comment\n/dev/vda / ext4 rw,x-initrd.mount 0 1\n/dev/vdb /srv/my-data ext4 ro 0 2\n/dev/vdc /gone ext4 rw 0 2\n/dev/vdd /other ext4 rw 0 2\n/swap none swap defaults\n",
            "/dev/vdz / ext4 rw,x-initrd.mount 0 1\n/dev/vdb /srv/my-data ext4 rw 0 2\n/dev/vde /other ext4 rw 0 2\n");
        foreach (string unit in new[] { "-.mount", @"srv-my\x2ddata.mount", "gone.mount", "other.mount" })
        {
            s.Running(unit, "active", "mounted");
        }

        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl stop -- gone.mount", s.Log);
        Assert.Contains("swapoff /swap", s.Log);
        Assert.Contains(@"systemctl reload -- srv-my\x2ddata.mount", s.Log);
        Assert.Contains("systemctl restart -- other.mount", s.Log);
        Assert.Contains("warning: the file system on / is another one", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_units_give_status_4_and_are_shown()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service + "Restart=always\n");
        s.Running("a.service");
        s.FailsToStart("a.service");
        Assert.Equal(4, s.Run("switch"));
        Assert.Contains("warning: the following units failed: a.service\n", s.Messages, StringComparison.Ordinal);
        Assert.Contains("systemctl status --no-pager --full -- a.service", s.Log);
    }

    [Fact]
    public void A_failed_activation_gives_status_2_but_services_are_started_again()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service + "Restart=always\n");
        s.Running("a.service");
        s.Activation("exit 1");
        Assert.Equal(2, s.Run("test"));
        Assert.Contains("systemctl start -- a.service multi-user.target", s.Log);
    }

    [Fact]
    public void Boot_installs_the_loader_and_touches_nothing_that_runs()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.Running("a.service");
        Assert.Equal(0, s.Run("boot"));
        Assert.Equal([$"loader {s.P("new")}"], s.Log);
    }

    [Fact]
    public void Test_leaves_the_loader_alone_and_switch_does_not()
    {
        using Switch test = new();
        Assert.Equal(0, test.Run("test"));
        Assert.DoesNotContain(test.Log, l => l.StartsWith("loader", StringComparison.Ordinal));
        using Switch real = new();
        Assert.Equal(0, real.Run("switch"));
        Assert.StartsWith("loader", real.Log[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_says_what_it_would_do_and_does_none_of_it()
    {
        using Switch s = new();
        s.Old("a.service", Service);
        s.New("a.service", Service + "Restart=always\n");
        s.Running("a.service");
        Assert.Equal(0, s.Run("dry-activate"));
        Assert.Equal(["dry-activate"], s.Log);
        Assert.Contains("would stop the following units: a.service\nwould activate the configuration...\nwould start the following units: a.service\n", s.Messages, StringComparison.Ordinal);
        Assert.False(s.Exists("run/nixos/start-list"));
    }

    [Fact]
    public void A_new_service_manager_is_reexecuted()
    {
        using Switch s = new();
        s.NewManager();
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl daemon-reexec", s.Log);
        Assert.Contains("restarting systemd...\n", s.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kind_of_init_waits_for_the_next_boot()
    {
        using Switch s = new();
        s.NewInterface();
        Assert.Equal(100, s.Run("switch"));
        Assert.DoesNotContain("activate", s.Log);
    }

    [Fact]
    public void An_interrupted_switch_is_completed_by_the_next_one()
    {
        using Switch s = new();
        s.Both("a.service", Service);
        s.Running("a.service", "inactive", "dead");
        s.Leftover("start-list", "a.service");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl start -- a.service multi-user.target", s.Log);
        Assert.False(s.Exists("run/nixos/start-list"));
    }

    [Fact]
    public void Activation_may_ask_for_restarts()
    {
        using Switch s = new();
        s.Both("a.service", Service + "X-StopIfChanged=false\n");
        s.Running("a.service");
        s.Activation($"echo a.service > {s.P("run/nixos/activation-restart-list")}");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl restart -- a.service", s.Log);
    }

    [Fact]
    public void A_target_that_is_only_started_by_hand_is_not_started()
    {
        using Switch s = new();
        s.Both("rescue.target", "[Unit]\nX-OnlyManualStart=true\n");
        s.Running("rescue.target", "active", "active");
        Assert.Equal(0, s.Run("test"));
        Assert.Contains("systemctl start -- multi-user.target", s.Log);
    }

    [Fact]
    public void Anything_but_an_action_is_refused()
    {
        using Switch s = new();
        Assert.Equal(1, s.Run("frobnicate"));
        Assert.StartsWith("Usage:", s.Messages, StringComparison.Ordinal);
        Assert.Empty(s.Log);
    }
}
