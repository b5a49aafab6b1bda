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
        Assert.Contains($"└───\e[1mleaf\e[0m: path:{_firn.Work}/leaf?", _firn.Succeeds(false, "nix", "flake", "metadata", "./top"), StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_are_shown_as_a_tree_or_as_json()
    {
        Flake("f", $$"""
            {
              outputs = { self }: {
                packages.x86_64-linux.default = {{Derivation("one")}};
                packages.other-system.default = throw "not looked at";
                packages.empty-system = { };
                checks.x86_64-linux.two = {{Derivation("two")}};
                apps.x86_64-linux.run = { type = "app"; program = "/p"; meta.description = "runs"; };
                legacyPackages.x86_64-linux = { bad = throw "bad"; three = {{Derivation("three")}}; };
                overlays.default = final: prev: { };
                more = throw "not looked at";
              };
            }
            """);
        string tree = _firn.Succeeds(false, "nix", "flake", "show", "--system", "x86_64-linux", "./f");
        string plain = System.Text.RegularExpressions.Regex.Replace(tree, "\e\\[[0-9;]*m", "");
        Assert.StartsWith($"path:{_firn.Work}/f?lastModified=", plain, StringComparison.Ordinal);
        Assert.EndsWith("""
            ├───apps
            │   └───x86_64-linux
            │       └───run: app: runs
            ├───checks
            │   └───x86_64-linux
            │       └───two: derivation 'two'
            ├───legacyPackages
            │   └───x86_64-linux omitted (use '--legacy' to show)
            ├───more: unknown
            ├───overlays
            │   └───default: Nixpkgs overlay
            └───packages
                ├───other-system
                │   └───default omitted (use '--all-systems' to show)
                └───x86_64-linux
                    └───default: package 'one'
            """, plain, StringComparison.Ordinal);
        Assert.Equal(
            """
            {"apps":{"x86_64-linux":{"run":{"description":"runs","type":"app"}}},"checks":{"x86_64-linux":{"two":{"description":"","name":"two","type":"derivation"}}},"legacyPackages":{"x86_64-linux":{"bad":{},"three":{"description":"","name":"three","type":"derivation"}}},"more":{"type":"unknown"},"overlays":{"default":{"type":"nixpkgs-overlay"}},"packages":{"other-system":{"default":{}},"x86_64-linux":{"default":{"description":"","name":"one","type":"derivation"}}}}
            """,
            _firn.Succeeds(false, "nix", "flake", "show", "--json", "--legacy", "--system", "x86_64-linux", "./f"));
    }

    [Theory]
    [InlineData("overlay = finalll: prev: { };", "overlay does not take an argument named 'final'")]
    [InlineData("overlays.x.y = final: prev: { };", "overlay is not a function, but a set instead")]
    [InlineData("packages.x86_64-linux.p = 3;", "flake attribute 'packages.x86_64-linux.p' is not a derivation")]
    [InlineData("packages.system.p = 3;", "'system' is not a valid system type")]
    [InlineData("apps.x86_64-linux.p = { type = \"app\"; program = \"x\"; more = 1; };", "app 'apps.x86_64-linux.p' has unsupported attribute 'more'")]
    [InlineData("nixosModules.m = assert false; { };", "while checking the NixOS module 'nixosModules.m'")]
    [InlineData("templates.t = { path = ./nosuch; description = \"d\"; };", "refers to a non-existent path")]
    public void What_is_wrong_with_outputs_is_said(string output, string message)
    {
        Flake("f", $"{{ outputs = {{ self }}: {{ {output} }}; }}");
        Outcome outcome = _firn.Run("nix", "flake", "check", "--system", "x86_64-linux", "./f");
        Assert.Equal((1, ""), (outcome.Status, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Checks_go_on_after_errors_and_leave_out_other_systems()
    {
        Flake("f", "{ outputs = { self }: { packages.a-b.p = 1; packages.c-d.q = 2; lib = throw \"x\"; unheard = 1; }; }");
        Outcome outcome = _firn.Run("nix", "flake", "check", "--no-build", "--keep-going", "--all-systems", "./f");
        Assert.Equal(1, outcome.Status);
        Assert.Contains("while checking the derivation 'packages.a-b.p'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("while checking the derivation 'packages.c-d.q'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("warning: unknown flake output 'unheard'", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("error: some errors were encountered during the evaluation\n", outcome.Error, StringComparison.Ordinal);

        Flake("f", "{ outputs = { self }: { packages.a-b.p = 1; packages.c-d.q = 2; }; }");
        outcome = _firn.Run("nix", "flake", "check", "./f");
        Assert.Equal(0, outcome.Status);
        Assert.EndsWith(
            "all checks passed!\nwarning: The check omitted these incompatible systems: a-b, c-d\nUse '--all-systems' to check all.\n",
            outcome.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_are_copied_beside_what_is_there()
    {
        Flake("templates", "{ outputs = { self }: { templates.default = { path = ./files; description = \"d\"; }; }; }");
        Directory.CreateDirectory(Path.Combine(_firn.Work, "templates/files/sub"));
        _firn.Write("templates/files/flake.nix", "{ outputs = { self }: { }; }");
        _firn.Write("templates/files/sub/a", "one");
        string[] create = ["flake", "new", "-t", $"path:{_firn.Work}/templates", "./made"];
        Outcome made = _firn.Run("nix", create);
        Assert.Equal(0, made.Status);
        Assert.Contains($"wrote: \"{_firn.Work}/made/sub/a\"", made.Error, StringComparison.Ordinal);
        Assert.Equal("one", File.ReadAllText(Path.Combine(_firn.Work, "made/sub/a")));
        Assert.Contains("skipping identical file", _firn.Run("nix", create).Error, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(_firn.Work, "made/sub/a"), "two");
        Outcome again = _firn.Run("nix", create);
        Assert.Equal(1, again.Status);
        Assert.Contains($"refusing to overwrite existing file \"{_firn.Work}/made/sub/a\"", again.Error, StringComparison.Ordinal);
        Assert.Contains("encountered 1 conflicts - see above", again.Error, StringComparison.Ordinal);
        Assert.Equal("two", File.ReadAllText(Path.Combine(_firn.Work, "made/sub/a")));
    }

    [Fact]
    public void Flakes_are_cloned_and_archived()
    {
        Flake("leaf", "{ outputs = { self }: { }; }");
        Flake("top", $$"""{ inputs.leaf.url = "path:{{_firn.Work}}/leaf"; outputs = { self, leaf }: { }; }""");
        using JsonDocument archive = JsonDocument.Parse(_firn.Run("nix", "flake", "archive", "--json", "./top").Output);
        string leaf = archive.RootElement.GetProperty("inputs").GetProperty("leaf").GetProperty("path").GetString()!;
        Assert.EndsWith("-source", leaf, StringComparison.Ordinal);
        Assert.NotEqual(leaf, archive.RootElement.GetProperty("path").GetString());

        Assert.Contains("missing flag '--dest'", _firn.Run("nix", "flake", "clone", "./leaf").Error, StringComparison.Ordinal);
        string clone = Path.Combine(_firn.Work, "clone");
        Assert.Equal("", _firn.Succeeds(false, "nix", "flake", "clone", "./leaf", "--dest", clone));
        File.AppendAllText(Path.Combine(clone, "flake.nix"), "# may be changed");
        Assert.Contains("cannot clone into existing path", _firn.Run("nix", "flake", "clone", "./leaf", "--dest", clone).Error, StringComparison.Ordinal);
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

    private static string Derivation(string name) => $$"""derivation { name = "{{name}}"; system = "x86_64-linux"; builder = "/b"; }""";

    [Fact]
    public void Missing_files_are_named_by_where_the_tree_came_from()
    {
        Flake("repo", "{ outputs = { self }: { read = builtins.readFile ./f; call = import ./d; text = \"${./f}\"; there = builtins.pathExists ./f; }; }");
        Git("repo", "init", "-q", "-b", "main");
        Git("repo", "add", ".");
        Git("repo", "commit", "-q", "-m", "one");
        string repository = Path.Combine(_firn.Work, "repo"), rev = Git("repo", "rev-parse", "HEAD").Trim();
        foreach (string attribute in (ReadOnlySpan<string>)["read", "text"])
        {
            Assert.Contains($"error: Path 'f' does not exist in Git repository \"{repository}\".", Eval("./repo#" + attribute).Error, StringComparison.Ordinal);
        }

        string committed = $"git+file://{repository}?ref=main";
        Assert.Contains($"error: '«{committed}&rev={rev}»/f' does not exist", Eval(committed + "#read").Error, StringComparison.Ordinal);
        Assert.Contains($"error: path '«{committed}&rev={rev}»/d' does not exist", Eval(committed + "#call").Error, StringComparison.Ordinal);
        Assert.Equal(new Outcome(0, "false\n", ""), Eval("./repo#there"));
        _firn.Write("repo/f", "x");
        Directory.CreateDirectory(Path.Combine(repository, "d"));
        _firn.Write("repo/d/default.nix", "1");
        Assert.Contains($"error: Path 'f' in the repository \"{repository}\" is not tracked by Git.", Eval("./repo#read").Error, StringComparison.Ordinal);
        Assert.Contains($"git -C \"{repository}\" add \"d\"", Eval("./repo#call").Error, StringComparison.Ordinal);
        Git("repo", "add", ".");
        Assert.Equal("1\n", Eval("./repo#call").Output);
    }

    [Fact]
    public void A_working_tree_with_changes_has_the_fingerprint_that_the_reference_gives_it()
    {
        Flake("repo", "{ outputs = { self }: { }; }");
        _firn.Write("repo/a", "1\n");
        _firn.Write("repo/gone", "1\n");
        Git("repo", "init", "-q", "-b", "main");
        Git("repo", "add", ".");
        Git("repo", "commit", "-q", "-m", "one");
        Assert.Equal("acfbdb84abe292c9201353992c776bf8132507006df17baf08cd8cd7e5836c13", Fingerprint());
        _firn.Write("repo/a", "2\n");
        Directory.CreateDirectory(Path.Combine(_firn.Work, "repo/a.d"));
        Directory.CreateDirectory(Path.Combine(_firn.Work, "repo/b"));
        File.CreateSymbolicLink(Path.Combine(_firn.Work, "repo/a.d/link"), "x");
        string run = _firn.Write("repo/b/run", "x\n");
        File.SetUnixFileMode(run, File.GetUnixFileMode(run) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Git("repo", "rm", "-q", "gone");
        Git("repo", "add", ".");
        Assert.Equal("fd4b8a46c30315295d0d32da0af2562b5ed7f38cec1596710fd701d225474cdb", Fingerprint());
        _firn.Write("repo/a", "3\n");
        Assert.NotEqual("fd4b8a46c30315295d0d32da0af2562b5ed7f38cec1596710fd701d225474cdb", Fingerprint());

        string? Fingerprint()
        {
            using JsonDocument metadata = JsonDocument.Parse(_firn.Succeeds(false, "nix", "flake", "metadata", "--json", "./repo"));
            return metadata.RootElement.GetProperty("fingerprint").GetString();
        }
    }

    [Fact]
    public void A_flake_that_wants_its_submodules_is_locked_with_them_at_its_revision()
    {
        _firn.Variables["GIT_CONFIG_COUNT"] = "1";
        _firn.Variables["GIT_CONFIG_KEY_0"] = "protocol.file.allow";
        _firn.Variables["GIT_CONFIG_VALUE_0"] = "always";
        Flake("part", "{ outputs = { self }: { }; }");
        Git("part", "init", "-q", "-b", "main");
        Git("part", "add", ".");
        Git("part", "commit", "-q", "-m", "one");
        Flake("repo", "{ inputs.self.submodules = true; outputs = { self }: { files = builtins.attrNames (builtins.readDir ./part); }; }");
        Git("repo", "init", "-q", "-b", "main");
        Git("repo", "submodule", "--quiet", "add", Path.Combine(_firn.Work, "part"), "part");
        Git("repo", "add", ".");
        Git("repo", "commit", "-q", "-m", "one");

        // Only the submodule has changes, which the revision that the input is locked to does not have.
        _firn.Write("repo/part/flake.nix", "changed");
        Flake("top", $$"""{ inputs.repo.url = "git+file://{{_firn.Work}}/repo"; outputs = { self, repo }: { inherit (repo) files; }; }""");
        Outcome first = Eval("-vvvv", "./top#files");
        Assert.Equal("[ \"flake.nix\" ]\n", first.Output);
        Assert.Contains("refetching", first.Error, StringComparison.Ordinal);
        Assert.Contains("\"submodules\": true", File.ReadAllText(Path.Combine(_firn.Work, "top/flake.lock")), StringComparison.Ordinal);
        Outcome second = Eval("-vvvv", "./top#files");
        Assert.Equal(0, second.Status);
        Assert.DoesNotContain("refetching", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_references_of_the_cache_are_asked_for_again()
    {
        // The variable makes a local repository be fetched as a remote one.
        _firn.Variables["_NIX_FORCE_HTTP"] = "1";
        Flake("repo", "1");
        Git("repo", "init", "-q", "-b", "main");
        Git("repo", "add", ".");
        Git("repo", "commit", "-q", "-m", "one");
        string expression = $"builtins.readFile ((builtins.fetchGit \"file://{_firn.Work}/repo\") + \"/flake.nix\")";
        Assert.Equal("1", _firn.Succeeds(false, "nix", "eval", "--impure", "--raw", "--expr", expression));
        _firn.Write("repo/flake.nix", "2");
        Git("repo", "commit", "-q", "-a", "-m", "two");
        Assert.Equal("1", _firn.Succeeds(false, "nix", "eval", "--impure", "--raw", "--expr", expression));
        foreach (string cached in Directory.GetDirectories(Path.Combine(_firn.Directory, "home/.cache/nix/gitv3")))
        {
            Git(cached, "pack-refs", "--all");
        }

        Assert.Equal("2", _firn.Succeeds(false, "nix", "eval", "--impure", "--raw", "--expr", expression));
    }

    [Fact]
    public void A_downloaded_registry_outlives_a_collection()
    {
        string registry = _firn.Write("registry.json", """{ "version": 2, "flakes": [ { "from": { "type": "indirect", "id": "known" }, "to": { "type": "path", "path": "/nowhere" } } ] }""");
        string[] list = ["registry", "list", "--flake-registry", "file://" + registry, "--refresh"];
        Assert.Contains("known", _firn.Succeeds(false, "nix", list), StringComparison.Ordinal);
        File.Delete(registry);
        _firn.Succeeds(false, "nix", "store", "gc");
        Assert.Contains("known", _firn.Succeeds(false, "nix", list), StringComparison.Ordinal);
    }

    [Fact]
    public void Classic_commands_take_flakes_for_files()
    {
        Flake("top", "{ outputs = { self }: { }; }");
        _firn.Write("top/default.nix", "{ v = 7; }");
        Assert.Equal("7", _firn.Succeeds(false, "nix-instantiate", "--eval", $"flake:path:{_firn.Work}/top", "-A", "v"));
        Outcome outcome = _firn.Run("nix-instantiate", "--experimental-features", "", "--eval", $"flake:path:{_firn.Work}/top", "-A", "v");
        Assert.Equal(1, outcome.Status);
        Assert.Contains("experimental Nix feature 'flakes' is disabled", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Locks_can_be_read_from_and_written_to_another_place()
    {
        Flake("leaf", "{ outputs = { self }: { v = 1; }; }");
        Flake("top", $$"""{ inputs.leaf.url = "path:{{_firn.Work}}/leaf"; outputs = { self, leaf }: { inherit (leaf) v; }; }""");
        string elsewhere = Path.Combine(_firn.Work, "other.lock");
        _firn.Succeeds(false, "nix", "flake", "lock", "./top", "--output-lock-file", elsewhere);
        Assert.False(File.Exists(Path.Combine(_firn.Work, "top/flake.lock")));
        Flake("leaf", "{ outputs = { self }: { v = 2; }; }");
        Assert.Equal(new Outcome(0, "1\n", ""), Eval("./top#v", "--reference-lock-file", elsewhere));
        _firn.Write("other.lock", "{");
        Assert.Contains($"Could not parse '{elsewhere}'", Eval("./top#v", "--reference-lock-file", elsewhere).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_raw_path_is_that_of_its_copy_in_the_store()
    {
        Flake("top", "{ outputs = { self }: { root = ./.; }; }");
        Assert.Matches("^/nix/store/[a-z0-9]{32}-[a-z0-9]{32}-source$", _firn.Succeeds(false, "nix", "eval", "--raw", "./top#root"));
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
