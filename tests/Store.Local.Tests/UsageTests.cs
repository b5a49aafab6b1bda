using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Objects;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Local.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    private long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Lets a path look as if it had been there for some days, and been read some days ago.</summary>
    private void Age(StorePath path, int registered, int read)
    {
        _temp.Store.Dispose();
        using (var database = new System.Diagnostics.Process { StartInfo = new("sqlite3", [_temp.Options.StateDir + "/db/db.sqlite", $"update ValidPaths set registrationTime = {Now - registered * 86400L} where path = '{_temp.Store.StoreDir.Print(path)}'"]) })
        {
            database.Start();
            database.WaitForExit();
            Assert.Equal(0, database.ExitCode);
        }
        _temp.Reopen();
        File.SetLastAccessTimeUtc(_temp.Store.RealPath(path), DateTime.UtcNow.AddDays(-read));
    }

    private List<string> Collect(RetentionPolicy policy, CollectorAction action = CollectorAction.DeleteDead)
    {
        var result = new CollectorResult();
        _temp.Store.Collect(new CollectorRequest { Action = action, Keeps = policy.Decide(_temp.Store, Now) }, result);
        return [.. result.Paths.Select(path => path[(path.IndexOf('-') + 1)..]).Order()];
    }

    [Fact]
    public void OldGarbageGoesAndWhatItNeedsStaysWithYounger()
    {
        StorePath needed = _temp.AddText("needed", "1"), old = _temp.AddText("old", "2", needed), young = _temp.AddText("young", "3", needed), used = _temp.AddText("used", "4");
        _temp.Reopen();
        foreach (StorePath path in new[] { needed, old, used }) Age(path, registered: 40, read: 40);
        Age(used, registered: 40, read: 2);
        Assert.Equal(["old"], Collect(new RetentionPolicy { UsedSince = Now - 30 * 86400 }, CollectorAction.ReturnDead));
        Assert.True(_temp.Store.IsValid(old));
        Assert.Equal(["old"], Collect(new RetentionPolicy { UsedSince = Now - 30 * 86400 }));
        Assert.True(_temp.Store.IsValid(needed) && _temp.Store.IsValid(young) && _temp.Store.IsValid(used));
        Assert.Equal(["needed", "used", "young"], Collect(new RetentionPolicy()));
    }

    [Fact]
    public void MostRecentHeadsStay()
    {
        StorePath shared = _temp.AddText("shared", "0");
        for (int i = 1; i <= 4; i++) _temp.AddText("head" + i, "h" + i, shared);
        _temp.Reopen();
        foreach (StorePath path in _temp.Store.AllValid())
            if (path.Name.StartsWith("head", StringComparison.Ordinal)) Age(path, registered: 10 * (path.Name[4] - '0'), read: 50);
            else Age(path, registered: 90, read: 90);
        Assert.Equal(["head3", "head4"], Collect(new RetentionPolicy { KeepRecent = 2 }));
        Assert.True(_temp.Store.IsValid(shared));
    }

    [Fact]
    public void SharedFilesAreFreedWithTheLast()
    {
        string one = _temp.Scratch("one"), two = _temp.Scratch("two"), three = _temp.Scratch("three");
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        foreach (string file in new[] { one, two, three }) File.WriteAllBytes(file, content);
        List<string> paths = [.. new[] { one, two, three }.Select(file => _temp.Store.StoreDir.Print(_temp.Store.Add(new Source { Name = Path.GetFileName(file), File = file }).Path))];
        ulong each = _temp.Store.Reclaimable([paths[0]])[0];
        Assert.InRange(each, 100_000ul, 120_000ul);
        _temp.Store.Optimise();
        Assert.Equal([0, 0, each], _temp.Store.Reclaimable(paths));
        Assert.Equal([0, 0], _temp.Store.Reclaimable([paths[0], paths[1]]));
    }

    [Fact]
    public void RewrittenClosureIsAddressedByItsContents()
    {
        StorePath leaf = _temp.AddText("leaf", "l");
        string script = _temp.Scratch("script");
        File.WriteAllText(script, "run " + _temp.Store.StoreDir.Print(leaf) + "\n");
        StorePath top = _temp.Store.Add(new Source { Name = "script", File = script, References = [leaf] }).Path;
        using var target = new TempStore();
        SortedDictionary<StorePath, StorePath> copies = ContentAddressing.Rewrite(_temp.Store, target.Store, [top], static (_, _) => { });
        PathInfo info = target.Store.Get(copies[top]);
        Assert.True(info.IsContentAddressed(target.Store.StoreDir));
        Assert.Equal([copies[leaf]], info.References);
        Assert.Equal("run " + _temp.Store.StoreDir.Print(copies[leaf]) + "\n", File.ReadAllText(target.Store.RealPath(copies[top])));
        target.AssertSound();
    }

    [Fact]
    public void SameFilesAreSeenInPlaceAndInTheNar()
    {
        string tree = _temp.Scratch("tree");
        Directory.CreateDirectory(tree + "/d");
        File.WriteAllText(tree + "/d/f", "text");
        File.CreateSymbolicLink(tree + "/l", "d");
        StorePath path = _temp.Store.Add(new Source { Name = "tree", File = tree }).Path;
        using IObjectFiles here = _temp.Store.OpenFiles(path);
        var memory = new MemoryStore(_temp.Store.StoreDir);
        PathCopier.Copy(_temp.Store, memory, [path], new CopyOptions());
        using IObjectFiles there = ObjectFiles.Open(memory, path);
        foreach (IObjectFiles files in new[] { here, there })
        {
            Assert.Equal(["d", "l"], files.List([]).Select(name => System.Text.Encoding.UTF8.GetString(name)));
            var text = new Formats.Sinks.ByteBuffer();
            files.Read("d/f"u8, text);
            Assert.Equal("text", System.Text.Encoding.UTF8.GetString(text.Span));
            Assert.Equal(4, files.Get("d/f"u8).Size);
            Assert.Equal("d", System.Text.Encoding.UTF8.GetString(files.Get("l"u8).Target.Span));
            Assert.Null(files.Find("d/g"u8));
            Assert.Null(files.Find("d/f/g"u8));
        }
        // The way through the link leads out of what was asked for.
        Assert.EndsWith("is a symlink", Assert.Throws<StoreException>(() => here.Find("l/f"u8)).Message);
    }
}
