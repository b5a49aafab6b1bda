using System.IO;
using System.Linq;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Builds without a sandbox, in a store whose paths are what they seem.</summary>
public sealed class UnsandboxedTests
{
    private static Workshop Make() => new(s => s with { Sandbox = SandboxMode.Off }, logicalIsReal: true);

    [Fact]
    public void Outputs_are_built_where_they_belong()
    {
        using Workshop w = Make();
        StorePath d = w.Script("d", "test $NIX_BUILD_TOP = $PWD; test -d /etc; mkdir $out; echo $out > $out/self; echo $out > $dev", outputs: ["out", "dev"]);
        w.Build(d);
        Assert.Equal(w.Print(w.OutputOf(d)) + "\n", w.Text(w.OutputOf(d), "self"));
        Assert.Equal([w.OutputOf(d)], w.Store.Find(w.OutputOf(d, "dev"))!.References);
        Assert.Empty(w.Leftovers());
        Assert.Contains("exit code 1", w.Fail(w.Script("bad", "echo x > $out; exit 1")).Message);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void What_is_valid_is_built_beside_and_corrected()
    {
        using Workshop w = Make();
        StorePath d = w.Script("d", "mkdir $out; echo $out > $out/self; echo $v; ln -s $out/self $out/l", [("v", "text")]);
        w.Build(d);
        w.Builder.RealiseAll([new DerivedPath.Built(d)], BuildMode.Check);
        Assert.Empty(w.Leftovers());
        File.SetUnixFileMode(w.Store.RealPath(w.OutputOf(d)), (UnixFileMode)0x1ff);
        File.Delete(w.Store.RealPath(w.OutputOf(d)) + "/self");
        w.Builder.RealiseAll([new DerivedPath.Built(d)], BuildMode.Repair);
        Assert.Equal(w.Print(w.OutputOf(d)) + "\n", w.Text(w.OutputOf(d), "self"));
        Assert.False(w.Store.Verify(checkContents: true, null));
        Assert.Empty(w.Leftovers());
        StorePath random = w.Script("random", "cat /proc/sys/kernel/random/uuid > $out");
        w.Build(random);
        Assert.Equal(104, w.Fail(random, BuildMode.Check).ExitCode);
        Assert.Empty(w.Leftovers());
    }
}
