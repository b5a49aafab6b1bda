using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Programs of the administrator that build for other systems, and variables that he sets for builds.</summary>
public sealed class ExternalBuilderTests
{
    private const string Foreign = "z80-cpm";

    private static BuildSettings With(BuildSettings settings, string script)
    {
        string program = Path.Combine(Directory.CreateTempSubdirectory("firn-external-").FullName, "program");
        File.WriteAllText(program, "#!/bin/sh\nset -eu\n" + script);
        File.SetUnixFileMode(program, (UnixFileMode)0x1ed);
        return settings with { Sandbox = SandboxMode.Off, ExternalBuilders = [new ExternalBuilder([Foreign], program, ["first"])] };
    }

    private static BuildSettings Enabled(BuildSettings settings) => settings with { Features = new HashSet<string> { "external-builders" } };

    [Fact]
    public void The_program_builds_for_its_system()
    {
        using Workshop w = new(
            s => Enabled(With(s, """
                test "$1" = first
                python3 - "$2" <<'END'
                import json, os, sys
                told = json.load(open(sys.argv[1]))
                assert told["version"] == 1 and told["system"] == "z80-cpm", told
                assert told["tmpDirInSandbox"] == "/build" and told["env"]["NIX_BUILD_TOP"] == "/build", told
                assert os.getcwd() == told["tmpDir"] == told["topTmpDir"] + "/build", told
                assert told["builder"].endswith("/bin/busybox") and told["args"][:2] == ["sh", "-euc"], told
                assert len(told["inputPaths"]) == 1, told
                open(told["outputs"]["out"], "w").write(told["env"]["text"])
                END
                """)),
            logicalIsReal: true);
        StorePath d = w.Script("foreign", "exit 1", [("text", "from outside")], platform: Foreign);
        w.Build(d);
        Assert.Equal("from outside", w.Text(w.OutputOf(d)));
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Its_failure_is_that_of_the_build()
    {
        using Workshop w = new(s => Enabled(With(s, "echo no luck; exit 3\n")), logicalIsReal: true);
        Assert.Contains("failed with exit code 3", w.Fail(w.Script("foreign", "exit 1", platform: Foreign)).Message);
        Assert.Equal("no luck", w.Log);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void It_has_to_be_enabled()
    {
        using Workshop w = new(s => With(s, "exit 0\n"), logicalIsReal: true);
        Assert.Contains("experimental Nix feature 'external-builders' is disabled", w.Fail(w.Script("foreign", "exit 1", platform: Foreign)).Message);
    }

    [Fact]
    public void Variables_of_the_configuration_go_before_those_of_the_caller()
    {
        using Workshop w = new(s => s with { ImpureEnvironment = new Dictionary<string, string> { ["FROM_CALLER"] = "configured" } });
        StorePath d = w.Script("env", "printf %s \"$FROM_CALLER\" > $out", [("impureEnvVars", "FROM_CALLER")],
            output: new DerivationOutput.Fixed(new ContentAddress(ContentAddressMethod.Flat, Hash.Sha256(Encoding.UTF8.GetBytes("configured")))));
        w.Build(d);
        Assert.Equal("configured", w.Text(w.OutputOf(d)));
    }
}
