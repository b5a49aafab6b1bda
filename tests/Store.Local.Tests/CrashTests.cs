using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Store.Local.Tests;

public class CrashTests
{
    // Most of a round is starting the process; so the number can be raised for a long run.
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("FIRN_CRASH_ROUNDS") ?? "100");

    [Fact]
    public void KilledAtAnyInstantLeavesASoundStore()
    {
        using var temp = new TempStore();
        var random = new Random(20240607);
        int valid = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int seed = random.Next();
            using Process child = ChildProcess.Start([], "work", temp.Root, seed.ToString());
            int turns = random.Next(8);
            for (int turn = 0; turn <= turns; turn++) Assert.Equal(turn.ToString(), child.StandardOutput.ReadLine());
            System.Threading.Thread.Sleep(random.Next(15));
            Assert.False(child.HasExited, child.HasExited ? child.StandardError.ReadToEnd() : "");
            child.Kill();
            child.WaitForExit();

            using var after = new LocalStore(temp.Options);
            Assert.False(after.Verify(checkContents: true, repairer: null), "round " + round + ", seed " + seed + ": " + string.Join('\n', temp.Log.At(StoreLogLevel.Error)));
            Assert.DoesNotContain(temp.Log.Messages, message => message.Message.Contains("disappeared"));
            valid += after.AllValid().Count;
            if (round % 25 == 24) temp.AssertSound();
        }
        temp.AssertSound();
        Assert.True(valid > 0);
        // What crashes left over goes with the next collection: nothing lies in the store that is not valid.
        temp.Store.Collect(new CollectorRequest(), new CollectorResult());
        Assert.Equal(temp.Store.AllValid().Select(path => path.BaseName), Directory.EnumerateFileSystemEntries(temp.RealStore).Select(path => Path.GetFileName(path)!).Where(name => name != ".links").Order(StringComparer.Ordinal));
        temp.AssertSound();
    }

    [Fact]
    public void FullDiskIsAnErrorAndCanBeCollected()
    {
        using var temp = new TempStore();
        string place = temp.Scratch("small");
        Directory.CreateDirectory(place);
        string script = "mount -t tmpfs -o size=6m none " + place + " && exec \"$@\"";
        using Process child = ChildProcess.Start(["unshare", "-rm", "sh", "-c", script, "sh"], "fill", place);
        string output = child.StandardOutput.ReadToEnd() + child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("No space left on device", output);
    }
}
