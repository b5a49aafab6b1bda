using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Derivations;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Shells.Development;
using Xunit;

namespace Firn.Shells.Tests;

/// <summary>Recording what a shell has, and giving it to another one.</summary>
public sealed class RecordingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-shells-test.").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void All_that_has_a_form_comes_back()
    {
        BashEnvironment environment = Record(
            """
            export EXPORTED='a "b" \c'
            plain=$'tab\tline\nreturn\r bell\a'
            name=mine line=mine item=mine
            declare -a list=(1 "2 3" $'x\ny')
            declare -a item_list=()
            declare -A table=([k]=v ["a b"]=$'c\nd')
            declare -i number=3
            declare -r fixed=1
            BASH_OWN=1 COMP_OWN=1
            f() { echo "{ $1 }"; }
            """);
        Assert.Equal(new BashVariable.Text("a \"b\" \\c", true), environment.Variables["EXPORTED"]);
        Assert.Equal(new BashVariable.Text("tab\tline\nreturn\r bell\a", false), environment.Variables["plain"]);
        foreach (string hidden in (ReadOnlySpan<string>)["name", "line", "item"])
        {
            Assert.Equal(new BashVariable.Text("mine", false), environment.Variables[hidden]);
        }

        Assert.Equal(["1", "2 3", "x\ny"], Assert.IsType<BashVariable.Array>(environment.Variables["list"]).Items);
        Assert.Empty(Assert.IsType<BashVariable.Array>(environment.Variables["item_list"]).Items);
        Assert.Equal(new Dictionary<string, string> { ["k"] = "v", ["a b"] = "c\nd" }, Assert.IsType<BashVariable.Table>(environment.Variables["table"]).Items);
        foreach (string absent in (ReadOnlySpan<string>)["number", "fixed", "BASH_OWN", "COMP_OWN", "RANDOM", "PWD", "_recordedVariables"])
        {
            Assert.DoesNotContain(absent, environment.Variables.Keys);
        }

        Assert.Equal(" \n    echo \"{ $1 }\"\n", environment.Functions["f"]);
        Assert.Single(environment.Functions);
    }

    [Fact]
    public void Another_shell_gets_the_same()
    {
        BashEnvironment environment = Record("export X=\"it's\"; declare -a a=(1 '2 3'); declare -A t=([k]='v w'); f() { echo \"$X ${a[1]} ${t[k]}\"; }; shellHook='f; echo $PATH'; PATH=/own; export HOME=/nowhere");
        string file = Path.Combine(_directory, "rc");
        File.WriteAllText(file, new DevelopmentScript(environment).ToString());
        Assert.Equal("it's 2 3 v w\n/own:/usr/bin:/bin\n/home\n", Bash($". {file}; echo $HOME", ("PATH", "/usr/bin:/bin"), ("HOME", "/home")));
    }

    [Fact]
    public void Outputs_are_moved_and_the_first_move_counts()
    {
        DevelopmentScript script = new(Record("other=$out/x; outputs=out"));
        script.MoveOutputs("/here");
        script.Move(_directory + "/out", "/there");
        Assert.Contains("other='/here/out/x'\n", script.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_directory + "/out", script.ToString(), StringComparison.Ordinal);
        Assert.True(script.Mentions(_directory + "/out"));
        Assert.False(script.Mentions("/not/there"));
    }

    [Fact]
    public void Structured_attributes_come_along()
    {
        File.WriteAllText(Path.Combine(_directory, ".attrs.sh"), $"declare -A outputs=([out]='{_directory}/out' [dev]='{_directory}/dev')\ndeclare mine='1'\n");
        File.WriteAllText(Path.Combine(_directory, ".attrs.json"), "{\"mine\":1}");
        BashEnvironment environment = Record("", ("NIX_ATTRS_SH_FILE", _directory + "/.attrs.sh"), ("NIX_ATTRS_JSON_FILE", _directory + "/.attrs.json"));
        Assert.Equal("{\"mine\":1}", environment.Attributes!.Value.Json);
        Assert.Equal([("dev", _directory + "/dev"), ("out", _directory + "/out")], environment.Outputs());
        Assert.Equal("", File.ReadAllText(Path.Combine(_directory, Filled("dev") ? "out" : "dev")));

        DevelopmentScript script = new(environment);
        IReadOnlyList<(string Path, string Contents)> files = script.MoveAttributes("/new");
        Assert.Equal(["/new/.attrs.sh", "/new/.attrs.json"], [files[0].Path, files[1].Path]);
        Assert.Contains("NIX_ATTRS_JSON_FILE='/new/.attrs.json'\n", script.ToString(), StringComparison.Ordinal);

        ByteBuffer json = new();
        environment.Write(new JsonTextWriter(json));
        BashEnvironment again = BashEnvironment.Parse(json.Span.ToArray());
        Assert.Equal(environment.Attributes, again.Attributes);
        Assert.Equal(environment.Variables.Keys, again.Variables.Keys);
        Assert.Equal(environment.ToBash(new HashSet<string>()), again.ToBash(new HashSet<string>()));
    }

    [Fact]
    public void The_derivation_differs_in_what_it_runs_and_checks()
    {
        StoreDir dir = new("/nix/store");
        StorePath script = dir.Parse("/nix/store/00000000000000000000000000000000-get-env.sh");
        Derivation derivation = new()
        {
            Name = "d",
            Platform = "x86_64-linux",
            Builder = "/bin/bash"u8.ToArray(),
            Arguments = ["-e"u8.ToArray()],
            Outputs = [new NamedOutput("out", new DerivationOutput.Deferred())],
            Environment =
            [
                new EnvironmentVariable("allowedReferences"u8.ToArray(), ""u8.ToArray()),
                new EnvironmentVariable("name"u8.ToArray(), "d"u8.ToArray()),
                new EnvironmentVariable("out"u8.ToArray(), ""u8.ToArray()),
            ],
        };
        Derivation made = EnvironmentRecording.Of(derivation, script, dir, static _ => throw new InvalidOperationException());
        Assert.Equal("d-env", made.Name);
        Assert.Equal("d-env", Encoding.UTF8.GetString(made.Variable("name"u8)!));
        Assert.Null(made.Variable("allowedReferences"u8));
        Assert.Equal(script, Assert.Single(made.InputSources));
        Assert.Equal(dir.Print(script), Encoding.UTF8.GetString(Assert.Single(made.Arguments)));
        StorePath output = Assert.IsType<DerivationOutput.InputAddressed>(made.Output("out")).Path;
        Assert.Equal(dir.Print(output), Encoding.UTF8.GetString(made.Variable("out"u8)!));

        Derivation wrapped = new() { Name = "d", Platform = "x", Builder = "/bin/env"u8.ToArray(), Arguments = ["A=bash"u8.ToArray(), "/bin/bash"u8.ToArray(), "x"u8.ToArray()], Outputs = derivation.Outputs };
        Assert.Equal(
            ["A=bash", "/bin/bash", dir.Print(script)],
            EnvironmentRecording.Of(wrapped, script, dir, static _ => throw new InvalidOperationException()).Arguments.Select(Encoding.UTF8.GetString));

        Derivation other = new() { Name = "d", Platform = "x", Builder = "/bin/sh"u8.ToArray(), Outputs = derivation.Outputs };
        Assert.Equal(
            "'nix develop' only works on derivations that use 'bash' as their builder",
            Assert.Throws<ShellException>(() => EnvironmentRecording.Of(other, script, dir, static _ => throw new InvalidOperationException())).Message);
    }

    private bool Filled(string name) => new FileInfo(Path.Combine(_directory, name)).Length > 0;

    /// <summary>Has the script record an environment that a setup made.</summary>
    private BashEnvironment Record(string setup, params ReadOnlySpan<(string Name, string Value)> more)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "stdenv"));
        File.WriteAllText(Path.Combine(_directory, "stdenv", "setup"), setup);
        string script = Path.Combine(_directory, "script");
        File.WriteAllBytes(script, EnvironmentRecording.Script());
        Bash($". {script}", [("out", _directory + "/out"), ("stdenv", _directory + "/stdenv"), ("TMPDIR", _directory), .. more]);
        return BashEnvironment.Parse(File.ReadAllBytes(Path.Combine(_directory, more.Length > 0 && Filled("dev") ? "dev" : "out")));
    }

    private static string Bash(string command, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        ProcessStartInfo start = new("/bin/bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process bash = Process.Start(start)!;
        string output = bash.StandardOutput.ReadToEnd();
        string error = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.True(bash.ExitCode == 0, error);
        return output;
    }
}
