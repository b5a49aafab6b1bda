using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Store.Local.Tests;

/// <summary>Locks that both implementations take on one store: each waits for the other.</summary>
public class SharingTests
{
    private static readonly TimeSpan s_while = TimeSpan.FromMilliseconds(800), s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Whether the lock could be had by somebody else now.</summary>
    private static bool IsFree(string file, bool exclusive)
    {
        using Process flock = Process.Start("flock", ["-n", exclusive ? "-x" : "-s", file, "true"])!;
        flock.WaitForExit();
        return flock.ExitCode == 0;
    }

    [Fact]
    public async Task TheReferenceWaitsForALockOnAPath()
    {
        using var temp = new TempStore();
        temp.Store.Open();
        File.WriteAllText(temp.Scratch("file"), "text");
        StorePath path = temp.Store.Compute(new Source { Name = "file", File = temp.Scratch("file") }).Path;
        Task<TempStore.Outcome> adding;
        using (IOutputLock held = temp.Store.Lock([path]))
        {
            adding = Task.Run(() => temp.Reference("nix-store", ["--add", temp.Scratch("file")]));
            await Task.Delay(s_while);
            Assert.False(adding.IsCompleted);
            Assert.False(temp.Store.IsValid(path));
        }
        Assert.Equal(0, (await adding.WaitAsync(s_limit)).Exit);
        Assert.True(temp.Store.IsValid(path));
        temp.AssertSound();
    }

    [Fact]
    public async Task ALockOnAPathOfTheReferenceIsSeen()
    {
        using var temp = new TempStore();
        string pipe = temp.Pipe("go");
        string expression = """derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "read line < /go; echo $line > $out" ]; }""";
        string derivation = temp.ReferenceOk("nix-instantiate", "--expr", expression).Trim();
        StorePath output = temp.Store.DerivationOutputs(temp.Store.StoreDir.Parse(derivation))[0].Path;
        Task<TempStore.Outcome> building = Task.Run(() => temp.Reference("nix-store", ["--realise", derivation, "--option", "sandbox-paths", "/bin/sh=/bin/busybox /go=" + pipe, "--option", "build-users-group", ""]));
        // Opening the pipe waits until the builder reads: then the reference is in the middle of its work.
        await Task.Run(async () =>
        {
            await using var writer = new FileStream(pipe, FileMode.Open, FileAccess.Write);
            Assert.Null(temp.Store.TryLock([output]));
            writer.Write("done\n"u8);
        }).WaitAsync(s_limit);
        TempStore.Outcome built = await building.WaitAsync(s_limit);
        Assert.True(built.Exit == 0, built.Error);
        using (IOutputLock? free = temp.Store.TryLock([output])) Assert.NotNull(free);
        Assert.True(temp.Store.IsValid(output));
        temp.AssertSound();
    }

    [Fact]
    public async Task OnlyOneCollectorWorks()
    {
        using var temp = new TempStore();
        StorePath dead = temp.AddText("dead", "dead");
        temp.Reopen();
        string pipe = temp.Pipe("pause");
        Task<TempStore.Outcome> collecting = Task.Run(() => temp.Reference("nix-store", ["--gc"], null, ("_NIX_TEST_GC_SYNC", pipe), ("_NIX_TEST_GC_SYNC_2", pipe)));
        Task<CollectorResult> own;
        // Opening it waits until the reference, which has the lock then, reads; older versions know the first name only.
        using (FileStream writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write)).WaitAsync(s_limit))
        {
            Assert.False(IsFree(temp.Options.StateDir + "/gc.lock", exclusive: false));
            own = Task.Run(() =>
            {
                var result = new CollectorResult();
                temp.Store.Collect(new CollectorRequest(), result);
                return result;
            });
            await Task.Delay(s_while);
            Assert.False(own.IsCompleted);
        }
        Assert.Equal(0, (await collecting.WaitAsync(s_limit)).Exit);
        Assert.Empty((await own.WaitAsync(s_limit)).Paths);
        Assert.False(temp.Store.IsValid(dead));
        Assert.Contains("waiting for the big garbage collector lock...", temp.Log.At(StoreLogLevel.Error));
        temp.AssertSound();
    }

    [Fact]
    public void TheDatabaseIsNotConvertedUnderAnybody()
    {
        using var temp = new TempStore();
        string bigLock = temp.Options.StateDir + "/db/big-lock";
        temp.Store.Open();
        Assert.True(IsFree(bigLock, exclusive: false));
        Assert.False(IsFree(bigLock, exclusive: true));
        temp.Store.Dispose();
        Assert.True(IsFree(bigLock, exclusive: true));
    }

    [Fact]
    public void TheReserveIsWhereTheReferenceHasIt()
    {
        using var ours = new TempStore(options => options with { ReservedSpace = 1 << 19 });
        ours.Store.Open();
        Assert.Equal(1 << 19, new FileInfo(ours.Options.StateDir + "/db/reserved").Length);
        // Older versions make the file larger, and never smaller.
        ours.ReferenceOk("nix-store", "--init", "--option", "gc-reserved-space", (1 << 20).ToString());
        Assert.Equal(1 << 20, new FileInfo(ours.Options.StateDir + "/db/reserved").Length);
        ours.Reopen();
        ours.Store.Collect(new CollectorRequest(), new CollectorResult());
        Assert.False(File.Exists(ours.Options.StateDir + "/db/reserved"));
    }
}
