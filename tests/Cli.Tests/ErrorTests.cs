using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Bad input: one clear error, the exit status of Nix, and never a stack trace of ours.</summary>
public sealed class ErrorTests : IDisposable
{
    private const string WrongHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private static void IsClear(Outcome outcome, int status, params ReadOnlySpan<string> parts)
    {
        Assert.True(status == outcome.Status, $"status {outcome.Status}, not {status}:\n{outcome.Error}");
        Assert.Contains("error:", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Firn", outcome.Error, StringComparison.Ordinal);
        foreach (string part in parts)
        {
            Assert.Contains(part, outcome.Error, StringComparison.Ordinal);
        }
    }

    private string Fetch(string url) => _firn.Write("fetch.nix", $$"""
        derivation {
          name = "file"; system = "builtin"; builder = "builtin:fetchurl"; url = "{{url}}";
          outputHash = "{{WrongHash}}"; outputHashMode = "flat";
        }
        """);

    [Fact]
    public void A_syntax_error_names_file_line_and_column()
    {
        _firn.Write("bad.nix", "{\n  a = 1\n  b = 2;\n}\n");
        IsClear(_firn.Run("nix-instantiate", "--eval", "bad.nix"), 1, "syntax error, unexpected '=', expecting ';'", "bad.nix:3:5", "b = 2;");
    }

    [Fact]
    public void A_missing_file_is_named() =>
        IsClear(_firn.Run("nix-instantiate", "nowhere.nix"), 1, "nowhere.nix");

    [Fact]
    public void What_the_runtime_says_is_said_in_words() =>
        IsClear(_firn.RunWithInput("{bad", "nix", "derivation", "add", "--extra-experimental-features", "nix-command"), 1, "parsing JSON", "'b' is an invalid start of a property name");

    [Fact]
    public void An_unknown_flag_is_named() =>
        IsClear(_firn.Run("nix-build", "--no-such-flag"), 1, "unrecognised flag '--no-such-flag'");

    [Fact]
    public void Endless_recursion_is_an_error() =>
        IsClear(_firn.Run("nix-instantiate", "--eval", "-E", "let f = x: 1 + f x; in f 1"), 1, "stack overflow; max-call-depth exceeded");

    [Fact]
    public void Deeply_nested_source_is_an_error()
    {
        _firn.Write("deep.nix", new string('(', 200_000) + "1" + new string(')', 200_000));
        Outcome evaluated = _firn.Run("nix-instantiate", "--eval", "deep.nix");
        Outcome parsed = _firn.Run("nix-instantiate", "--parse", "deep.nix");
        Assert.True(evaluated.Status is 0 or 1, evaluated.Error);
        Assert.True(parsed.Status is 0 or 1, parsed.Error);
        Assert.DoesNotContain("internal error", evaluated.Error + parsed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_hash_shows_both_and_the_url()
    {
        string file = _firn.Write("payload", "some text\n");
        Outcome outcome = _firn.Run("nix-build", Fetch("file://" + file), "--option", "sandbox", "false");
        IsClear(outcome, 102, "hash mismatch in fixed-output derivation", "specified: " + WrongHash, "got:    sha256-", "payload");
    }

    [Fact]
    public void A_mirror_that_nobody_configured_says_what_to_set() =>
        IsClear(_firn.Run("nix-build", Fetch("mirror://nobody/file")), 1, "no server is known for 'mirror://nobody/file'", "NIX_MIRRORS_nobody");

    [Fact]
    public void A_server_that_does_not_answer_is_named() =>
        IsClear(
            _firn.Run("nix-build", Fetch("http://127.0.0.1:9/file"), "--option", "download-attempts", "1"),
            1,
            "unable to download 'http://127.0.0.1:9/file'");

    [Fact]
    public void A_set_that_holds_itself_is_not_searched_for_ever() =>
        IsClear(
            _firn.Run("nix-instantiate", "-E", "let x = { recurseForDerivations = true; more = x; }; in x"),
            1,
            "stack overflow; max-call-depth exceeded");

    [Fact]
    public void A_builder_that_cannot_be_run_is_an_error()
    {
        string file = _firn.Write("fails.nix", """derivation { name = "fails"; system = builtins.currentSystem; builder = "/no/such/program"; }""");
        IsClear(_firn.Run("nix-build", file), 100, "-fails.drv");
    }

    [Fact]
    public void A_bad_setting_is_named()
    {
        // On the line of a command it is a warning, in a file an error.
        Assert.Equal("warning: setting 'cores' has invalid value 'many'\n", _firn.Run("nix-instantiate", "--option", "cores", "many", "--eval", "-E", "1").Error);
        File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "cores = many\n");
        IsClear(_firn.Run("nix-instantiate", "--eval", "-E", "1"), 1, "setting 'cores' has invalid value 'many'");
    }

    [Fact]
    public void A_store_that_cannot_be_opened_is_named()
    {
        string file = Path.Combine(_firn.Directory, "plain-file");
        File.WriteAllText(file, "");
        IsClear(_firn.Run("nix-store", "--store", file + "/root", "--add", file), 1, "plain-file");
    }
}
