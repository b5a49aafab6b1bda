using System;
using System.Buffers;
using System.Text;
using Firn.Formats.Logging;
using Xunit;

namespace Firn.Formats.Tests.Logging;

/// <summary>Lines that <see cref="JsonLog"/> writes are read back as what they were.</summary>
public class LogMessageTests
{
    private static LogMessage Read(Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> line = new();
        write(line);
        return LogMessage.Parse(line.WrittenMemory);
    }

    [Fact]
    public void MessagesAreReadBack() =>
        Assert.Equal(new LogMessage.Text(Verbosity.Warning, "mind \"this\"\n"), Read(to => JsonLog.Message(to, Verbosity.Warning, "mind \"this\"\n")));

    [Fact]
    public void ActivitiesAreReadBack()
    {
        LogMessage.Start start = Assert.IsType<LogMessage.Start>(Read(to => JsonLog.Start(to, ulong.MaxValue, Verbosity.Info, ActivityType.Build, "building", ["/nix/store/a.drv", "there", 1, 1], 0)));
        Assert.Equal((ulong.MaxValue, Verbosity.Info, ActivityType.Build, "building"), (start.Id, start.Level, start.Type, start.Description));
        Assert.Equal(("/nix/store/a.drv", "there", 1UL, 1UL), (start.Fields[0].Text, start.Fields[1].Text, start.Fields[2].Number, start.Fields[3].Number));
        Assert.Equal(new LogMessage.Stop(7), Read(to => JsonLog.Stop(to, 7)));
        LogMessage.Result result = Assert.IsType<LogMessage.Result>(Read(to => JsonLog.Result(to, 7, ResultType.BuildLogLine, ["a line"])));
        Assert.Equal((7UL, ResultType.BuildLogLine, "a line"), (result.Id, result.Type, Assert.Single(result.Fields).Text));
    }

    [Fact]
    public void PhasesAreThoseOfBuilders() =>
        Assert.Equal(new LogMessage.Phase("buildPhase"), LogMessage.Parse(Encoding.UTF8.GetBytes("""{"action":"setPhase","phase":"buildPhase"}""")));

    [Fact]
    public void WhatIsNotKnownIsPassedOver() => Assert.IsType<LogMessage.Other>(LogMessage.Parse(Encoding.UTF8.GetBytes("""{"action":"later"}""")));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"action":"msg","level":"high","msg":"x"}""")]
    [InlineData("""{"action":"start","id":-1,"level":0,"type":0,"text":""}""")]
    [InlineData("""{"action":"result","id":1,"type":101,"fields":[true]}""")]
    public void WhatIsMalformedIsAnError(string text) => Assert.Throws<FormatsException>(() => LogMessage.Parse(Encoding.UTF8.GetBytes(text)));
}
