using System;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Wire;
using Xunit;

namespace Firn.Store.Remote.Tests;

/// <summary>What goes another way in old versions of the protocol.</summary>
public sealed class OldProtocolTests
{
    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(38)]
    public void ContentsGoBothWays(byte minor)
    {
        using var served = new ServedStore(new MemoryStore(StoreDir.Default), new ProtocolVersion(1, minor));
        using RemoteStore store = served.Connect();
        StorePath text = store.AddText("note", "noted"u8.ToArray(), []);
        var nar = new ByteBuffer();
        NarWriter.WriteFile(new byte[300_000], false, nar);
        var info = new PathInfo
        {
            Path = new StorePath("0123456789abcdfghijklmnpqrsvwxyz-large"),
            NarHash = Hash.Sha256(nar.Span),
            NarSize = (ulong)nar.Length,
            References = [text],
        };
        store.AddNar(info, new MemoryStream(nar.ToArray()));
        // What is valid already is left in the connection for nobody.
        store.AddNar(info, new MemoryStream(nar.ToArray()));
        var back = new ByteBuffer();
        store.WriteNar(info.Path, back);
        Assert.Equal(nar.ToArray(), back.ToArray());
        Assert.Equal([text], store.Get(info.Path).References);
        Assert.Equal("noted"u8.ToArray(), store.ReadFile(text));
        Assert.Equal(new[] { text, info.Path }.Order(), store.FilterValid([text, info.Path, new StorePath("1123456789abcdfghijklmnpqrsvwxyz-other")]).Order());
        Assert.Empty(served.Faults);
    }

    [Fact]
    public void VersionsTooOldAreRefused()
    {
        using var served = new ServedStore(new MemoryStore(StoreDir.Default), new ProtocolVersion(1, 20));
        using RemoteStore store = served.Connect();
        StoreException refused = Assert.Throws<StoreException>(store.Connect);
        Assert.Contains("the Nix daemon version is too old", refused.Message, StringComparison.Ordinal);
    }
}
