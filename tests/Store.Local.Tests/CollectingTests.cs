using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Profiles;
using Xunit;

namespace Firn.Store.Local.Tests;

public class CollectingTests
{
    private static CollectorResult Collect(TempStore temp, CollectorRequest? request = null)
    {
        var result = new CollectorResult();
        temp.Store.Collect(request ?? new CollectorRequest(), result);
        return result;
    }

    [Fact]
    public void RootsKeepTheirClosures()
    {
        using var temp = new TempStore();
        StorePath leaf = temp.AddText("leaf", "leaf"), kept = temp.AddText("kept", "kept", leaf), profile = temp.AddText("profile", "p"), direct = temp.AddText("direct", "d"), dead = temp.AddText("dead", "dead", leaf);
        temp.Store.AddPermanentRoot(kept, temp.Scratch("result"));
        var system = new Profile(temp.Options.StateDir + "/profiles/system", _ => { });
        system.SwitchTo(system.Create(temp.Store, temp.Store.StoreDir, profile));
        File.CreateSymbolicLink(temp.Options.StateDir + "/gcroots/direct", temp.Store.StoreDir.Print(direct));
        temp.Reopen();

        Assert.Equal([temp.Store.StoreDir.Print(dead)], Collect(temp, new() { Action = CollectorAction.ReturnDead }).Paths);
        Assert.Equal(new[] { direct, kept, leaf, profile }.Select(temp.Store.StoreDir.Print).Order(StringComparer.Ordinal), Collect(temp, new() { Action = CollectorAction.ReturnLive }).Paths);
        Assert.Equal(TempStore.Lines(temp.ReferenceOk("nix-store", "--gc", "--print-dead")), Collect(temp, new() { Action = CollectorAction.ReturnDead }).Paths);
        CollectorResult result = Collect(temp);
        Assert.Equal([temp.Store.StoreDir.Print(dead)], result.Paths);
        Assert.Equal(4UL, result.BytesFreed);
        Assert.Contains("deleting '" + temp.Store.StoreDir.Print(dead) + "'", temp.Log.At(StoreLogLevel.Info));
        Assert.False(temp.Store.IsValid(dead));
        Assert.False(File.Exists(temp.Store.RealPath(dead)));
        temp.AssertSound();

        File.Delete(temp.Scratch("result"));
        Assert.Equal(2, Collect(temp).Paths.Count);
        Assert.False(temp.Store.IsValid(leaf));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(temp.Options.StateDir + "/gcroots/auto"), link => new FileInfo(link).LinkTarget == temp.Scratch("result"));
        temp.AssertSound();
    }

    [Fact]
    public void RootsAreListedAsTheReferenceLists()
    {
        using var temp = new TempStore();
        StorePath path = temp.AddText("kept", "kept");
        temp.Store.AddPermanentRoot(path, temp.Scratch("result"));
        File.CreateSymbolicLink(temp.Options.StateDir + "/gcroots/direct", temp.Store.StoreDir.Print(path));
        temp.Reopen();
        // Newer versions print the link in quotes.
        string[] expected = TempStore.Lines(temp.ReferenceOk("nix-store", "--gc", "--print-roots").Replace("\"", ""));
        string[] found = [.. temp.Store.FindRoots(censor: false).Select(root => root.Link + " -> " + temp.Store.StoreDir.Print(root.Path)).Order(StringComparer.Ordinal)];
        Assert.Equal(expected.Where(line => !line.StartsWith("/proc/")).Order(StringComparer.Ordinal), found.Where(line => !line.StartsWith("/proc/")));
        Assert.Equal(2, found.Length);
        Assert.Contains(temp.Store.FindRoots(censor: false), root => root.Link == temp.Scratch("result"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void KeepSettingsMeanWhatTheyMeanToTheReference(bool keepOutputs, bool keepDerivations)
    {
        using var temp = new TempStore(options => options with { KeepOutputs = keepOutputs, KeepDerivations = keepDerivations });
        string expression = """
            let d = name: deps: derivation { inherit name deps; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo $deps > $out" ]; };
                a = d "a" []; b = d "b" [ a ]; c = d "c" []; e = d "e" [ c ];
            in [ b e ]
            """;
        string[] drvs = [.. TempStore.Lines(temp.ReferenceOk("nix-instantiate", "--expr", expression))];
        // The outputs as if they had been built.
        var infos = new List<PathInfo>();
        foreach (StorePath drv in temp.Store.AllValid().Where(path => path.IsDerivation))
        {
            StorePath output = temp.Store.DerivationOutputs(drv)[0].Path;
            byte[] nar = AddingTests.Tree(sink => sink.Symlink(System.Text.Encoding.ASCII.GetBytes(drv.BaseName)));
            infos.Add(new PathInfo { Path = output, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length, Deriver = drv });
            temp.Store.AddNar(infos[^1], new MemoryStream(nar));
        }
        StorePath keptOutput = infos.Single(info => info.Path.Name == "b").Path, keptDrv = infos.Single(info => info.Path.Name == "e").Deriver!.Value;
        temp.Store.AddPermanentRoot(keptOutput, temp.Scratch("output"));
        temp.Store.AddPermanentRoot(keptDrv, temp.Scratch("drv"));
        temp.Reopen();
        string[] options = ["--option", "keep-outputs", keepOutputs ? "true" : "false", "--option", "keep-derivations", keepDerivations ? "true" : "false"];
        foreach (var (action, flag) in new[] { (CollectorAction.ReturnLive, "--print-live"), (CollectorAction.ReturnDead, "--print-dead") })
        {
            string[] expected = [.. TempStore.Lines(temp.ReferenceOk("nix-store", ["--gc", flag, .. options])).Order(StringComparer.Ordinal)];
            Assert.Equal(expected, Collect(temp, new() { Action = action }).Paths);
        }
        int live = Collect(temp, new() { Action = CollectorAction.ReturnLive }).Paths.Count;
        Collect(temp);
        Assert.Equal(live, temp.Store.AllValid().Count);
        temp.AssertSound();
    }

    [Fact]
    public void OwnTempRootsKeepPathsFromTheReference()
    {
        using var temp = new TempStore();
        StorePath path = temp.AddText("kept", "kept");
        Assert.Contains("0 store paths deleted", temp.ReferenceOk("nix-store", "--gc"));
        Assert.True(File.Exists(temp.Store.RealPath(path)));
        Assert.Empty(Collect(temp).Paths);
        temp.Reopen();
        Assert.Empty(Directory.EnumerateFileSystemEntries(temp.Options.StateDir + "/temproots"));
        Assert.Contains("1 store paths deleted", temp.ReferenceOk("nix-store", "--gc"));
    }

    [Fact]
    public void StaleTempRootsAreRemoved()
    {
        using var temp = new TempStore();
        StorePath path = temp.AddText("dead", "dead");
        temp.Reopen();
        string file = temp.Options.StateDir + "/temproots/999999999";
        File.WriteAllText(file, temp.Store.StoreDir.Print(path) + "\0");
        Assert.Equal([temp.Store.StoreDir.Print(path)], Collect(temp).Paths);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task AddingGoesOnWhileTheReferenceCollects()
    {
        using var temp = new TempStore();
        StorePath dead = temp.AddText("dead", "dead");
        temp.Reopen();
        // Enough leftovers to keep it busy for a while.
        for (int i = 0; i < 8_000; i++) File.WriteAllText(temp.RealStore + "/" + new string('0', 32) + "-" + i, "");
        Task<TempStore.Outcome> collecting = Task.Run(() => temp.Reference("nix-store", ["--gc"]));
        while (File.Exists(temp.RealStore + "/" + new string('0', 32) + "-" + 1) && File.Exists(temp.RealStore + "/" + new string('0', 32) + "-" + 7_999)) await Task.Delay(5);
        StorePath added = await Task.Run(() => temp.AddText("new", "new")).WaitAsync(TimeSpan.FromSeconds(30));
        bool still = !collecting.IsCompleted;
        Assert.Equal(0, (await collecting).Exit);
        Assert.True(still, "the collector was too quick for this test");
        Assert.Contains("sending GC root '" + temp.Store.StoreDir.Print(added) + "'", temp.Log.At(StoreLogLevel.Debug));
        Assert.True(temp.Store.IsValid(added));
        Assert.False(temp.Store.IsValid(dead));
        temp.AssertSound();
    }

    [Fact]
    public async Task TheReferenceGoesOnAddingWhileThisCollects()
    {
        string pipe = "";
        using var temp = new TempStore(options => options with { CollectorTestPause2 = options.StateDir + "/pause" });
        temp.Store.Open();
        pipe = temp.Options.CollectorTestPause2!;
        System.Diagnostics.Process.Start("mkfifo", [pipe])!.WaitForExit();
        StorePath shared = temp.AddText("shared", "shared");
        temp.Reopen();
        File.WriteAllText(temp.Scratch("shared"), "shared");
        File.WriteAllText(temp.Scratch("other"), "other");
        Task<CollectorResult> collecting = Task.Run(() => Collect(temp));
        using (var writer = new FileStream(pipe, FileMode.Open, FileAccess.Write))
        {
            TempStore.Outcome added = temp.Reference("nix-store", ["--add", temp.Scratch("other")]);
            Assert.True(added.Exit == 0, added.Error);
            Assert.True(temp.Store.IsValid(temp.Store.StoreDir.Parse(added.Out.Trim())));
            writer.Close();
            Assert.Equal([temp.Store.StoreDir.Print(shared)], (await collecting.WaitAsync(TimeSpan.FromSeconds(30))).Paths);
            // The root that came over the socket is gone with its process, the path is not.
            Assert.True(temp.Store.IsValid(temp.Store.StoreDir.Parse(added.Out.Trim())));
        }
        temp.AssertSound();
    }

    [Fact]
    public void RunningProcessesAreRoots()
    {
        using var temp = new TempStore();
        StorePath used = temp.AddText("used", "used"), dead = temp.AddText("dead", "dead");
        temp.Reopen();
        var start = new System.Diagnostics.ProcessStartInfo("sleep", ["60"]);
        start.Environment["SOMETHING"] = "x:" + temp.Store.StoreDir.Print(used) + "/bin:y";
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        try
        {
            Thread.Sleep(100);
            Assert.Contains(new Root(used, "/proc/" + process.Id + "/environ"), temp.Store.FindRoots(censor: false));
            Assert.Contains(new Root(used, "{censored}"), temp.Store.FindRoots(censor: true));
            Assert.Equal([temp.Store.StoreDir.Print(dead)], Collect(temp).Paths);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void SpecificPathsGoOnlyWhenNothingKeepsThem()
    {
        using var temp = new TempStore();
        StorePath leaf = temp.AddText("leaf", "leaf"), referrer = temp.AddText("referrer", "referrer", leaf);
        temp.Reopen();
        var error = Assert.Throws<StoreException>(() => Collect(temp, new() { Action = CollectorAction.DeleteSpecific, Paths = [leaf] }));
        Assert.StartsWith("Cannot delete path '" + temp.Store.StoreDir.Print(leaf) + "' since it is still alive.", error.Message);
        Assert.Equal(2, temp.Store.AllValid().Count);
        temp.Store.AddPermanentRoot(referrer, temp.Scratch("result"));
        temp.Reopen();
        Assert.Throws<StoreException>(() => Collect(temp, new() { Action = CollectorAction.DeleteSpecific, Paths = [referrer] }));
        Assert.Equal([temp.Store.StoreDir.Print(referrer)], Collect(temp, new() { Action = CollectorAction.DeleteSpecific, Paths = [referrer], IgnoreLiveness = true }).Paths);
        Assert.Equal([temp.Store.StoreDir.Print(leaf)], Collect(temp, new() { Action = CollectorAction.DeleteSpecific, Paths = [leaf] }).Paths);
        temp.AssertSound();
    }

    [Fact]
    public void StopsWhenEnoughIsFree()
    {
        using var temp = new TempStore();
        for (int i = 0; i < 10; i++) temp.AddText("text-" + i, new string('x', 1000 + i));
        temp.Reopen();
        CollectorResult result = Collect(temp, new() { MaxFreed = 2500 });
        Assert.Equal(3, result.Paths.Count);
        Assert.Contains("deleted more than 2500 bytes; stopping", temp.Log.At(StoreLogLevel.Info));
        Assert.Equal(7, temp.Store.AllValid().Count);
        Assert.Empty(Collect(temp, new() { MaxFreed = 0 }).Paths);
        temp.AssertSound();
    }

    [Fact]
    public void LeftoversGo()
    {
        using var temp = new TempStore();
        temp.Store.Open();
        string half = temp.RealStore + "/" + new string('0', 32) + "-half";
        Directory.CreateDirectory(half + "/x");
        File.WriteAllText(half + "/x/y", "z");
        File.SetUnixFileMode(half + "/x", (UnixFileMode)0x16d);
        File.WriteAllText(temp.RealStore + "/.tmp-link-1-2", "");
        string held = temp.RealStore + "/tmp-1-1";
        Directory.CreateDirectory(held);
        using (Posix.Descriptor descriptor = Posix.Files.OpenDirectory(held))
        {
            Locks.FileLock.Take(descriptor.Value, Locks.LockKind.Exclusive);
            Assert.Equal(["/nix/store/" + new string('0', 32) + "-half", "/nix/store/.tmp-link-1-2"], Collect(temp).Paths.Order(StringComparer.Ordinal).Reverse().OrderBy(path => path.Contains(".tmp")));
            Assert.True(Directory.Exists(held));
        }
        Assert.Equal(["/nix/store/tmp-1-1"], Collect(temp).Paths);
        Assert.Equal([".links"], Directory.EnumerateFileSystemEntries(temp.RealStore).Select(Path.GetFileName));
    }

    [Fact]
    public void EqualFilesAreSharedAndUnshared()
    {
        using var temp = new TempStore();
        StorePath a = temp.AddText("a", "the same text"), b = temp.AddText("b", "the same text");
        string tree = temp.Scratch("tree");
        Directory.CreateDirectory(tree);
        File.WriteAllText(tree + "/c", "the same text");
        File.WriteAllText(tree + "/x", "the same text");
        File.SetUnixFileMode(tree + "/x", (UnixFileMode)0x1ed);
        StorePath c = temp.Store.Add(new Source { Name = "tree", File = tree }).Path;
        OptimiseResult result = temp.Store.Optimise();
        Assert.Equal(new OptimiseResult(2, 26), result);
        ulong Inode(string path) => Posix.Files.Stat(Posix.Files.WorkingDirectory, Posix.Files.Bytes(path)).Inode;
        Assert.Equal(Inode(temp.Store.RealPath(a)), Inode(temp.Store.RealPath(b)));
        Assert.Equal(Inode(temp.Store.RealPath(a)), Inode(temp.Store.RealPath(c) + "/c"));
        Assert.NotEqual(Inode(temp.Store.RealPath(a)), Inode(temp.Store.RealPath(c) + "/x"));
        Assert.Equal(new OptimiseResult(0, 0), temp.Store.Optimise());
        Assert.Contains("0.0 KiB freed by hard-linking 0 files", temp.Reference("nix-store", ["--optimise"]).Error.Replace("0.00 MiB", "0.0 KiB"));
        temp.AssertSound();
        temp.Reopen();
        Collect(temp);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temp.RealStore + "/.links"));
    }

    [Fact]
    public void LittleFreeSpaceStartsACollectionWhileAdding()
    {
        string space = Path.GetTempFileName();
        using var temp = new TempStore(options => options with { MinFree = 10_000, MaxFree = 20_000, MinFreeCheckInterval = System.TimeSpan.Zero, FreeSpaceFile = space });
        File.WriteAllText(space, "50000\n");
        StorePath old = temp.AddText("old", "old");
        temp.Reopen();
        StorePath other = temp.AddText("other", "other");
        Assert.True(temp.Store.IsValid(old));
        File.WriteAllText(space, "5000\n");
        StorePath added = temp.AddText("new", "new");
        Assert.Contains("running auto-GC to free 15000 bytes", temp.Log.At(StoreLogLevel.Info));
        // What this process added stays.
        Assert.Equal(new[] { other, added }.Order(), temp.Store.AllValid());
        // It made nothing free, says the file: so there is no use in another.
        temp.AddText("newer", "newer");
        Assert.Single(temp.Log.Messages, message => message.Message.StartsWith("running auto-GC"));
        File.WriteAllText(space, "1000\n");
        temp.AddText("newest", "newest");
        Assert.Equal(2, temp.Log.Messages.Count(message => message.Message.StartsWith("running auto-GC")));
        temp.AssertSound();
        File.Delete(space);
    }

    [Fact]
    public void EnoughFreeSpaceStartsNone()
    {
        string space = Path.GetTempFileName();
        File.WriteAllText(space, "5000\n");
        using var temp = new TempStore(options => options with { MinFree = 10_000, MaxFree = 4_000, MinFreeCheckInterval = System.TimeSpan.Zero, FreeSpaceFile = space });
        temp.AddText("a", "a");
        temp.Reopen();
        temp.AddText("b", "b");
        Assert.Equal(2, temp.Store.AllValid().Count);
        File.Delete(space);
    }
}
