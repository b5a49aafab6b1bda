using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Builds whose builders are this program once more, in a sandbox within the sandbox.</summary>
public sealed class NestedBuildTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    /// <summary>A program outside the store needs what it is linked to shown to it, as here; one in the store has its closure.</summary>
    [Fact]
    public void ASandboxFitsIntoASandbox()
    {
        string paths = $"/bin/sh=/bin/busybox /bin/busybox /usr /lib /lib64 {Path.GetDirectoryName(FirnProcess.Bin)}";
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", $"sandbox = true\nsandbox-paths = {paths}\n");
        _firn.Write("nested.nix", $$"""
            { depth }:
            derivation {
              name = "nested-${toString depth}";
              system = builtins.currentSystem;
              builder = "/bin/sh";
              args = [ "-euc" (if depth == 0 then "echo innermost as $(/usr/bin/id -u) > $out" else ''
                export PATH={{FirnProcess.Bin}}:/usr/bin HOME=$PWD NIX_CONF_DIR=$PWD
                printf '%s\n' 'sandbox = true' 'substituters =' 'sandbox-paths = {{paths}}' > nix.conf
                made=$(nix-build ${builtins.path { path = __curPos.file; name = "nested.nix"; } } --arg depth ${toString (depth - 1)} --store $PWD/s --no-out-link)
                cat $PWD/s$made > $out
              '') ];
            }
            """);
        Outcome done = _firn.Run("nix-build", "nested.nix", "--arg", "depth", "3", "--no-out-link");
        Assert.Equal((0, ""), (done.Status, done.Status == 0 ? "" : done.Error));
        Assert.Equal("innermost as 1000\n", File.ReadAllText(_firn.Directory + "/store" + done.Output.Trim()));
    }
}
