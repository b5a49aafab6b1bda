using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Users of builds, of which a machine has one set for all its stores.</summary>
public sealed class BuildUserTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    [Fact]
    public void BuildsInDifferentStoresHaveDifferentUsers()
    {
        // Only root can be somebody else.
        if (Environment.UserName != "root")
        {
            return;
        }

        // Not below a directory that all may write to.
        string builds = Directory.CreateDirectory("/var/lib/firn-builds-" + Guid.NewGuid()).FullName, state = _firn.Directory + "/state";
        _firn.Variables["NIX_STATE_DIR"] = state;
        _firn.Write("x.nix", """
            derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "read x y z < /proc/self/uid_map; echo $y > $out" ]; }
            """);
        Directory.CreateDirectory(state + "/userpool2");
        try
        {
            // Another process, with whatever store, has the first of them.
            using FileStream held = new(state + "/userpool2/slot-0", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
            Outcome done = _firn.Run("nix-build", "x.nix", "--no-out-link", "--option", "build-dir", builds, "--option", "sandbox-paths", "/bin/sh=/bin/busybox",
                "--option", "sandbox", "true", "--option", "experimental-features", "auto-allocate-uids", "--option", "auto-allocate-uids", "true");
            Assert.Equal((0, ""), (done.Status, done.Status == 0 ? "" : done.Error));
            Assert.Equal($"{872415232 + 65536}\n", File.ReadAllText(_firn.Directory + "/store" + done.Output.Trim()));
        }
        finally
        {
            Directory.Delete(builds, recursive: true);
        }
    }
}
