using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace Firn.Sandbox.Tests;

/// <summary>Who starts a build, and as whom it runs outside.</summary>
public enum Caller
{
    /// <summary>Whoever runs the tests, also as the build.</summary>
    Same,

    /// <summary>Root, with another user for the build.</summary>
    RootWithBuildUser,

    /// <summary>An ordinary user, also as the build.</summary>
    Ordinary,
}

/// <summary>
/// What a malicious builder tries, as each kind of caller. Every attack is made twice: in the sandbox as builds get it, and
/// with the one defence against it left out of the request, where it must succeed: otherwise the test would show nothing.
/// </summary>
public sealed class AttackTests : IDisposable
{
    private const int OtherUser = 65534;

    private const Isolation Everything =
        Isolation.User | Isolation.Mount | Isolation.Pid | Isolation.Ipc | Isolation.Uts | Isolation.Net | Isolation.Cgroup;

    private readonly string _top = Directory.CreateTempSubdirectory("firn-attack-").FullName;

    private int _roots;

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static IEnumerable<Caller> Callers => TestIdentity.Uid == 0 ? Enum.GetValues<Caller>() : [Caller.Same];

    public static TheoryData<string, Caller> FilterAttacks => Pairs(
        "chmod", "setgid", "fchmod", "fchmodat", "fchmodat2", "open", "creat", "openat", "openat2", "tmpfile", "mknod", "inside", "xattr", "io_uring", "keyring");

    public static TheoryData<Caller> EachCaller => [.. Callers];

    private static TheoryData<string, Caller> Pairs(params string[] attacks)
    {
        TheoryData<string, Caller> pairs = [];
        foreach (string attack in attacks)
        {
            foreach (Caller caller in Callers)
            {
                pairs.Add(attack, caller);
            }
        }

        return pairs;
    }

    public void Dispose()
    {
        Run("/bin/chmod", "-R", "u+w", _top);
        Directory.Delete(_top, recursive: true);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process p = Process.Start(program, arguments);
        p.WaitForExit();
    }

    private (string Launcher, int Uid) As(Caller caller)
    {
        if (caller == Caller.Same)
        {
            return (Beside("firn-launcher"), TestIdentity.Uid);
        }

        File.SetUnixFileMode(_top, (UnixFileMode)0x1ed);
        if (caller == Caller.RootWithBuildUser)
        {
            return (Beside("firn-launcher"), OtherUser);
        }

        // The launcher itself runs as that user; what it reads lies where everybody may.
        string copy = Path.Combine(_top, "launcher"), wrapper = Path.Combine(_top, "as-user");
        if (!File.Exists(wrapper))
        {
            File.Copy(Beside("firn-launcher"), copy);
            File.WriteAllText(wrapper, $"#!/bin/sh\nexec setpriv --reuid {OtherUser} --regid {OtherUser} --clear-groups {copy}\n");
            File.SetUnixFileMode(copy, (UnixFileMode)0x1ed);
            File.SetUnixFileMode(wrapper, (UnixFileMode)0x1ed);
        }

        return (wrapper, OtherUser);
    }

    private BuildRequest Request(int uid, bool network, params string[] arguments)
    {
        string path = Path.Combine(_top, "root" + ++_roots), build = Path.Combine(_top, "build" + _roots), input = Path.Combine(_top, "input");
        Directory.CreateDirectory(path);
        Directory.CreateDirectory(build);
        Directory.CreateDirectory(input);
        File.WriteAllText(Path.Combine(input, "f"), "kept");
        RootDirectory root = new(path);
        root.Bind(Beside("attacker"), "/attacker", readOnly: true);
        root.Bind(input, "/input", readOnly: true);
        root.Bind(build, "/build", readOnly: false);
        root.AddDevices("50%", kvm: false);
        BuildIdentity identity = new(uid, uid, 1000, 100);
        root.AddUsers(identity, "/build");
        root.Seal();
        if (TestIdentity.Uid == 0)
        {
            Run("/bin/chown", "-R", $"{uid}:{uid}", build, input, path);
        }

        return new BuildRequest
        {
            Program = "/attacker",
            Arguments = [.. arguments.Prepend("attacker").Select(Encoding.UTF8.GetBytes)],
            Environment = ["PATH=/none"u8.ToArray()],
            WorkingDirectory = "/build",
            Root = path,
            Isolation = network ? Everything & ~Isolation.Net : Everything,
            Binds = root.Binds,
            Tmpfs = root.Tmpfs,
            Proc = "/proc",
            DevPts = root.DevPts,
            Identity = identity,
            HostName = "localhost",
            ScopeSocketsAndSignals = network,
            Filter = SystemCallFilter.ChangesAndCreation,
            Limits = [new ResourceLimit(ResourceLimit.CoreSize, 0, -1)],
        };
    }

    private static async Task<string> Attack(string launcher, BuildRequest request)
    {
        MemoryStream log = new();
        RunningBuild build = RunningBuild.Start(launcher, request, b => log.Write(b));
        BuildExit exit = await build.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        string text = Encoding.UTF8.GetString(log.ToArray());
        Assert.True(exit.Succeeded, $"{exit} {text}");
        return text.Split('\n')[0].Split(':')[0];
    }

    /// <summary>The attack is refused, and succeeds where its defence is left out.</summary>
    private async Task Defended(Caller caller, Func<BuildRequest, BuildRequest> without, bool network, params string[] arguments)
    {
        (string launcher, int uid) = As(caller);
        Assert.Equal("refused", await Attack(launcher, Request(uid, network, arguments)));
        Assert.Equal("done", await Attack(launcher, without(Request(uid, network, arguments))));
    }

    [Theory]
    [MemberData(nameof(FilterAttacks))]
    public Task System_calls_are_filtered(string attack, Caller caller) =>
        Defended(caller, r => r with { Filter = SystemCallFilter.None }, false, attack);

    private static async Task<Process> Victim(int uid)
    {
        Process victim = Process.Start(TestIdentity.Uid == 0
            ? new ProcessStartInfo("setpriv", ["--reuid", uid.ToString(), "--regid", uid.ToString(), "--clear-groups", "sleep", "60"])
            : new ProcessStartInfo("sleep", ["60"]))!;
        while (!File.ReadAllText($"/proc/{victim.Id}/cmdline").StartsWith("sleep", StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }

        return victim;
    }

    /// <summary>The same build with nothing of its own.</summary>
    private BuildRequest Unconfined(BuildRequest request, int uid)
    {
        string attacker = Path.Combine(_top, "attacker");
        if (!File.Exists(attacker))
        {
            File.Copy(Beside("attacker"), attacker);
            File.SetUnixFileMode(attacker, (UnixFileMode)0x1ed);
        }

        return request with
        {
            Isolation = Isolation.None,
            Root = null,
            Proc = null,
            DevPts = null,
            HostName = null,
            Binds = [],
            Tmpfs = [],
            Program = attacker,
            WorkingDirectory = "/",
            Identity = new BuildIdentity(uid, uid, uid, uid),
        };
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task Other_processes_are_out_of_reach(Caller caller)
    {
        (_, int uid) = As(caller);
        foreach (string attack in (string[])["memory", "ptrace", "signal"])
        {
            using Process victim = await Victim(uid);
            await Defended(caller, r => Unconfined(r, uid), false, attack, victim.Id.ToString());
            victim.Kill();
            await victim.WaitForExitAsync();
        }
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task Signals_reach_no_other_without_namespaces_either(Caller caller)
    {
        (string launcher, int uid) = As(caller);
        using Process victim = await Victim(uid);
        BuildRequest open = Unconfined(Request(uid, false, "signal", victim.Id.ToString()), uid);
        Assert.Equal("refused", await Attack(launcher, open with { ScopeSocketsAndSignals = true }));
        Assert.Equal("done", await Attack(launcher, open));
        await victim.WaitForExitAsync();
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task Abstract_sockets_of_the_host_are_out_of_reach(Caller caller)
    {
        string name = "firn-test-" + Guid.NewGuid();
        using Socket server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint("\0" + name));
        server.Listen(5);
        await Defended(caller, r => r with { ScopeSocketsAndSignals = false }, true, "socket", name);
        // A build without the network is in another one anyway.
        await Defended(caller, r => r with { Isolation = r.Isolation & ~Isolation.Net }, false, "socket", name);
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public Task No_core_is_dumped(Caller caller) => Defended(caller, r => r with { Limits = [new ResourceLimit(ResourceLimit.CoreSize, 1000, -1)] }, false, "core");

    [Theory]
    [MemberData(nameof(EachCaller))]
    public Task No_new_privileges_are_given(Caller caller) =>
        Defended(caller, r => r with { NoNewPrivileges = false, Filter = SystemCallFilter.None }, false, "privileges");

    [Theory]
    [MemberData(nameof(EachCaller))]
    public Task The_name_of_the_host_is_not_told(Caller caller) =>
        Defended(caller, r => r with { HostName = "elsewhere" }, false, "hostname");

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task Inputs_stay_as_they_are(Caller caller)
    {
        static BuildRequest Writable(BuildRequest r) => r with { Binds = [.. r.Binds.Select(b => b with { ReadOnly = false })] };
        await Defended(caller, Writable, false, "write", "/input/f");
        await Defended(caller, Writable, false, "remount", "/input/f", "/input");
        (string launcher, int uid) = As(caller);
        Assert.Equal("refused", await Attack(launcher, Request(uid, false, "link", "/input/f", "/build/f")));
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task Files_of_the_host_are_not_there(Caller caller)
    {
        (string launcher, int uid) = As(caller);
        foreach (string file in (string[])["/sys/kernel", "/proc/1/root/etc/hostname", "/dev/kmsg", "/input/../../etc/hostname"])
        {
            Assert.Equal("refused", await Attack(launcher, Request(uid, false, "read", file)));
        }

        await Defended(caller, r => r with { Binds = [.. r.Binds, new BindMount("/etc", "/etc", true)] }, false, "read", "/etc/hostname");
    }

    [Theory]
    [MemberData(nameof(EachCaller))]
    public async Task No_descriptor_and_no_terminal_is_left_to_the_build(Caller caller)
    {
        (string launcher, int uid) = As(caller);
        using FileStream leak = new("/etc/passwd", FileMode.Open, FileAccess.Read);
        Assert.Equal("refused", await Attack(launcher, Request(uid, false, "descriptor")));
        Assert.Equal("done", await Attack(launcher, Request(uid, false, "descriptor") with { Input = [1] }));
        Assert.Equal("refused", await Attack(launcher, Request(uid, false, "tiocsti")));
    }

    [Fact]
    public async Task Processes_that_a_user_left_are_gone_before_a_build_of_that_user()
    {
        if (TestIdentity.Uid != 0)
        {
            // Only root can give builds users; the launcher refuses to evict the caller.
            (string same, int me) = As(Caller.Same);
            BuildExit exit = await RunningBuild.Start(same, Request(me, false, "core") with { Evict = me }, _ => { }).Completion;
            Assert.Equal(BuildEnd.NotStarted, exit.End);
            return;
        }

        const int User = 65533;
        using Process left = await Victim(User);

        Assert.Equal("refused", await Attack(Beside("firn-launcher"), Request(User, false, "core")));
        Assert.False(left.HasExited);
        Assert.Equal("refused", await Attack(Beside("firn-launcher"), Request(User, false, "core") with { Evict = User }));
        Assert.True(left.WaitForExit(5000));
    }
}
