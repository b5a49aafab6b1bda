using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Commands as users call them.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private string Succeeds(string command, params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run(command, arguments);
        Assert.True(outcome.Status == 0, $"{command} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome.Output.TrimEnd('\n');
    }

    [Theory]
    [InlineData("nix")]
    [InlineData("nix-build")]
    [InlineData("nix-store")]
    public void Version_is_that_of_Nix(string command) => Assert.Equal(command + " (Nix) 2.34.8", Succeeds(command, "--version"));

    [Fact]
    public void Values_are_printed_in_each_form()
    {
        const string Expression = "{ a = 1; b = [ \"x\" 1.5 ]; }";
        Assert.Equal("{ a = 1; b = [ \"x\" 1.5 ]; }", Succeeds("nix-instantiate", "--eval", "--strict", "-E", Expression));
        Assert.Equal("{\"a\":1,\"b\":[\"x\",1.5]}", Succeeds("nix-instantiate", "--eval", "--strict", "--json", "-E", Expression));
        Assert.Contains("<int value=\"1\" />", Succeeds("nix-instantiate", "--eval", "--strict", "--xml", "-E", Expression), StringComparison.Ordinal);
        Assert.Equal("2", Succeeds("nix-instantiate", "--eval", "-E", "{ x, y ? 1 }: x + y", "--arg", "x", "1"));
    }

    [Fact]
    public void Nixpkgs_is_the_shipped_collection_where_nothing_else_is_configured() =>
        Assert.Equal("\"hello\"", Succeeds("nix-instantiate", "--eval", "-E", "(import <nixpkgs> { }).hello.pname"));

    [Fact]
    public void Generations_are_made_switched_rolled_back_and_deleted()
    {
        string profile = Path.Combine(_firn.Work, "profile");
        string one = Succeeds("nix-store", "--add", _firn.Write("one", "1"));
        string two = Succeeds("nix-store", "--add", _firn.Write("two", "2"));
        Succeeds("nix-env", "-p", profile, "--set", one);
        Succeeds("nix-env", "-p", profile, "--set", two);
        Assert.Equal("profile-2-link", new FileInfo(profile).LinkTarget);
        Succeeds("nix-env", "-p", profile, "--rollback");
        Assert.Equal("profile-1-link", new FileInfo(profile).LinkTarget);
        Succeeds("nix-env", "-p", profile, "--switch-generation", "2");
        Assert.Equal("profile-2-link", new FileInfo(profile).LinkTarget);
        Succeeds("nix-env", "-p", profile, "--delete-generations", "1");
        Assert.False(Path.Exists(profile + "-1-link"));
        Assert.Equal(1, _firn.Run("nix-env", "-p", profile, "--rollback").Status);
    }

    [Fact]
    public void What_a_link_keeps_is_not_collected()
    {
        string file = _firn.Write("text.nix", """
            { kept = derivation { name = "kept"; system = "builtin"; builder = "builtin:fetchurl"; url = "file://" + toString ./payload;
                outputHash = builtins.hashFile "sha256" ./payload; outputHashAlgo = "sha256"; outputHashMode = "flat"; }; }
            """);
        _firn.Write("payload", "kept\n");
        string kept = Succeeds("nix-build", file, "-A", "kept", "--option", "sandbox", "false");
        string dropped = Succeeds("nix-store", "--add", _firn.Write("dropped", "dropped\n"));
        Succeeds("nix-collect-garbage");
        string root = Path.Combine(_firn.Directory, "store");
        Assert.True(File.Exists(root + kept));
        Assert.False(File.Exists(root + dropped));
        Succeeds("nix-store", "--verify", "--check-contents");
    }
}
