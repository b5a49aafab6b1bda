using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Xunit;

namespace Firn.Store.Remote.Tests;

/// <summary>Numbers, texts and frames.</summary>
public sealed class WireTests
{
    private static byte[] Written(Action<WireWriter> write)
    {
        var stream = new MemoryStream();
        var writer = new WireWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static WireReader Reader(byte[] bytes) => new(new MemoryStream(bytes));

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        byte[] large = [.. Enumerable.Range(0, 200_001).Select(i => (byte)i)];
        byte[] bytes = Written(to =>
        {
            to.Number(0x1122334455667788);
            to.Bool(true);
            to.Text("");
            to.Text("12345678");
            to.Text("ä");
            to.Bytes(large);
            to.Texts(["a", "b"]);
        });
        Assert.Equal([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11], bytes[..8]);
        Assert.Equal(0, bytes.Length % 8);
        WireReader from = Reader(bytes);
        Assert.Equal(0x1122334455667788UL, from.Number());
        Assert.True(from.Bool());
        Assert.Equal("", from.Text());
        Assert.Equal("12345678", from.Text());
        Assert.Equal("ä", from.Text());
        Assert.Equal(large, from.Bytes(1 << 20));
        Assert.Equal(["a", "b"], from.Texts());
        Assert.True(from.AtEnd());
    }

    [Theory]
    [InlineData(37, true)]
    [InlineData(37, false)]
    [InlineData(36, true)]
    public void ResultsTellWhatABuildCost(byte minor, bool counted)
    {
        var path = new DerivedPath.Opaque(new StorePath("00000000000000000000000000000000-x"));
        var parts = WorkerFormat.ResultParts.OfWorker(new ProtocolVersion(1, minor));
        var cpu = new CpuTimes(TimeSpan.FromMicroseconds(1_500_001), TimeSpan.FromMicroseconds(7));
        var result = new BuildResult(path, BuildStatus.Built, null, new Dictionary<string, StorePath>(), DateTimeOffset.UnixEpoch.AddDays(9), TimeSpan.FromSeconds(3)) { Cpu = counted ? cpu : null };
        byte[] bytes = Written(to => to.Result(result, parts, _ => []));
        BuildResult back = Reader(bytes).Result(path, parts);
        Assert.Equal(counted && minor >= 37 ? cpu : null, back.Cpu);
        Assert.Equal((result.Started, result.Elapsed), (back.Started, back.Elapsed));
    }

    [Fact]
    public void BadTextsAreRefused()
    {
        Assert.Equal("non-zero padding", Assert.Throws<ProtocolException>(() => Reader([1, 0, 0, 0, 0, 0, 0, 0, (byte)'x', 0, 0, 1, 0, 0, 0, 0]).Text()).Message);
        Assert.Equal("string is too long", Assert.Throws<ProtocolException>(() => Reader(Written(to => to.Number(ulong.MaxValue - 7))).Text()).Message);
        Assert.Equal("string is too long", Assert.Throws<ProtocolException>(() => Reader(Written(to => to.Text("12345"))).Text(4)).Message);
        Assert.Throws<ProtocolException>(() => Reader(Written(to => to.Number(1UL << 32))).Small());
        Assert.Throws<UnexpectedEndException>(() => Reader([1, 2, 3]).Number());
        Assert.Throws<UnexpectedEndException>(() => Reader(Written(to => to.Text("12345678"))[..12]).Text());
    }

    [Fact]
    public void WhatIsOnlyAnnouncedTakesNoMemory()
    {
        byte[] bytes = Written(to => to.Number(WireReader.MaxContents));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<UnexpectedEndException>(() => Reader(bytes).Bytes(WireReader.MaxContents));
        byte[] list = Written(to => to.Number(ulong.MaxValue));
        Assert.Throws<UnexpectedEndException>(() => Reader(list).Texts());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65536)]
    [InlineData(200_000)]
    public void FramesHoldAnyNumberOfBytes(int length)
    {
        byte[] contents = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
        int pieces = 0;
        byte[] bytes = Written(to =>
        {
            var framed = new FramedWriter(to, () => pieces++);
            foreach (byte[] part in contents.Chunk(777)) framed.Write(part);
            framed.Finish();
            to.Number(42);
        });
        Assert.Equal((length + 65535) / 65536, pieces);
        WireReader from = Reader(bytes);
        var read = new MemoryStream();
        using (var framed = new FramedReader(from)) framed.CopyTo(read);
        Assert.Equal(contents, read.ToArray());
        Assert.Equal(42UL, from.Number());
    }

    [Fact]
    public void FramesThatEndEarlyAreNoEnd()
    {
        byte[] bytes = Written(to =>
        {
            to.Number(100);
            to.Write(new byte[50]);
        });
        var framed = new FramedReader(Reader(bytes));
        Assert.Throws<UnexpectedEndException>(() => framed.CopyTo(Stream.Null));
        // And what comes after it is over as well.
        framed.Drain();
        Assert.Equal(0, framed.Read(new byte[1]));
    }
}
