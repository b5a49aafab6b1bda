using System;
using System.Buffers;
using System.Text;
using Firn.Formats.Logging;
using Xunit;

namespace Firn.Formats.Tests.Logging;

public class JsonLogTests
{
    private static string Written(Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> to = new();
        write(to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    [Fact]
    public void StartNamesEverything() => Assert.Equal(
        """{"action":"start","fields":["/nix/store/x.drv","",1,1],"id":42949672961,"level":3,"parent":7,"text":"building","type":105}""",
        Written(to => JsonLog.Start(to, 42949672961, Verbosity.Info, ActivityType.Build, "building", ["/nix/store/x.drv", "", 1, 1], 7)));

    [Fact]
    public void NoFieldsAreNotWritten() => Assert.Equal(
        """{"action":"start","id":1,"level":0,"parent":0,"text":"","type":102}""",
        Written(to => JsonLog.Start(to, 1, Verbosity.Error, ActivityType.Realise, "", [], 0)));

    [Fact]
    public void StopAndResult()
    {
        Assert.Equal("""{"action":"stop","id":5}""", Written(to => JsonLog.Stop(to, 5)));
        Assert.Equal(
            """{"action":"result","fields":[1,2,3,0],"id":5,"type":105}""",
            Written(to => JsonLog.Result(to, 5, ResultType.Progress, [1, 2, 3, 0])));
    }

    [Fact]
    public void LogLineMayHoldAnyBytes() => Assert.Equal(
        "{\"action\":\"result\",\"fields\":[\"a\\\"\\u001b[1m\uFFFD世\"],\"id\":5,\"type\":101}",
        Written(to => JsonLog.Result(to, 5, ResultType.BuildLogLine, [LogField.Of((byte[])[(byte)'a', (byte)'"', 0x1b, (byte)'[', (byte)'1', (byte)'m', 0xff, 0xe4, 0xb8, 0x96])])),
        ignoreCase: true);

    [Fact]
    public void Messages()
    {
        Assert.Equal("""{"action":"msg","level":3,"msg":"text"}""", Written(to => JsonLog.Message(to, Verbosity.Info, "text")));
        Assert.Equal(
            """{"action":"msg","column":null,"file":null,"level":0,"line":null,"msg":"error: bad","raw_msg":"bad"}""",
            Written(to => JsonLog.Message(to, new LogErrorText(Verbosity.Error, "error: bad", "bad"))));
        Assert.Equal(
            """{"action":"msg","column":2,"file":"/f.nix","level":0,"line":1,"msg":"error: bad","raw_msg":"bad"}""",
            Written(to => JsonLog.Message(to, new LogErrorText(Verbosity.Error, "error: bad", "bad", "/f.nix", 1, 2))));
    }

    /// <summary>Other programs know them by number.</summary>
    [Fact]
    public void NumbersStay()
    {
        Assert.Equal([0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112], Array.ConvertAll(Enum.GetValues<ActivityType>(), t => (int)t));
        Assert.Equal([100, 101, 102, 103, 104, 105, 106, 107, 108], Array.ConvertAll(Enum.GetValues<ResultType>(), t => (int)t));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Array.ConvertAll(Enum.GetValues<Verbosity>(), v => (int)v));
    }
}
