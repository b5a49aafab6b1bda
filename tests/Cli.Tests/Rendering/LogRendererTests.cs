using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Cli.Rendering.Logs;
using Firn.Formats.Logging;
using Xunit;

namespace Firn.Cli.Tests.Rendering;

public class LogRendererTests
{
    private const string Derivation = "/nix/store/6h2mvfsrx13qbrsgxwbxyi8zg2yv51yl-hello-2.1.drv";

    private readonly MemoryStream _screen = new();

    private string Since(long length) => Encoding.UTF8.GetString(_screen.ToArray()[(int)length..]);

    private string Screen => Encoding.UTF8.GetString(_screen.ToArray());

    // A build that says something, and a message.
    private void Play(LogRenderer renderer, Verbosity level = Verbosity.Info)
    {
        ActivityHub hub = new(renderer, null, () => level);
        ulong build = hub.Start(Verbosity.Info, ActivityType.Build, $"building '{Derivation}'", [Derivation, "", 1, 1], 0);
        hub.Result(build, ResultType.SetPhase, ["buildPhase"]);
        hub.Result(build, ResultType.BuildLogLine, ["\x1b[1mone\x1b[0m\ttwo"]);
        hub.Log(Verbosity.Talkative, "chatter");
        hub.Log(Verbosity.Warning, "\x1b[35;1mwarning:\x1b[0m careful");
        ulong hook = hub.Start(Verbosity.Talkative, ActivityType.PostBuildHook, "running post-build-hook '/h'", [Derivation], 0);
        hub.Result(hook, ResultType.PostBuildLogLine, ["uploaded"]);
        hub.Stop(hook);
        hub.Stop(build);
    }

    [Fact]
    public void RawShowsLogsWithoutNames()
    {
        Play(new RawLog(new ErrorStream(_screen), () => Verbosity.Info, showLogs: true, colours: false, systemd: false));
        Assert.Equal($"building '{Derivation}'...\none     two\nwarning: careful\npost-build-hook: uploaded\n", Screen);
    }

    [Fact]
    public void RawWithoutLogs()
    {
        Play(new RawLog(new ErrorStream(_screen), () => Verbosity.Info, showLogs: false, colours: true, systemd: true));
        Assert.Equal($"<5>building '{Derivation}'...\n<4>\x1b[35;1mwarning:\x1b[0m careful\n", Screen);
    }

    [Fact]
    public void BarWithoutTerminalNamesTheLogs()
    {
        Play(new PlainBarLog(new ErrorStream(_screen), () => Verbosity.Talkative, showLogs: true), Verbosity.Talkative);
        Assert.Equal(
            $"building '{Derivation}'...\nhello> one     two\nchatter\nwarning: careful\nrunning post-build-hook '/h'...\nhello (post)> uploaded\n",
            Screen);
    }

    [Fact]
    public void MessagesStandAboveTheBar()
    {
        using BarLog bar = new(new ErrorStream(_screen), () => (30, 24), () => Verbosity.Notice, colours: false, showLogs: false);
        ActivityHub hub = new(bar, null, () => Verbosity.Notice);
        ulong builds = hub.Start(Verbosity.Error, ActivityType.Builds, "", [], 0);
        ulong build = hub.Start(Verbosity.Info, ActivityType.Build, $"building '{Derivation}'", [Derivation, "", 1, 1], 0);
        hub.Result(builds, ResultType.Progress, [1, 3, 1, 0]);
        hub.Result(build, ResultType.BuildLogLine, ["compiling"]);
        Wait(() => Screen.Contains("hello", StringComparison.Ordinal));
        Assert.Contains("[1/1/3 built] building hello-…", Screen, StringComparison.Ordinal);
        long before = _screen.Length;
        hub.Log(Verbosity.Error, "a message");
        string after = Since(before);
        // One write: the old line goes, the message comes, the line comes again.
        Assert.Matches(@"^\x1b\[\?2026h\x1b\[\?25l\r\x1b\[Ja message\n\x1b\[\?7l\[1/1/3 built\] building hello-…\x1b\[0m\x1b\[K\x1b\[\?7h\x1b\[\?25h\x1b\[\?2026l$", after);
        hub.Finish();
        Assert.EndsWith("\r\x1b[J", Screen, StringComparison.Ordinal);
    }

    /// <summary>A log that rushes by costs a few frames a second, not one for each line.</summary>
    [Fact]
    public void FramesAreFew()
    {
        int writes = 0;
        using BarLog bar = new(new ErrorStream(new Counted(() => writes++)), () => (80, 24), () => Verbosity.Notice, colours: false, showLogs: false);
        ActivityHub hub = new(bar, null, () => Verbosity.Notice);
        ulong build = hub.Start(Verbosity.Info, ActivityType.Build, "", [Derivation, "", 1, 1], 0);
        DateTime end = DateTime.UtcNow.AddSeconds(1);
        int lines = 0;
        while (DateTime.UtcNow < end)
        {
            hub.Result(build, ResultType.BuildLogLine, [$"line {lines++}"]);
        }

        Assert.True(lines > 1000, $"only {lines} lines were taken");
        Assert.InRange(writes, 1, 20);
    }

    [Fact]
    public void NarrowerScreenBreaksLinesAnew()
    {
        int width = 40;
        using BarLog bar = new(new ErrorStream(_screen), () => (width, 24), () => Verbosity.Notice, colours: false, showLogs: false);
        ActivityHub hub = new(bar, null, () => Verbosity.Notice);
        hub.Start(Verbosity.Info, ActivityType.Unknown, "something with a rather long description of it", [], 0);
        Wait(() => Screen.Contains("something", StringComparison.Ordinal));
        width = 15;
        long before = _screen.Length;
        hub.Log(Verbosity.Error, "message");
        // 40 columns take three rows now.
        Assert.StartsWith("\x1b[?2026h\x1b[?25l\r\x1b[2A\x1b[J", Since(before), StringComparison.Ordinal);
    }

    [Fact]
    public void BuildersCannotHarmTheScreen()
    {
        ActivityTable table = new();
        table.Start(1, ActivityType.Build, "", [Derivation, "", 1, 1], 0);
        table.Result(1, ResultType.BuildLogLine, ["\x1b[2J\x1b]0;title\aevil\u0008\u009b1A"]);
        Assert.Equal("evil1A", table.Find(1)!.LastLine);
        foreach (ResultType type in Enum.GetValues<ResultType>())
        {
            table.Result(1, type, []);
            table.Result(99, type, ["x"]);
        }
    }

    [Theory]
    [InlineData("hello-2.1", "hello")]
    [InlineData("hello", "hello")]
    [InlineData("a-b-c-3", "a-b-c")]
    [InlineData("x-", "x-")]
    [InlineData("x-1a-b", "x")]
    public void VersionsAreLeftOutOfNames(string name, string expected) => Assert.Equal(expected, Firn.Build.History.PackageName.WithoutVersion(name));

    [Fact]
    public void ErrorsShowWhatMatters()
    {
        LogErrorText error = ErrorText.Error("Cannot build '/nix/store/x.drv'.\nReason: builder failed with exit code 1.\nOutput paths:\n  /nix/store/x\nLast 1 log lines:\n> it's '/tmp'\n");
        Assert.Equal(
            "\x1b[31;1merror:\x1b[0m Cannot build '\x1b[35;1m/nix/store/x.drv\x1b[0m'.\n       Reason: \x1b[31;1mbuilder failed with exit code 1\x1b[0m.\n"
            + "       Output paths:\n         \x1b[35;1m/nix/store/x\x1b[0m\n       Last 1 log lines:\n       > it's '/tmp'\n       ",
            error.Shown);
    }

    private static void Wait(Func<bool> condition)
    {
        for (int i = 0; i < 200 && !condition(); i++)
        {
            Thread.Sleep(10);
        }

        Assert.True(condition());
    }

    private sealed class Counted(Action written) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => written();
    }
}
