using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace Firn.Sandbox.Tests;

/// <summary>Real builds with the host's shell bound into a root of their own.</summary>
public sealed class RunningBuildTests : IDisposable
{
    private const Isolation Everything =
        Isolation.User | Isolation.Mount | Isolation.Pid | Isolation.Ipc | Isolation.Uts | Isolation.Net | Isolation.Cgroup;

    private readonly string _top = Directory.CreateTempSubdirectory("firn-sandbox-").FullName;

    private int _roots;

    private static string LauncherPath => Path.Combine(AppContext.BaseDirectory, "firn-launcher");

    public void Dispose()
    {
        // Sealed, and an ordinary user has to open it again to empty it.
        foreach (string root in Directory.EnumerateDirectories(_top, "root*"))
        {
            File.SetUnixFileMode(Path.Combine(root, "etc"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(_top, recursive: true);
    }

    private static byte[] Bytes(string s) => Encoding.UTF8.GetBytes(s);

    private BuildRequest Request(string script, bool network = false, params BindMount[] more)
    {
        string path = Path.Combine(_top, "root" + ++_roots);
        string build = Path.Combine(_top, "build");
        Directory.CreateDirectory(path);
        Directory.CreateDirectory(build);
        RootDirectory root = new(path);
        foreach (string d in (string[])["/bin", "/usr", "/lib", "/lib64"])
        {
            root.Bind(d, d, readOnly: true, optional: true);
        }

        foreach (BindMount m in more)
        {
            root.Bind(m.Source, m.Target, m.ReadOnly, m.Optional);
        }

        root.Make("/nix/store");
        root.Bind(build, "/build", readOnly: false);
        root.AddDevices("50%", kvm: false);
        int uid = TestIdentity.Uid, gid = TestIdentity.Gid;
        BuildIdentity identity = new(uid, gid, 1000, 100);
        root.AddUsers(identity, "/build");
        if (network)
        {
            root.AddNetworkNames(null);
        }
        else
        {
            root.AddLocalNames();
        }

        root.Seal();
        return new BuildRequest
        {
            Program = "/bin/bash",
            Arguments = [Bytes("bash"), Bytes("-c"), Bytes(script)],
            Environment = [Bytes("PATH=/usr/bin:/bin:/usr/sbin")],
            WorkingDirectory = "/build",
            Root = path,
            Isolation = network ? Everything & ~Isolation.Net : Everything,
            Binds = root.Binds,
            Tmpfs = root.Tmpfs,
            Proc = "/proc",
            DevPts = root.DevPts,
            Identity = identity,
            HostName = "localhost",
            DomainName = "(none)",
            ScopeSocketsAndSignals = network,
            Limits = [new ResourceLimit(ResourceLimit.CoreSize, 0, -1)],
        };
    }

    private static async Task<(BuildExit Exit, string Log)> Run(BuildRequest request)
    {
        MemoryStream log = new();
        RunningBuild build = RunningBuild.Start(LauncherPath, request, b => log.Write(b));
        BuildExit exit = await build.Completion.WaitAsync(TimeSpan.FromSeconds(60));
        return (exit, Encoding.UTF8.GetString(log.ToArray()));
    }

    private async Task<string> Output(string script, bool network = false, params BindMount[] more)
    {
        (BuildExit exit, string log) = await Run(Request(script, network, more));
        Assert.True(exit.Succeeded, $"{exit}\n{log}");
        return log;
    }

    [Fact]
    public async Task The_build_is_user_1000_of_group_100_and_process_1()
        => Assert.Equal("1000 100 100 1 nixbld localhost\n", await Output("echo $(id -u) $(id -g) $(id -G) $$ $(id -un) $(hostname)"));

    [Fact]
    public async Task No_signal_is_ignored_or_blocked()
        => Assert.Equal("SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n", (await Output("grep -E 'Sig(Blk|Ign)' /proc/self/status")).Replace('\t', ' '));

    [Fact]
    public async Task Both_streams_arrive_in_order_and_unchanged()
        => Assert.Equal("one\ntwo\nthree\n", await Output("echo one; echo two >&2; echo three"));

    [Fact]
    public async Task The_root_holds_only_what_was_laid_out()
        => Assert.Equal("bin build dev etc lib lib64 nix proc tmp usr", (await Output("echo $(ls -A /)")).Trim());

    [Fact]
    public async Task Etc_and_dev_are_minimal()
    {
        Assert.Equal("group hosts passwd\nfd full null ptmx pts random shm stderr stdin stdout tty urandom zero\n",
            await Output("echo $(ls -A /etc); echo $(ls -A /dev)"));
    }

    [Fact]
    public async Task Without_the_network_there_is_loopback_only()
        => Assert.Equal("lo\nrefused\n", await Output("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; (exec 3<>/dev/tcp/127.0.0.1/1) 2>&1 | grep -o refused | head -1"));

    [Fact]
    public async Task With_the_network_the_host_interfaces_are_there()
    {
        int here = File.ReadLines("/proc/net/dev").Count();
        Assert.Equal(here.ToString(System.Globalization.CultureInfo.InvariantCulture), (await Output("wc -l < /proc/net/dev; test -e /etc/nsswitch.conf", network: true)).Trim());
    }

    [Fact]
    public async Task Standard_input_is_empty() => Assert.Equal("end\n", await Output("read x || echo end"));

    [Fact]
    public async Task No_descriptor_but_the_standard_ones_is_open()
    {
        // 3 is the directory that ls itself reads.
        using FileStream leak = new("/etc/passwd", FileMode.Open, FileAccess.Read);
        Assert.Equal("0 1 2 3", (await Output("echo $(ls /proc/self/fd)")).Trim());
    }

    [Fact]
    public async Task The_exit_status_is_told()
    {
        (BuildExit exit, _) = await Run(Request("exit 7"));
        Assert.Equal((BuildEnd.Exited, 7), (exit.End, exit.Code));
    }

    [Fact]
    public async Task A_signal_is_told()
    {
        (BuildExit exit, _) = await Run(Request("ulimit -t 1; while :; do :; done"));
        Assert.Equal(BuildEnd.Signaled, exit.End);
    }

    [Fact]
    public async Task A_missing_program_is_an_error_of_the_start()
    {
        (BuildExit exit, _) = await Run(Request("") with { Program = "/no/such" });
        Assert.Equal(BuildEnd.NotStarted, exit.End);
        Assert.Equal("executing '/no/such': No such file or directory", exit.Message);
    }

    [Fact]
    public async Task Read_only_binds_stay_so_for_their_owner()
    {
        string input = Path.Combine(_top, "input");
        Directory.CreateDirectory(input);
        File.WriteAllText(Path.Combine(input, "f"), "x");
        string log = await Output("echo y > /in/f || chmod 777 /in/f || rm /in/f || echo kept; mount -o remount,rw /in 2>/dev/null || echo locked",
            false, new BindMount(input, "/in", true));
        Assert.EndsWith("kept\nlocked\n", log);
        Assert.Equal("x", File.ReadAllText(Path.Combine(input, "f")));
    }

    [Fact]
    public async Task Hard_links_to_inputs_are_refused()
    {
        string input = Path.Combine(_top, "input");
        Directory.CreateDirectory(input);
        File.WriteAllText(Path.Combine(input, "f"), "x");
        Assert.EndsWith("refused\n", await Output("ln /in/f /build/f || echo refused", false, new BindMount(input, "/in", true)));
    }

    [Theory]
    [InlineData("touch f; chmod u+s f || echo refused")]
    [InlineData("touch f; chmod 2755 f || echo refused")]
    [InlineData("perl -e 'sysopen(F,\"g\",0102,04755) or print \"refused\\n\"'")]
    [InlineData("perl -e 'open(F,\">\",\"h\"); syscall(91,fileno(F),06755)==0 or print \"refused\\n\"'")]
    [InlineData("perl -e '$p=\"f\\0\"; open(F,\">\",\"f\"); syscall(452,-100,$p,04755,0)==0 or print \"refused\\n\"'")]
    [InlineData("perl -e '$p=\"k\\0\"; syscall(259,-100,$p,0104755,0)==0 or print \"refused\\n\"'")]
    [InlineData("perl -e '$b=\"\\0\"x256; syscall(425,1,$b)>=0 or print \"refused\\n\"'")]
    [InlineData("perl -e 'syscall(250,0,-3,0)>=0 or print \"refused\\n\"'")]
    [InlineData("touch f; perl -e '$p=\"f\\0\";$n=\"user.a\\0\";$v=\"x\"; syscall(188,$p,$n,$v,1,0)==0 or print \"refused\\n\"'")]
    public async Task The_filter_refuses(string script)
    {
        (BuildExit exit, string log) = await Run(Request(script) with { Filter = SystemCallFilter.ChangesAndCreation });
        Assert.True(exit.Succeeded, log);
        Assert.EndsWith("refused\n", log);
    }

    [Fact]
    public async Task Out_of_others_reach_a_file_may_be_created_with_any_mode()
    {
        await Output("perl -e 'sysopen(F,\"g\",0102,04755) or die'; rm g");
        await Output("mkdir t; cd t; touch s; tar -cf ../a --mode=4755 s; cd ..; busybox tar -xf a 2>/dev/null || true; test -e s");
    }

    [Fact]
    public async Task Ordinary_modes_pass_the_filter()
        => Assert.Equal("755 644 1777\n", await Output("touch f; chmod 755 f; install -m 644 f g; mkdir d; chmod 1777 d; echo $(stat -c %a f g d)"));

    [Fact]
    public async Task New_privileges_are_out_of_reach()
        => Assert.Equal("NoNewPrivs:\t1\nCapEff:\t0000000000000000\nSeccomp:\t2\n", await Output("grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status; grep Seccomp: /proc/self/status"));

    [Fact]
    public async Task A_build_can_make_a_view_of_its_own_inside()
    {
        const string Script = """
            set -e
            mkdir -p /build/.root
            unshare -U -r -m bash -e -c '
              mount -t tmpfs none /build/.root
              cd /build/.root
              mkdir nix build proc dev usr old
              mount --rbind /nix nix; mount --rbind /build build; mount --rbind /proc proc; mount --rbind /dev dev; mount --rbind /usr usr
              for l in bin lib lib64; do ln -s usr/$l $l; done
              pivot_root . old
              cd /
              umount -l old
              unshare --user --map-user=1000 --map-group=100 bash -c "id -u; id -g; echo hi > /build/out; ls / | tr \"\\n\" \" \""
            '
            cat /build/out
            """;
        Assert.Equal("1000\n100\nbin build dev lib lib64 nix old proc usr hi\n", await Output(Script));
    }

    [Fact]
    public async Task Silence_and_time_are_limited()
    {
        (BuildExit silent, _) = await Run(Request("echo a; sleep 60") with { SilenceTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(BuildEnd.Silent, silent.End);
        (BuildExit late, _) = await Run(Request("while :; do echo a; sleep 0.1; done") with { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(BuildEnd.TimedOut, late.End);
        (BuildExit loud, string log) = await Run(Request("while :; do echo aaaaaaaaaaaaaaaaaaaaaa; done") with { MaxLogBytes = 100000 });
        Assert.Equal(BuildEnd.LogTooLong, loud.End);
        Assert.InRange(log.Length, 1, 100000);
    }

    [Fact]
    public async Task Cancelling_ends_every_process()
    {
        string mark = "317.7" + Environment.ProcessId;
        TaskCompletionSource up = new();
        RunningBuild build = RunningBuild.Start(LauncherPath, Request($"(setsid sleep {mark} >/dev/null 2>&1 &); sleep {mark} & echo up; wait"), _ => up.TrySetResult());
        await up.Task.WaitAsync(TimeSpan.FromSeconds(20));
        build.Cancel();
        BuildExit exit = await build.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(BuildEnd.Cancelled, exit.End);
        Assert.Empty(ProcessesWith(mark));
    }

    [Fact]
    public async Task Without_namespaces_leftover_processes_end_with_the_build()
    {
        string mark = "318.7" + Environment.ProcessId;
        (BuildExit exit, string log) = await Run(new BuildRequest
        {
            Program = "/bin/bash",
            Arguments = [Bytes("bash"), Bytes("-c"), Bytes($"(setsid sleep {mark} >/dev/null 2>&1 &); echo $HOME; ulimit -c")],
            Environment = [Bytes("PATH=/usr/bin:/bin:/usr/sbin"), Bytes("HOME=/homeless-shelter")],
            WorkingDirectory = _top,
            Limits = [new ResourceLimit(ResourceLimit.CoreSize, 0, -1)],
        });
        Assert.True(exit.Succeeded, exit.ToString());
        Assert.Equal("/homeless-shelter\n0\n", log);
        Assert.Empty(ProcessesWith(mark));
    }

    [Fact]
    public async Task A_build_that_lets_go_of_its_log_is_ended()
    {
        (BuildExit exit, string log) = await Run(Request("echo hi; exec >&- 2>&-; sleep 300"));
        Assert.Equal((BuildEnd.Signaled, 9, "hi\n"), (exit.End, exit.Code, log));
        (exit, log) = await Run(Request("echo hi; (sleep 300 &) ; exec >&- 2>&-; exit 0"));
        // The one in the background still holds the log, so the end of the first process decides.
        Assert.Equal((BuildEnd.Exited, 0, "hi\n"), (exit.End, exit.Code, log));
    }

    /// <summary>Lets a build wait for a line in <c>/build/go</c>, which the given work precedes.</summary>
    private async Task<string> Meanwhile(string script, Action<RunningBuild> work, params BindMount[] more)
    {
        BuildRequest request = Request($"mkfifo go; echo up; read x < go; {script}", false, more);
        MemoryStream log = new();
        TaskCompletionSource up = new();
        RunningBuild build = RunningBuild.Start(LauncherPath, request, b =>
        {
            log.Write(b);
            up.TrySetResult();
        });
        await Task.WhenAny(up.Task, build.Completion).WaitAsync(TimeSpan.FromSeconds(20));
        work(build);
        await File.WriteAllTextAsync(Path.Combine(_top, "build", "go"), "go\n").WaitAsync(TimeSpan.FromSeconds(20));
        BuildExit exit = await build.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        string text = Encoding.UTF8.GetString(log.ToArray());
        Assert.True(exit.Succeeded, $"{exit} {text}");
        Assert.Throws<SandboxException>(() => build.Bind("/etc/passwd", "/nix/store/late", readOnly: true));
        return text["up\n".Length..];
    }

    [Fact]
    public async Task More_can_be_shown_to_a_running_build()
    {
        string input = Path.Combine(_top, "more");
        Directory.CreateDirectory(input);
        File.WriteAllText(input + "/f", "new\n");
        File.CreateSymbolicLink(_top + "/link", "more");
        string log = await Meanwhile(
            "cd /nix/store; cat d/f f; readlink l; (echo y > d/f) 2>/dev/null || echo kept; mount -o remount,rw d 2>/dev/null || echo locked",
            build =>
            {
                build.Bind(input, "/nix/store/d", readOnly: true);
                build.Bind(input + "/f", "/nix/store/f", readOnly: true);
                build.Bind(_top + "/link", "/nix/store/l", readOnly: true);
                Assert.Equal("'/nix/store/d' already exists in the sandbox", Assert.Throws<SandboxException>(() => build.Bind(input, "/nix/store/d", true)).Message);
                Assert.Contains("No such file or directory", Assert.Throws<SandboxException>(() => build.Bind(_top + "/none", "/nix/store/n", true)).Message);
            });
        Assert.Equal("new\nnew\nmore\nkept\nlocked\n", log);
        Assert.Equal("new\n", File.ReadAllText(input + "/f"));
    }

    [Fact]
    public async Task Links_planted_by_the_build_do_not_lead_what_is_shown_elsewhere()
    {
        string victim = Path.Combine(_top, "victim"), input = Path.Combine(_top, "more");
        Directory.CreateDirectory(victim);
        Directory.CreateDirectory(input);
        await Meanwhile("true", build =>
        {
            File.CreateSymbolicLink(_top + "/build/planted", "/victim");
            File.CreateSymbolicLink(_top + "/build/end", "/victim/new");
            Assert.Contains("symbolic links", Assert.Throws<SandboxException>(() => build.Bind(input, "/build/planted/new", true)).Message);
            Assert.Contains("already exists", Assert.Throws<SandboxException>(() => build.Bind(input, "/build/end", true)).Message);
            Assert.Throws<SandboxException>(() => build.Bind(input, "/victim/..", true));
        }, new BindMount(victim, "/victim", false));
        Assert.Empty(Directory.EnumerateFileSystemEntries(victim));
    }

    private static List<string> ProcessesWith(string mark)
    {
        List<string> found = [];
        foreach (string p in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                string line = File.ReadAllText(Path.Combine(p, "cmdline"));
                if (line.StartsWith("sleep", StringComparison.Ordinal) && line.Contains(mark, StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
            catch (IOException)
            {
                // Gone between listing and reading, or not a process at all.
            }
            catch (UnauthorizedAccessException)
            {
                // Another user's.
            }
        }

        return found;
    }
}
