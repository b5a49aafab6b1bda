using System;
using System.IO;
using System.Text.Json;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>The subcommands of <c>nix</c> as users call them.</summary>
public sealed class NixCommandTests : IDisposable
{
    private const string Package = "derivation { name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; outputs = [ \"out\" \"dev\" ]; }";

    private readonly FirnProcess _firn = new();

    public NixCommandTests() => File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command\n");

    public void Dispose() => _firn.Dispose();

    private string Succeeds(params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run("nix", arguments);
        Assert.True(outcome.Status == 0, $"nix {string.Join(' ', arguments.ToArray())} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome.Output.TrimEnd('\n');
    }

    private string Fails(params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run("nix", arguments);
        Assert.Equal(1, outcome.Status);
        return outcome.Error;
    }

    [Fact]
    public void Commands_need_their_feature() => Assert.Equal(
        "error: experimental Nix feature 'nix-command' is disabled; add '--extra-experimental-features nix-command' to enable it\n",
        Fails("--experimental-features", "", "eval", "--expr", "1"));

    [Fact]
    public void Values_are_printed_whole_or_raw_or_as_JSON()
    {
        Assert.Equal("{ a = 1; f = «lambda f @ «string»:1:14»; }", Succeeds("eval", "--expr", "{ a = 1; f = x: x; }"));
        Assert.Equal("2", Succeeds("eval", "--expr", "{ a = 1; }", "a", "--apply", "x: x + 1"));
        Assert.Equal("text", Succeeds("eval", "--raw", "--expr", "\"text\""));
        Assert.Equal("{\"a\":[1,null]}", Succeeds("eval", "--json", "--expr", "{ a = [ 1 null ]; }"));
    }

    [Fact]
    public void Evaluation_is_pure_unless_a_file_or_a_flag_says_otherwise()
    {
        string file = _firn.Write("time.nix", "builtins.currentTime > 0");
        Assert.Contains("attribute 'currentTime' missing", Fails("eval", "--expr", "builtins.currentTime"), StringComparison.Ordinal);
        Assert.Equal("true", Succeeds("eval", "--impure", "--expr", "builtins.currentTime > 0"));
        Assert.Equal("true", Succeeds("eval", "--file", file));
    }

    [Fact]
    public void Sets_of_strings_become_files()
    {
        string target = Path.Combine(_firn.Work, "written");
        Succeeds("eval", "--write-to", target, "--expr", "{ a = \"1\"; b.c = \"2\"; }");
        Assert.Equal("2", File.ReadAllText(Path.Combine(target, "b", "c")));
        Assert.Contains("already exists", Fails("eval", "--write-to", target, "--expr", "\"\""), StringComparison.Ordinal);
    }

    [Fact]
    public void Derivations_are_shown_and_added_again()
    {
        string shown = Succeeds("derivation", "show", "--expr", Package);
        using JsonDocument document = JsonDocument.Parse(shown);
        JsonProperty derivation = Assert.Single(document.RootElement.GetProperty("derivations").EnumerateObject());
        Assert.EndsWith("-x.drv", derivation.Name, StringComparison.Ordinal);
        Outcome added = _firn.RunWithInput(derivation.Value.GetRawText(), "nix", "derivation", "add");
        Assert.Equal("/nix/store/" + derivation.Name + "\n", added.Output);
        Assert.Contains("Expected JSON object to contain key 'version'", _firn.RunWithInput("{\"name\":\"x\"}", "nix", "derivation", "add").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_are_chosen_behind_a_caret()
    {
        string all = Succeeds("build", "--dry-run", "--json", "--expr", Package);
        Assert.Contains("-x-dev", all, StringComparison.Ordinal);
        string one = Succeeds("build", "--dry-run", "--json", "--expr", Package, ".^out");
        Assert.DoesNotContain("-x-dev", one, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_builds_end_with_1_and_are_told_of_one_by_one()
    {
        const string Failing = "builtins.mapAttrs (name: _: derivation { inherit name; system = \"x86_64-linux\"; builder = \"/no/such/program\"; }) { a = 1; b = 2; }";
        string one = Fails("build", "--no-link", "--expr", Failing, "a");
        Assert.Contains("\n       Reason: ", one, StringComparison.Ordinal);
        string two = Fails("build", "--no-link", "--keep-going", "--expr", Failing, "a", "b");
        Assert.Matches("error: build of '.*\\.drv\\^out', '.*\\.drv\\^out' failed", two);
        Assert.Equal(3, System.Text.RegularExpressions.Regex.Count(two, "^error:", System.Text.RegularExpressions.RegexOptions.Multiline));
    }

    [Fact]
    public void Hashes_are_converted()
    {
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Succeeds("hash", "convert", "--to", "base16", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
        Assert.Equal("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Succeeds("hash", "file", _firn.Write("empty", "")));
    }

    [Fact]
    public void BLAKE3_needs_its_feature()
    {
        string file = _firn.Write("empty", "");
        const string empty = "blake3-rxNJufX5oaagQE3qNtzJSZvLJcmtwRK3zJqTyuQfMmI=";
        foreach (string[] arguments in (string[][])[["hash", "file", "--type", "blake3", file], ["hash", "path", "--algo", "blake3", file], ["hash", "convert", empty], ["hash", "to-base16", empty], ["store", "add", "--hash-algo", "blake3", file]])
        {
            Assert.EndsWith("error: experimental Nix feature 'blake3-hashes' is disabled; add '--extra-experimental-features blake3-hashes' to enable it\n", Fails(arguments), StringComparison.Ordinal);
            Succeeds(["--extra-experimental-features", "blake3-hashes", .. arguments]);
        }
    }

    [Fact]
    public void Settings_are_shown()
    {
        Assert.Equal("4242", Succeeds("config", "show", "cores", "--cores", "4242"));
        Assert.Contains("\nwarn-dirty = true\n", Succeeds("config", "show"), StringComparison.Ordinal);
        Assert.Equal("error: could not find setting 'nope'\n", Fails("config", "show", "nope"));
    }

    [Fact]
    public void Files_are_prefetched()
    {
        string url = "file://" + _firn.Write("payload", "payload\n");
        Outcome classic = _firn.Run("nix-prefetch-url", url, "--print-path");
        string[] lines = classic.Output.TrimEnd('\n').Split('\n');
        using JsonDocument document = JsonDocument.Parse(Succeeds("store", "prefetch-file", "--json", url));
        Assert.Equal(lines[1], document.RootElement.GetProperty("storePath").GetString());
        Assert.Equal(document.RootElement.GetProperty("hash").GetString(), Succeeds("hash", "convert", "--hash-algo", "sha256", lines[0]));
    }

    [Fact]
    public void Help_and_completion_know_the_commands()
    {
        Assert.Contains("nix hash convert", Succeeds("hash", "--help"), StringComparison.Ordinal);
        Assert.Contains("--apply expr", Succeeds("eval", "--help"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_remembers_what_was_defined()
    {
        Outcome outcome = _firn.RunWithInput("x = 1\ninherit (builtins) add;\nadd x\n  2\n:t x\n:a { y = \"two\"; }\ny\nlet\n  z = 3;\nin z\n:foo\n", "nix", "repl");
        Assert.Equal(0, outcome.Status);
        string said = System.Text.RegularExpressions.Regex.Replace(outcome.Output, "\x1b\\[[0-9;]*m", "");
        Assert.Contains("nix-repl> add x\n", said, StringComparison.Ordinal);
        Assert.Contains("an integer\n", said, StringComparison.Ordinal);
        Assert.Contains("\"two\"\n", said, StringComparison.Ordinal);
        Assert.Contains("nix-repl> let\n        >   z = 3;\n        > in z\n3\n", said, StringComparison.Ordinal);
        Assert.Contains("error: unknown command ':foo'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Added 1 variables.", outcome.Error, StringComparison.Ordinal);
    }
}
