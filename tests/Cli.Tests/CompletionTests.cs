using System;
using System.Globalization;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>What shells are told when they ask how a word may go on.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public CompletionTests()
    {
        File.AppendAllText(
            Path.Combine(_firn.Directory, "conf", "nix.conf"),
            $"experimental-features = nix-command flakes\nflake-registry = {_firn.Write("registry.json", """{ "version": 2, "flakes": [ { "from": { "type": "indirect", "id": "collection" }, "to": { "type": "path", "path": "/nowhere" } } ] }""")}\n");
        Flake("one", "{ inputs.first.url = \"path:/nowhere\"; inputs.second.url = \"path:/nowhere\"; outputs = i: { }; }");
        Flake("two", "{ outputs = i: { packages.x86_64-linux = { tool = 1; default = 2; }; legacyPackages.x86_64-linux.tools.deep = 3; apps.x86_64-linux.toad = 4; templates.web = { }; }; }");
        Flake("broken", "throw \"never shown\"");
        _firn.Write("set.nix", "{ nested.value = 1; \"nested\\\"odd\" = 2; other = throw \"x\"; }");
    }

    public void Dispose() => _firn.Dispose();

    private void Flake(string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, name));
        _firn.Write(name + "/flake.nix", text);
    }

    /// <summary>The kind and the words for the last word of a line.</summary>
    private string Complete(params string[] words) => CompleteAt(words.Length, words);

    private string CompleteAt(int at, params string[] words)
    {
        _firn.Variables["NIX_GET_COMPLETIONS"] = at.ToString(CultureInfo.InvariantCulture);
        Outcome outcome = _firn.Run("nix", words);
        _firn.Variables.Remove("NIX_GET_COMPLETIONS");
        Assert.Equal("", outcome.Error);
        Assert.Equal(0, outcome.Status);
        return string.Join(' ', Array.ConvertAll(outcome.Output.TrimEnd('\n').Split('\n'), static line => line.Split('\t')[0]));
    }

    [Fact]
    public void Commands_and_flags_are_completed()
    {
        Assert.Equal("normal build bundle", Complete("bu"));
        Assert.Equal("normal metadata", Complete("flake", "metad"));
        Assert.Equal("normal --log-format", Complete("build", "--log-f"));
        Assert.Equal("normal allow-import-from-derivation", Complete("build", "--option", "allow-import-f"));
        Assert.Equal("normal base16 base64", Complete("hash", "convert", "--to", "base"));
        Assert.Equal("normal", Complete("frobnicate", "x"));
    }

    [Fact]
    public void Installables_are_flakes_and_their_outputs()
    {
        Assert.Equal("filenames ./one", Complete("build", "./o"));
        Assert.Equal("filenames collection", Complete("build", "coll"));
        Assert.Equal("filenames flake:collection", Complete("build", "flake:c"));
        Assert.Equal("attrs ./two#tool ./two#tools", Complete("build", "./two#to"));
        Assert.Equal("attrs ./two#tools.deep", Complete("build", "./two#tools."));
        Assert.Equal("attrs ./two#toad ./two#tool ./two#tools", Complete("run", "./two#to"));
        Assert.Equal("attrs ./two#.packages", Complete("build", "./two#.pack"));
        Assert.Equal("attrs ./two# ./two#apps ./two#default ./two#legacyPackages ./two#packages ./two#templates ./two#tool ./two#tools", Complete("build", "./two#"));
        Assert.Equal("attrs ./two#web", Complete("flake", "init", "--template", "./two#we"));
        Assert.Equal("attrs", Complete("build", "./broken#x"));
        Assert.False(File.Exists(Path.Combine(_firn.Work, "one/flake.lock")));
    }

    [Fact]
    public void Attributes_of_files_are_completed()
    {
        Assert.Equal("attrs nested nested\"odd", Complete("eval", "--file", "set.nix", "nes"));
        Assert.Equal("attrs nested.value", Complete("eval", "-f", "set.nix", "nested."));
        Assert.Equal("attrs", Complete("eval", "-f", "set.nix", "other.x"));
    }

    [Fact]
    public void Inputs_are_those_of_the_flakes_on_the_line()
    {
        Assert.Equal("normal first second", Complete("build", "./one", "--override-input", ""));
        Assert.Equal("normal second", CompleteAt(3, "build", "--override-input", "s", "", "./one"));
        Assert.Equal("normal first", Complete("flake", "update", "--flake", "./one", "f"));
        Assert.Equal("filenames ./one", Complete("build", "./one", "--override-input", "first", "./o"));
        _firn.Variables["HOME"] = _firn.Work;
        Assert.Equal("normal first second", Complete("flake", "show", "~/one", "--update-input", ""));
        Assert.Equal("normal", Complete("build", "./broken", "--override-input", ""));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2")]
    [InlineData("x")]
    public void Which_word_is_meant_has_to_be_clear(string at)
    {
        _firn.Variables["NIX_GET_COMPLETIONS"] = at;
        Outcome outcome = _firn.Run("nix", "build");
        Assert.Equal((1, ""), (outcome.Status, outcome.Output));
        Assert.StartsWith($"error: NIX_GET_COMPLETIONS is '{at}'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bash_gets_the_words_that_are_left_to_write()
    {
        string script = Path.Combine(Path.GetDirectoryName(FirnProcess.Bin)!, "share/bash-completion/completions/nix");
        Assert.Equal("build bundle", InBash(script, "nix bu"));
        Assert.Equal("./one", InBash(script, "nix build ./o"));
        Assert.Equal("./two#tool ./two#tools", InBash(script, "nix build ./two#to"));

        // Bash replaces only what is behind the colon.
        Assert.Equal("collection", InBash(script, "nix build flake:coll"));
        Assert.Equal("first second", InBash(script, "nix build ./one --override-input "));
    }

    private string InBash(string script, string line) => _firn.Succeeds(
        false,
        "bash", "-c", "PATH=$3:$PATH; . \"$1\"; COMP_LINE=$2 COMP_POINT=${#2}; _firn_nix_complete; echo \"${COMPREPLY[*]}\"", "bash", script, line, FirnProcess.Bin);
}
