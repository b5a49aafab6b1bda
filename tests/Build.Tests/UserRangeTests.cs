using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Build.Events;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Users taken from a range, and control groups; for root on a machine with cgroup2, else what is said instead.</summary>
public sealed class UserRangeTests
{
    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>Where groups of builds appear, or null where this process may make none.</summary>
    private static string? Groups
    {
        get
        {
            string? mount = File.ReadLines("/proc/mounts").Select(l => l.Split(' ')).FirstOrDefault(w => w[2] == "cgroup2")?[1];
            string? own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?[3..];
            return IsRoot && mount is not null && own is not null ? Path.Join(mount, own) : null;
        }
    }

    private static IEnumerable<string> Left => Groups is { } groups ? Directory.EnumerateDirectories(groups, "nix-build-*") : [];

    /// <summary>Not below a directory that all may write to, which is no place for users of builds.</summary>
    private static Workshop Make(bool groups = true, bool range = true, params string[] features) => new(
        s => s with
        {
            UseCgroups = groups,
            AutoAllocateUids = range,
            Features = features.ToHashSet(),
        },
        root: Directory.CreateDirectory(Path.Combine(IsRoot ? "/var/lib" : AppContext.BaseDirectory, "firn-range-" + Guid.NewGuid())).FullName);

    [Fact]
    public void Features_must_be_on()
    {
        using Workshop w = Make(groups: true, range: false);
        Assert.Equal("experimental Nix feature 'cgroups' is disabled; add '--extra-experimental-features cgroups' to enable it", w.Fail(w.Script("a", "echo > $out")).Message);
        using Workshop v = Make(false, true);
        if (IsRoot)
        {
            Assert.Equal("experimental Nix feature 'auto-allocate-uids' is disabled; add '--extra-experimental-features auto-allocate-uids' to enable it",
                v.Fail(v.Script("a", "echo > $out")).Message);
        }

        using Workshop u = Make(false, false, "cgroups", "auto-allocate-uids");
        Assert.Equal("feature 'uid-range' requires the setting 'auto-allocate-uids' to be enabled",
            u.Fail(u.Script("a", "echo > $out", [("requiredSystemFeatures", "uid-range")])).Message);
        Assert.Empty(u.Leftovers());
        Assert.Empty(Left);
    }

    [Fact]
    public void A_build_with_a_range_is_root_of_65536_users()
    {
        using Workshop w = Make(false, true, "cgroups", "auto-allocate-uids");
        StorePath plain = w.Script("plain", "echo $(id -u) $(id -g) $(cat /proc/self/uid_map) > $out");
        StorePath range = w.Script("range", """
            echo $(id -u) $(id -g) $(cat /proc/self/uid_map) $(cat /proc/self/cgroup | grep ^0:) > $out
            test -d /sys/kernel; cp /etc/passwd /etc/new; echo other:x:77:77::/: >> /etc/new; mv -f /etc/new /etc/passwd; touch /build/f; chown 77:77 /build/f
            (setsid sleep 300 &)
            ! chmod 4755 /build/f
            """, [("requiredSystemFeatures", "uid-range")]);
        if (!IsRoot)
        {
            Assert.Contains("requires the setting 'auto-allocate-uids'", w.Fail(range).Message);
            return;
        }

        w.Build(plain);
        Assert.Equal("1000 100 1000 872415232 1\n", w.Text(w.OutputOf(plain)));
        if (Groups is null)
        {
            Assert.Contains("cgroup", w.Fail(range).Message);
            return;
        }

        w.Build(range);
        Assert.Equal("0 0 0 872415232 65536 0::/\n", w.Text(w.OutputOf(range)));
        Assert.Empty(w.Leftovers());
        Assert.Empty(Left);
    }

    [Fact]
    public void A_control_group_ends_with_its_build()
    {
        using Workshop w = Make(true, false, "cgroups");
        StorePath d = w.Script("g", "grep ^0: /proc/self/cgroup > $out; (setsid sleep 300 &) ");
        w.Build(d);
        Assert.Empty(Left);
        if (Groups is null)
        {
            Assert.Contains(w.Events, e => e is BuildEvent.Warning { Message: var m } && m.StartsWith("building without a control group: ", StringComparison.Ordinal));
            return;
        }

        Assert.Equal("0::/\n", w.Text(w.OutputOf(d)));
        Assert.DoesNotContain(w.Events, e => e is BuildEvent.Warning);
        BuildResult busy = w.Build(w.Script("busy", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo > $out")).Single();
        Assert.True(busy.Cpu is { } cpu && cpu.User > TimeSpan.Zero && cpu.User + cpu.System < TimeSpan.FromMinutes(5));
        w.Fail(w.Script("f", "exit 3"));
        Assert.Empty(Left);
    }

    [Fact]
    public void The_kernel_looks_old_where_that_is_asked_for()
    {
        using Workshop w = new(s => s with { ImpersonateLinux26 = true });
        StorePath d = w.Script("k", "uname -r | cut -c1-4 > $out");
        w.Build(d);
        Assert.Equal("2.6.\n", w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void Sandbox_paths_are_what_the_field_makes_of_them()
    {
        string shared = Directory.CreateTempSubdirectory("firn-shared-").FullName;
        File.WriteAllText(shared + "/in", "in");
        using Workshop w = new(s => s with { SandboxPaths = ["/shared=" + shared, shared + "/in", shared + "/missing?", "/proc"], SandboxBuildDir = "/place/here", SandboxShmSize = "1m" });
        StorePath d = w.Script("p", $"test ! -e {shared}/missing; cat {shared}/in > /shared/out; pwd > $out; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2 >> $out");
        w.Build(d);
        Assert.Equal("in", File.ReadAllText(shared + "/out"));
        Assert.Equal("/place/here\n1024\n", w.Text(w.OutputOf(d)));
        Directory.Delete(shared, recursive: true);
        using Workshop bad = new(s => s with { SandboxBuildDir = "/nix" });
        Assert.Equal("`sandbox-build-dir` must not contain the storeDir", bad.Fail(bad.Script("p", "echo > $out")).Message);
    }

    [Fact]
    public void A_hook_names_more_paths()
    {
        string hook = Path.Combine(Directory.CreateTempSubdirectory("firn-hook-").FullName, "hook");
        void Write(string script)
        {
            File.WriteAllText(hook, "#!/bin/sh\n" + script);
            File.SetUnixFileMode(hook, (UnixFileMode)0x1ed);
        }

        Write("test -d \"$2\" || exit 9; echo extra-sandbox-paths; echo /in=/etc/os-release; echo; echo extra-sandbox-paths; echo \"/drv=$1\" >&2\n");
        using Workshop w = new(s => s with { PreBuildHook = hook, SandboxPaths = ["/os=/usr/lib/os-release"] });
        StorePath d = w.Script("h", "readlink /in; test -e /os; echo > $out");
        w.Build(d);
        Assert.Equal("../usr/lib/os-release", w.Log);
        Write("echo nonsense\n");
        Assert.Equal("unknown pre-build hook command 'nonsense'", w.Fail(w.Script("i", "echo > $out")).Message);
        Write("exit 3\n");
        Assert.Equal($"program \"{hook}\" failed with exit code 3", w.Fail(w.Script("j", "echo > $out")).Message);
        File.Delete(hook);
        Assert.Equal($"program \"{hook}\" failed with exit code 1", w.Fail(w.Script("k", "echo > $out")).Message);
        Assert.Contains($"executing \"{hook}\": No such file or directory", w.Errors);
        Assert.Empty(w.Leftovers());
        Directory.Delete(Path.GetDirectoryName(hook)!, recursive: true);
    }

    [Fact]
    public void Relaxed_is_a_sandbox_but_for_who_asks()
    {
        using Workshop w = new(s => s with { Sandbox = SandboxMode.Relaxed }, logicalIsReal: true);
        string script = "test -e /etc/hostname && echo out > $out || echo in > $out";
        StorePath inside = w.Script("a", script), outside = w.Script("b", script, [("__noChroot", "1")]);
        w.Build(inside, outside);
        Assert.Equal("in\n", w.Text(w.OutputOf(inside)));
        Assert.Equal("out\n", w.Text(w.OutputOf(outside)));
        using Workshop on = new(logicalIsReal: true);
        StorePath refused = on.Script("b", script, [("__noChroot", "1")]);
        Assert.Equal($"derivation '{on.Print(refused)}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'", on.Fail(refused).Message);
    }
}
