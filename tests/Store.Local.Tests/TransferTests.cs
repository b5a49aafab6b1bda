using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Local.Tests;

public class TransferTests
{
    [Fact]
    public void TheReferenceImportsWhatThisExports()
    {
        using TempStore from = new(), to = new();
        StorePath leaf = from.AddText("leaf", "one"), top = from.AddText("top", "two", leaf);
        var stream = new ByteBuffer();
        ExportFormat.Export(from.Store, [top, leaf], stream);
        TempStore.Outcome outcome = to.Reference("nix-store", ["--import"], stream.ToArray());
        Assert.True(outcome.Exit == 0, outcome.Error);
        Assert.Equal([from.Store.StoreDir.Print(leaf), from.Store.StoreDir.Print(top)], TempStore.Lines(outcome.Out));
        Assert.Equal(from.Nar(top), to.Nar(top));
        Assert.Equal([leaf], to.Store.Get(top).References);
        to.AssertSound();
    }

    [Fact]
    public void ThisImportsWhatTheReferenceExports()
    {
        using TempStore from = new(), to = new();
        StorePath leaf = from.AddText("leaf", "one"), top = from.AddText("top", "two", leaf);
        byte[] theirs = Encoding.Latin1.GetBytes(from.ReferenceOk("nix-store", "--export", from.Store.StoreDir.Print(leaf), from.Store.StoreDir.Print(top)));
        var ours = new ByteBuffer();
        ExportFormat.Export(from.Store, [top, leaf], ours);
        Assert.Equal(theirs, ours.ToArray());
        ExportFormat.Import(to.Store, new MemoryStream(theirs), _ => { });
        Assert.Equal(from.Nar(top), to.Nar(top));
        to.AssertSound();
    }

    [Fact]
    public void DumpedDatabaseIsThatOfTheReference()
    {
        using var temp = new TempStore();
        StorePath leaf = temp.AddText("leaf", "one");
        temp.AddText("top", "two", leaf);
        Assert.Equal(temp.ReferenceOk("nix-store", "--dump-db"), string.Concat(temp.Store.AllValid().Select(path => ValidityRegistration.Render(temp.Store.Get(path), temp.Store.StoreDir))));
    }

    [Fact]
    public void DisappearedPathsAreForgottenOrReported()
    {
        using var temp = new TempStore();
        StorePath leaf = temp.AddText("leaf", "one"), top = temp.AddText("top", "two", leaf), lone = temp.AddText("lone", "three");
        File.Delete(temp.Store.RealPath(lone));
        Assert.False(temp.Store.Verify(checkContents: false, repairer: null));
        Assert.Contains("path '" + temp.Store.StoreDir.Print(lone) + "' disappeared, removing from database...", temp.Log.At(StoreLogLevel.Info));
        Assert.False(temp.Store.IsValid(lone));
        File.Delete(temp.Store.RealPath(leaf));
        Assert.True(temp.Store.Verify(checkContents: false, repairer: null));
        Assert.Contains("path '" + temp.Store.StoreDir.Print(leaf) + "' disappeared, but it still has valid referrers!", temp.Log.At(StoreLogLevel.Error));
        Assert.True(temp.Store.IsValid(top));
        Assert.False(temp.Store.Verify(checkContents: true, new Repairer(temp, leaf, "one")));
        Assert.Equal("one", File.ReadAllText(temp.Store.RealPath(leaf)));
        temp.AssertSound();
    }

    [Fact]
    public void ModifiedPathsAreReportedAndRepaired()
    {
        using var temp = new TempStore();
        StorePath path = temp.AddText("note", "one");
        File.SetUnixFileMode(temp.Store.RealPath(path), (UnixFileMode)0x1a4);
        File.WriteAllText(temp.Store.RealPath(path), "two");
        Assert.True(temp.Store.Verify(checkContents: true, repairer: null));
        string message = temp.Log.At(StoreLogLevel.Error).Single();
        Assert.StartsWith("path '" + temp.Store.StoreDir.Print(path) + "' was modified! expected hash 'sha256:", message);
        Assert.Contains(message, temp.Reference("nix-store", ["--verify", "--check-contents"]).Error);
        Assert.False(temp.Store.Verify(checkContents: true, new Repairer(temp, path, "one")));
        temp.AssertSound();
    }

    private sealed class Repairer(TempStore temp, StorePath expected, string text) : IRepairer
    {
        public void Repair(StorePath path)
        {
            Assert.Equal(expected, path);
            Assert.Equal(path, temp.Store.AddText(path.Name, Encoding.UTF8.GetBytes(text), [], repair: true));
        }
    }
}
