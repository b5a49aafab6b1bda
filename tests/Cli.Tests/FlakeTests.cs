using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Flakes from the command line: references, lock files and registries.</summary>
public sealed class FlakeTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public FlakeTests()
    {
        File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command flakes\nflake-registry =\n");
        foreach (string name in (ReadOnlySpan<string>)["AUTHOR", "COMMITTER"])
        {
            _firn.Variables[$"GIT_{name}_NAME"] = "a";
            _firn.Variables[$"GIT_{name}_EMAIL"] = "a@b";
            _firn.Variables[$"GIT_{name}_DATE"] = "2020-01-01T00:00:00Z";
        }
    }

    public void Dispose() => _firn.Dispose();

    [Fact]
    public void Inputs_are_locked_once_and_called_when_needed()
    {
        Flake("leaf", "{ outputs = { self }: { v = 1; bad = throw \"never\"; }; }");
        Flake("files", "no flake at all");
        Flake("top", $$"""
            {
              inputs.leaf.url = "path:{{_firn.Work}}/leaf";
              inputs.files = { url = "path:{{_firn.Work}}/files"; flake = false; };
              outputs = { self, leaf, files }: { v = leaf.v + 1; text = builtins.readFile (files + "/flake.nix"); inherit (self) outPath; };
            }
            """);
        Outcome first = Eval("./top#v");
        Assert.Equal("2\n", first.Output);
        Assert.Contains("Added input 'leaf'", first.Error, StringComparison.Ordinal);
        string locks = File.ReadAllText(Path.Combine(_firn.Work, "top", "flake.lock"));
        Assert.Contains("\"flake\": false", locks, StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "\"no flake at all\"\n", ""), Eval("./top#text"));

        // What is locked stays what it is.
        Flake("leaf", "{ outputs = { self }: { v = 5; }; }");
        Assert.Equal(new Outcome(0, "2\n", ""), Eval("./top#v"));
        Assert.Equal("6\n", Eval("--update-input", "leaf", "./top#v").Output);
        Assert.NotEqual(locks, File.ReadAllText(Path.Combine(_firn.Work, "top", "flake.lock")));
    }

    [Fact]
    public void Inputs_follow_others_and_lie_beside_others()
    {
        Flake("leaf", "{ outputs = { self }: { v = \"leaf\"; }; }");
        Flake("other", "{ outputs = { self }: { v = \"other\"; }; }");
        Flake("mid", $$"""{ inputs.leaf.url = "path:{{_firn.Work}}/leaf"; outputs = { self, leaf }: { inherit (leaf) v; }; }""");
        Flake("top", $$"""
            {
              inputs.mid = { url = "path:{{_firn.Work}}/mid"; inputs.leaf.follows = "other"; };
              inputs.other.url = "path:{{_firn.Work}}/other";
              inputs.near.url = "path:./near";
              outputs = { self, mid, other, near }: { inherit (mid) v; n = near.v; p = near.sourceInfo.outPath == self.outPath && baseNameOf near.outPath == "near"; };
            }
            """);
        Flake("top/near", "{ outputs = { self }: { v = \"near\"; }; }");
        Assert.Equal("\"other\"\n", Eval("./top#v").Output);
        Assert.Equal(new Outcome(0, "\"near\"\n", ""), Eval("./top#n"));
        Assert.Equal(new Outcome(0, "true\n", ""), Eval("./top#p"));
        Assert.Equal("\"leaf\"\n", Eval("--no-write-lock-file", "--override-input", "mid/leaf", "./leaf", "./top#v").Output);
    }

    [Fact]
    public void Locks_are_made_updated_and_shown()
    {
        Flake("leaf", "{ outputs = { self }: { v = 1; }; }");
        Flake("top", $$"""{ description = "a top"; inputs.leaf.url = "path:{{_firn.Work}}/leaf"; outputs = { self, leaf }: { inherit (leaf) v; }; }""");
        Outcome made = _firn.Run("nix", "flake", "lock", "./top");
        Assert.Equal((0, ""), (made.Status, made.Output));
        Assert.Contains("Added input 'leaf'", made.Error, StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "", ""), _firn.Run("nix", "flake", "lock", "./top"));

        Flake("leaf", "{ outputs = { self }: { v = 2; }; }");
        Assert.Equal("1\n", Eval("./top#v").Output);
        Outcome updated = _firn.Run("nix", "flake", "update", "leaf", "--flake", "./top");
        Assert.Contains("Updated input 'leaf'", updated.Error, StringComparison.Ordinal);
        Assert.Equal("2\n", Eval("./top#v").Output);
        Assert.Contains("'nosuch' does not match any input of this flake", _firn.Run("nix", "flake", "update", "nosuch", "--flake", "./top").Error, StringComparison.Ordinal);

        using JsonDocument metadata = JsonDocument.Parse(_firn.Succeeds(false, "nix", "flake", "metadata", "--json", "./top"));
        JsonElement root = metadata.RootElement;
        Assert.Equal("a top", root.GetProperty("description").GetString());
        Assert.Equal("leaf", root.GetProperty("locks").GetProperty("nodes").GetProperty("root").GetProperty("inputs").GetProperty("leaf").GetString());
        Assert.Equal(64, root.GetProperty("fingerprint").GetString()!.Length);
        Assert.Contains($"└───leaf: path:{_firn.Work}/leaf?", _firn.Succeeds(false, "nix", "flake", "metadata", "./top"), StringComparison.Ordinal);
    }

    [Fact]
    public void Trees_are_fetched_without_being_flakes()
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, "tree"));
        _firn.Write("tree/file", "contents");
        using JsonDocument fetched = JsonDocument.Parse(_firn.Succeeds(
            false, "nix", "flake", "prefetch", "--json", $"path:{_firn.Work}/tree", "--out-link", Path.Combine(_firn.Work, "link")));
        string path = fetched.RootElement.GetProperty("storePath").GetString()!;
        Assert.Equal("contents", _firn.Succeeds(false, "nix", "store", "cat", path + "/file"));
        Assert.Equal(new FileInfo(Path.Combine(_firn.Work, "link")).LinkTarget, path);
        Assert.Equal(fetched.RootElement.GetProperty("hash").GetString(), fetched.RootElement.GetProperty("locked").GetProperty("narHash").GetString());
        Assert.Contains("Downloaded 'path:", _firn.Run("nix", "flake", "prefetch", $"path:{_firn.Work}/tree").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Repositories_are_found_around_a_path()
    {
        Flake("repo/sub", "{ outputs = { self }: { rev = self.rev or null; dirty = self.dirtyRev or null; n = self.revCount or 0; }; }");
        Git("repo", "init", "-q", "-b", "main");
        Outcome untracked = Eval("./repo/sub#n");
        Assert.Contains("is not tracked by Git", untracked.Error, StringComparison.Ordinal);
        Git("repo", "add", ".");
        Git("repo", "commit", "-q", "-m", "one");
        string rev = Git("repo", "rev-parse", "HEAD").Trim();
        Assert.Equal(new Outcome(0, $"\"{rev}\"\n", ""), Eval("./repo/sub#rev"));
        Assert.Equal(new Outcome(0, "1\n", ""), Eval($"git+file://{_firn.Work}/repo?dir=sub#n"));
        Assert.Equal(new Outcome(0, $"\"{rev}\"\n", ""), _firn.Run("nix", "eval", "--expr", $"(builtins.getFlake \"git+file://{_firn.Work}/repo?dir=sub&rev={rev}\").rev"));
        File.AppendAllText(Path.Combine(_firn.Work, "repo/sub/flake.nix"), "# more");
        Outcome dirty = Eval("./repo/sub#dirty");
        Assert.Equal($"\"{rev}-dirty\"\n", dirty.Output);
        Assert.Equal($"warning: Git tree '{_firn.Work}/repo' is dirty\n", dirty.Error);
    }

    [Fact]
    public void Pure_evaluation_wants_exact_flakes()
    {
        Flake("leaf", "{ outputs = { self }: { v = 1; }; }");
        string expression = $"(builtins.getFlake \"path:{_firn.Work}/leaf\").v";
        Outcome pure = _firn.Run("nix", "eval", "--expr", expression);
        Assert.Equal(1, pure.Status);
        Assert.Contains("cannot call 'getFlake' on unlocked flake reference", pure.Error, StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "1\n", ""), _firn.Run("nix", "eval", "--impure", "--expr", expression));
    }

    [Fact]
    public void Registries_give_names_to_flakes()
    {
        Flake("leaf", "{ outputs = { self }: { v = 1; }; }");
        Assert.Equal(new Outcome(0, "", ""), _firn.Run("nix", "registry", "add", "leafy", $"path:{_firn.Work}/leaf"));
        Assert.Equal(new Outcome(0, $"user   flake:leafy path:{_firn.Work}/leaf\n", ""), _firn.Run("nix", "registry", "list"));
        Assert.Equal(new Outcome(0, "1\n", ""), Eval("leafy#v"));
        Assert.Equal(new Outcome(0, $"path:{_firn.Work}/leaf\n", ""), _firn.Run("nix", "registry", "resolve", "leafy"));

        // Who else evaluates a flake does not have the user's registry.
        Flake("top", "{ outputs = { self, leafy }: { inherit (leafy) v; }; }");
        Assert.Contains("cannot find flake 'flake:leafy' in the flake registries", Eval("./top#v").Error, StringComparison.Ordinal);
        Assert.Equal("1\n", Eval("--override-flake", "leafy", $"path:{_firn.Work}/leaf", "./top#v").Output);
        Assert.Equal(new Outcome(0, "", ""), _firn.Run("nix", "registry", "remove", "leafy"));
        Assert.Equal(new Outcome(0, "", ""), _firn.Run("nix", "registry", "list"));
    }

    [Theory]
    [InlineData("{ outputs = { self }: { }; more = 1; }", "has an unsupported attribute 'more'")]
    [InlineData("{ inputs.x.url = \"a\" + \"b\"; outputs = { self }: { }; }", "expected a string or a path but got a thunk")]
    [InlineData("let x = 1; in { outputs = { self }: { }; }", "must be an attribute set")]
    [InlineData("{ description = \"d\"; }", "lacks attribute 'outputs'")]
    [InlineData("{ outputs = { self }: { w = 1; }; }", "does not provide attribute 'packages.x86_64-linux.v', 'legacyPackages.x86_64-linux.v' or 'v'")]
    [InlineData("{ outputs = { self }: { v = builtins.readFile /etc/passwd; }; }", "access to absolute path '/etc/passwd' is forbidden in pure evaluation mode")]
    public void What_is_wrong_with_a_flake_is_said(string flake, string message)
    {
        Flake("f", flake);
        Outcome outcome = Eval("--system", "x86_64-linux", "./f#v");
        Assert.Equal(1, outcome.Status);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private Outcome Eval(params ReadOnlySpan<string> arguments) => _firn.Run("nix", ["eval", .. arguments]);

    private void Flake(string folder, string text)
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, folder));
        _firn.Write(folder + "/flake.nix", text);
    }

    private string Git(string folder, params ReadOnlySpan<string> arguments)
    {
        List<string> all = ["-C", Path.Combine(_firn.Work, folder), .. arguments];
        Outcome outcome = _firn.Run("git", [.. all]);
        Assert.Equal(0, outcome.Status);
        return outcome.Output;
    }
}
