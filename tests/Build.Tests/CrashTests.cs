using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Build.Tests;

public sealed partial class CrashTests
{
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("FIRN_CRASH_ROUNDS") ?? "12");

    [Fact]
    public void Killed_at_any_instant_a_build_leaves_no_process_and_a_sound_store()
    {
        using Workshop w = new();
        List<StorePath> all = BuildingProcess.Write(w);
        Random random = new(20261120);
        for (int round = 0; round < Rounds; round++)
        {
            using Process child = BuildingProcess.Start("build", w.Root);
            Assert.Equal("ready", child.StandardOutput.ReadLine());
            Thread.Sleep(random.Next(400));
            child.Kill();
            child.WaitForExit();
            AssertNoBuilder(w);
            Assert.False(w.Store.Verify(checkContents: true, null), "round " + round);
        }

        w.Build([.. all]);
        foreach (StorePath d in all)
        {
            Assert.True(w.Store.IsValid(w.OutputOf(d)) && w.Store.IsValid(w.OutputOf(d, "dev")));
        }

        Assert.False(w.Store.Verify(checkContents: true, null));
        (int exit, string error) = Reference.Run(w, "nix-store", "--verify", "--check-contents");
        Assert.True(exit == 0, error);
        Assert.DoesNotContain("disappeared", error);
        Assert.DoesNotContain("modified", error);
        // The last run removed what the killed ones left, but for locks of outputs that were valid by then: as with
        // real Nix nobody takes these any more, and they go with the next collection.
        Assert.All(w.Leftovers(), name => Assert.EndsWith(".lock", name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_to_end_leaves_nothing()
    {
        using Workshop w = new();
        using Process child = BuildingProcess.Start("build", w.Root);
        Assert.Equal("ready", child.StandardOutput.ReadLine());
        for (int i = 0; i < 2000 && Builders(w).Count == 0; i++)
        {
            Thread.Sleep(5);
        }

        Assert.NotEmpty(Builders(w));

        Assert.Equal(0, kill(child.Id, 15));
        Assert.Equal("interrupted ", child.StandardOutput.ReadLine());
        child.WaitForExit();
        AssertNoBuilder(w);
        Assert.Empty(w.Leftovers());
    }

    private static void AssertNoBuilder(Workshop w)
    {
        // The kernel needs a moment to end a namespace.
        for (int i = 0; i < 200 && Builders(w).Count > 0; i++)
        {
            Thread.Sleep(25);
        }

        Assert.Empty(Builders(w));
    }

    /// <summary>Processes whose root is a build of this workshop: mounts name it from the top of its own file system.</summary>
    private static List<string> Builders(Workshop w)
    {
        List<string> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (File.ReadAllText(process + "/cmdline").Contains(BuildingProcess.Mark, StringComparison.Ordinal)
                    && File.ReadAllText(process + "/mountinfo").Contains(Path.GetFileName(w.Root), StringComparison.Ordinal))
                {
                    found.Add(process);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or another user's.
            }
        }

        return found;
    }

    [LibraryImport("libc.so.6")]
    private static partial int kill(int pid, int signal);
}
