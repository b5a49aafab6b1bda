using System.IO;
using System.Text;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Tests;

public class TextTests
{
    [Theory]
    [InlineData(0, "0.0 KiB")]
    [InlineData(100, "0.1 KiB")]
    [InlineData(1023, "1.0 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(-4096, "-4.0 KiB")]
    [InlineData(1024 * 1024, "1.0 MiB")]
    [InlineData(5L << 30, "5.0 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void SizesAreRenderedWithOneDigit(long bytes, string expected) => Assert.Equal(expected, ByteSize.Render(bytes));

    [Fact]
    public void ValidityTextIsReadBack()
    {
        var store = new MemoryStore(StoreDir.Default);
        StorePath leaf = store.AddText("leaf", "x"u8.ToArray(), []);
        StorePath top = store.AddText("top", "y"u8.ToArray(), [leaf]);
        string text = ValidityRegistration.Render(store.Get(leaf), store.StoreDir) + ValidityRegistration.Render(store.Get(top) with { Deriver = leaf }, store.StoreDir);
        var reader = new StringReader(text);
        PathInfo first = ValidityRegistration.Read(reader, store.StoreDir, withHash: true)!, second = ValidityRegistration.Read(reader, store.StoreDir, withHash: true)!;
        Assert.Equal(store.Get(leaf).NarHash, first.NarHash);
        Assert.Equal(top, second.Path);
        Assert.Equal([leaf], second.References);
        Assert.Equal(leaf, second.Deriver);
        Assert.Null(ValidityRegistration.Read(reader, store.StoreDir, withHash: true));
        Assert.Equal("number expected", Assert.Throws<StoreException>(() => ValidityRegistration.Read(new StringReader(store.StoreDir.Print(leaf) + "\n\nx\n"), store.StoreDir, withHash: false)).Message);
        Assert.Equal("missing input", Assert.Throws<StoreException>(() => ValidityRegistration.Read(new StringReader(store.StoreDir.Print(leaf) + "\n"), store.StoreDir, withHash: false)).Message);
    }

    [Fact]
    public void ForeignStreamIsRefused()
    {
        var store = new MemoryStore(StoreDir.Default);
        Assert.Equal("input doesn't look like something created by 'nix-store --export'",
            Assert.Throws<StoreException>(() => ExportFormat.Import(store, new MemoryStream(Encoding.ASCII.GetBytes("#!/bin/sh and something else")), _ => { })).Message);
    }
}
