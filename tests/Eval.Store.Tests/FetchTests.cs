using System;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Store.Tests;

public sealed class FetchTests
{
    [Fact]
    public void A_file_is_fetched_and_its_hash_checked()
    {
        using Session session = new();
        string url = "file://" + session.Write("y", "firn");
        // The path of a flat file, as builtins.path makes it.
        string expected = session.Text($$"""builtins.path { path = {{session.Root}}/y; recursive = false; }""");
        Assert.Equal(expected, session.Text($"builtins.fetchurl \"{url}\""));
        Assert.Equal(expected, session.Context($"builtins.fetchurl {{ url = \"{url}\"; sha256 = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; }}"));
        EvalError error = Assert.Throws<EvalError>(() => session.Text($"builtins.fetchurl {{ url = \"{url}\"; sha256 = \"0000000000000000000000000000000000000000000000000000\"; }}"));
        Assert.Equal(102, error.ExitStatus);
        Assert.Equal(
            $"hash mismatch in file downloaded from '{url}':\n  specified: sha256:0000000000000000000000000000000000000000000000000000\n  got:       sha256:1qk881m7grkalffaicwwvlji5d6ms88la98nhzf573h3xl8h7bwz",
            error.Message);
    }

    [Fact]
    public void What_is_valid_is_not_fetched()
    {
        using Session session = new();
        session.Write("y", "firn");
        string path = session.Text($$"""builtins.path { path = {{session.Root}}/y; recursive = false; }""");
        Assert.Equal(path, session.Text("builtins.fetchurl { url = \"http://nowhere.invalid/y\"; sha256 = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; }"));
    }

    [Theory]
    [InlineData("{ }", "'url' argument required")]
    [InlineData("{ url = \"http://x.invalid/a\"; odd = 1; }", "unsupported argument 'odd' to 'fetchurl'")]
    [InlineData("\"http://x.invalid/a b\"", "invalid store path name when fetching URL 'http://x.invalid/a b': name 'a b' contains illegal character ' '. Please pass an attribute set with 'url' and 'name' attributes to 'fetchurl',  so that it can create a valid store path.")]
    public void Bad_arguments_are_refused(string arguments, string message)
    {
        using Session session = new();
        Assert.Equal(message, Assert.Throws<EvalError>(() => session.Text($"builtins.fetchurl {arguments}")).Message);
    }

    [Fact]
    public void An_archive_is_unpacked_without_its_only_directory()
    {
        using Session session = new();
        session.Write("tree/top/x", "firn");
        Directory.CreateDirectory(session.Root + "/named");
        File.Copy(session.Root + "/tree/top/x", session.Root + "/named/x");
        string archive = session.Root + "/a.tar.gz";
        using (FileStream file = File.Create(archive))
        using (GZipStream gzip = new(file, CompressionLevel.Fastest))
        {
            TarFile.CreateFromDirectory(session.Root + "/tree", gzip, false);
        }

        Assert.Equal(
            session.Text($$"""builtins.path { path = {{session.Root}}/named; name = "source"; }"""),
            session.Text($"fetchTarball \"file://{archive}\""));
    }

    [Fact]
    public void A_commit_and_a_working_tree_are_fetched()
    {
        using Session session = new();
        string repository = session.Root + "/repository";
        session.Write("repository/hello", "hello");
        Git(repository, "init", "--quiet", "--initial-branch=main");
        Git(repository, "add", "hello");
        Git(repository, "commit", "--quiet", "-m", "one");
        string rev = Git(repository, "rev-parse", "HEAD").Trim();
        session.Write("repository/untracked", "not part of it");

        // The paths are those that Nix 2.34 computes.
        const string Clean = "/nix/store/g3ryz9ij9wgpm2xaginwfcsp8dinn4gm-source";
        Assert.Equal(Clean, session.Text($"(fetchGit {repository}).outPath"));
        Assert.Equal(rev, session.Text($"(fetchGit {repository}).rev"));
        Assert.Equal("20231114221320", session.Text($"(fetchGit {repository}).lastModifiedDate"));
        Assert.Equal(1, ((VInt)session.Evaluate($"(fetchGit {repository}).revCount")).Number);
        Assert.Empty(session.Io.Messages);

        session.Write("repository/hello", "hellomore");
        using Session later = new();
        Assert.Equal("/nix/store/dbh81gfn2amq73vzpksvzdxl6nszgri0-source", later.Text($"(fetchGit {repository}).outPath"));
        Assert.Equal($"{rev[..7]}-dirty", later.Text($"(fetchGit {repository}).dirtyShortRev"));
        Assert.Equal(new string('0', 40), later.Text($"(fetchGit {repository}).rev"));
        Assert.Equal([$"warning: Git tree '{repository}' is dirty"], later.Io.Messages);
        Assert.Equal(Clean, later.Text($"(fetchGit {{ url = \"file://{repository}\"; rev = \"{rev}\"; }}).outPath"));
        Assert.Equal(Clean, later.Text($"(fetchGit {{ url = {repository}; ref = \"main\"; }}).outPath"));
        Assert.Equal(Clean, later.Text($"(fetchGit {{ url = \"file://{repository}\"; ref = \"main\"; submodules = true; }}).outPath"));
        Assert.Equal(
            "resolving Git reference 'none': revspec 'none' not found (libgit2 error code = 4)",
            Assert.Throws<EvalError>(() => later.Text($"(fetchGit {{ url = {repository}; ref = \"none\"; }}).outPath")).Message);
        Assert.Equal("invalid Git branch/tag name '--upload-pack=x'", Assert.Throws<EvalError>(() => later.Text($"(fetchGit {{ url = {repository}; ref = \"--upload-pack=x\"; }}).outPath")).Message);
    }

    private static string Git(string directory, params string[] arguments)
    {
        ProcessStartInfo start = new("git", ["-C", directory, "-c", "user.name=n", "-c", "user.email=a@b", .. arguments]) { RedirectStandardOutput = true };
        start.Environment["GIT_COMMITTER_DATE"] = "1700000000 +0000";
        start.Environment["GIT_AUTHOR_DATE"] = "1700000000 +0000";
        using Process git = Process.Start(start)!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
