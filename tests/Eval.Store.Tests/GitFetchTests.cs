using System;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Firn.Eval.Errors;
using Firn.Fetchers.Tests;
using Xunit;

namespace Firn.Eval.Store.Tests;

/// <summary>What of a Git repository becomes a tree, and when a remote one is asked again.</summary>
public sealed class GitFetchTests
{
    [Fact]
    public void Files_are_as_Git_keeps_them_without_what_is_not_exported()
    {
        using Session session = new("fetch-tree");
        string repository = session.Root + "/r";
        session.Write("r/.gitattributes", "hidden export-ignore\ndir export-ignore\nversion export-subst\n");
        session.Write("r/hidden", "x");
        session.Write("r/dir/f", "x");
        session.Write("r/version", "$Format:%H$");
        session.Write("r/run", "#!");
        File.SetUnixFileMode(repository + "/run", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(repository + "/link", "run");
        string rev = Commit(repository, "one");

        string Names(string tree) => session.Text($"toString (builtins.attrNames (builtins.readDir {tree}))");
        Assert.Equal(".gitattributes link run version", Names($"(fetchGit {{ url = {repository}; rev = \"{rev}\"; }})"));
        Assert.Equal(".gitattributes link run version", Names($"(fetchGit {repository})"));
        Assert.Equal(".gitattributes dir hidden link run version", Names($"(fetchTree {{ type = \"git\"; url = \"{repository}\"; rev = \"{rev}\"; }})"));
        Assert.Equal("$Format:%H$", session.Text($"builtins.readFile ((fetchGit {{ url = {repository}; rev = \"{rev}\"; }}) + \"/version\")"));
        Assert.Equal(
            session.Text($"(fetchGit {repository}).outPath"),
            session.Text($"(fetchGit {{ url = {repository}; ref = \"main\"; }}).outPath"));
    }

    [Fact]
    public void Submodules_come_from_where_the_repository_came_from()
    {
        using Session session = new();
        session.Write("sub/s", "inner");
        Commit(session.Root + "/sub", "sub");
        session.Write("r/f", "outer");
        Git(session.Root + "/r", "init", "--quiet", "--initial-branch=main");
        Git(session.Root + "/r", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", session.Root + "/sub", "m");
        Git(session.Root + "/r", "config", "--file", ".gitmodules", "submodule.m.url", "../sub");
        string rev = Commit(session.Root + "/r", "two");
        string with = $"(fetchGit {{ url = {session.Root}/r; rev = \"{rev}\"; submodules = true; }})";
        Assert.Equal("inner", session.Text($"builtins.readFile ({with} + \"/m/s\")"));
        Assert.Equal("inner", session.Text($"builtins.readFile ((fetchGit {{ url = {session.Root}/r; submodules = true; }}) + \"/m/s\")"));

        // Not asked for, it is an empty folder of the commit.
        Assert.Equal("", session.Text($"toString (builtins.attrNames (builtins.readDir ((fetchGit {{ url = {session.Root}/r; rev = \"{rev}\"; }}) + \"/m\")))"));
        Assert.Equal(
            "exportIgnore and submodules are not supported together yet",
            Assert.Throws<EvalError>(() => session.Text($"(fetchGit {{ url = {session.Root}/r; submodules = true; exportIgnore = true; }}).outPath")).Message);
    }

    [Fact]
    public void Files_of_LFS_take_the_place_of_their_pointers()
    {
        const string Large = "a large file";
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Large)));
        LoopbackServer? server = null;
        server = new LoopbackServer(head => head switch
        {
            _ when head.StartsWith("POST /r/info/lfs/objects/batch ", StringComparison.Ordinal) => new(200, Encoding.UTF8.GetBytes(
                $$"""{"objects":[{"oid":"{{id}}","size":{{Large.Length}},"actions":{"download":{"header":{"Authorization":"Basic x"},"href":"{{server!.Url}}/o"} } }]}""")),
            _ when head.StartsWith("GET /o ", StringComparison.Ordinal) && head.Contains("Authorization: Basic x\r\n", StringComparison.Ordinal) => new(200, Encoding.UTF8.GetBytes(Large)),
            _ => new(404, []),
        });
        using LoopbackServer running = server;
        using Session session = new();
        string repository = session.Root + "/r";
        string pointer = $"version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {Large.Length}\n";
        session.Write("r/.gitattributes", "*.bin filter=lfs\n");
        session.Write("r/a.bin", pointer);
        session.Write("r/plain", pointer);
        session.Write("r/odd.bin", "no pointer");
        Git(session.Root, "init", "--quiet", "--initial-branch=main", repository);
        Git(repository, "config", "filter.lfs.clean", "cat");
        Git(repository, "remote", "add", "origin", server.Url + "/r");
        string rev = Commit(repository, "one");

        string Read(string file, bool lfs) => session.Text($"builtins.readFile ((fetchGit {{ url = {repository}; rev = \"{rev}\"; lfs = {(lfs ? "true" : "false")}; }}) + \"/{file}\")");
        Assert.Equal(pointer, Read("a.bin", false));
        Assert.Equal(Large, Read("a.bin", true));
        Assert.Equal(pointer, Read("plain", true));
        Assert.Equal("no pointer", Read("odd.bin", true));

        // The next commit has the file already; one that the server does not have is told.
        session.Write("r/other", "x");
        rev = Commit(repository, "two");
        int asked = server.Requests.Count;
        Assert.Equal(Large, Read("a.bin", true));
        Assert.Equal(asked, server.Requests.Count);
        session.Write("r/b.bin", pointer.Replace(id, new string('0', 64), StringComparison.Ordinal));
        rev = Commit(repository, "three");
        Assert.Contains("the Git LFS server does not know '/b.bin'", Assert.Throws<EvalError>(() => Read("a.bin", true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_remote_repository_is_asked_again_when_its_answer_is_old()
    {
        using Session session = new();
        session.Write("work/f", "1");
        string first = Commit(session.Root + "/work", "one");
        string bare = session.Root + "/bare.git";
        Git(session.Root, "clone", "--quiet", "--bare", session.Root + "/work", bare);
        string tree = $"(fetchGit {{ url = \"file://{bare}\"; ref = \"main\"; }})";
        Assert.Equal(first, session.Text(tree + ".rev"));

        session.Write("work/f", "2");
        string second = Commit(session.Root + "/work", "two");
        Git(session.Root + "/work", "push", "--quiet", bare, "main:main");
        using (Session fresh = session.Again())
        {
            Assert.Equal(first, fresh.Text(tree + ".rev"));
        }

        using (Session stale = session.Again(static s => s with { TarballTtl = 0 }))
        {
            Assert.Equal(second, stale.Text(tree + ".rev"));
            Assert.Equal("2", stale.Text($"builtins.readFile ({tree} + \"/f\")"));
        }
    }

    private static string Commit(string repository, string message)
    {
        if (!Directory.Exists(repository + "/.git"))
        {
            Git(repository, "init", "--quiet", "--initial-branch=main");
        }

        Git(repository, "add", ".");
        Git(repository, "commit", "--quiet", "-m", message);
        return Git(repository, "rev-parse", "HEAD").Trim();
    }

    private static string Git(string directory, params string[] arguments)
    {
        ProcessStartInfo start = new("git", ["-C", directory, "-c", "user.name=n", "-c", "user.email=a@b", .. arguments]) { RedirectStandardOutput = true };
        using Process git = Process.Start(start)!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
