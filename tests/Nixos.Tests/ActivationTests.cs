using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Nixos.Tests;

/// <summary>The scripts of the activation with the programs on the search path.</summary>
public sealed class ActivationTests() : ActivationScripts(null);

/// <summary>The scripts of the activation with a statically linked busybox, as a system runs them.</summary>
public sealed class ActivationWithStaticToolsTests() : ActivationScripts("/bin/busybox");

/// <summary>The scripts of the activation, on directories that stand for /etc and /var/lib/nixos.</summary>
public abstract class ActivationScripts(string? staticTools)
{
    private (int Status, string Output) RunScript(string name, IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("/bin/bash") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(Repository.Root, "collection", "nixos", "modules", "system", "activation", name));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string variable, string value) in environment)
        {
            start.Environment[variable] = value;
        }

        if (staticTools is not null)
        {
            start.Environment["STATIC_TOOLS"] = staticTools;
        }

        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> output = process.StandardOutput.ReadToEndAsync();
        string text = process.StandardError.ReadToEnd() + output.Result;
        process.WaitForExit();
        return (process.ExitCode, text);
    }

    private static string? Link(string path) => new FileInfo(path).LinkTarget;

    private (int Status, string Output) Etc(TemporaryDirectory root, string source) =>
        RunScript("setup-etc.sh", [Path.Combine(root.Path, source), Path.Combine(root.Path, "etc")]);

    private static TemporaryDirectory TwoTrees()
    {
        TemporaryDirectory root = new();
        string plain = root.File("store/plain", "plain\n");
        root.Link("one/hosts", plain);
        root.Link("one/ssh/sshd_config", plain);
        root.Link("one/only-one", plain);
        root.Link("one/deep/er/file", plain);
        root.Link("one/secret", root.File("store/secret", "secret\n"));
        root.File("one/secret.mode", "0640\n");
        root.File("one/secret.uid", "+0\n");
        root.File("one/secret.gid", "+0\n");
        root.Link("two/hosts", plain);
        root.Link("two/ssh", root.Path + "/store");
        return root;
    }

    [Fact]
    public void Etc_is_links_through_static_and_copies_with_their_mode()
    {
        using TemporaryDirectory root = TwoTrees();
        Assert.Equal((0, ""), Etc(root, "one"));
        string etc = Path.Combine(root.Path, "etc");
        Assert.Equal(Path.Combine(root.Path, "one"), Link(etc + "/static"));
        Assert.Equal("/etc/static/hosts", Link(etc + "/hosts"));
        Assert.Equal("/etc/static/ssh/sshd_config", Link(etc + "/ssh/sshd_config"));
        Assert.Null(Link(etc + "/secret"));
        Assert.Equal("secret\n", File.ReadAllText(etc + "/secret"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(etc + "/secret"));
        Assert.False(File.Exists(etc + "/secret.mode"));
    }

    [Fact]
    public void Etc_loses_what_is_not_wanted_any_more_and_nothing_else()
    {
        using TemporaryDirectory root = TwoTrees();
        Etc(root, "one");
        string etc = Path.Combine(root.Path, "etc");
        File.WriteAllText(etc + "/mine", "mine");
        root.Link("etc/my-link", "/somewhere/else");
        (int status, string output) = Etc(root, "two");
        Assert.Equal(0, status);
        Assert.Contains("removing obsolete symlink", output, StringComparison.Ordinal);
        Assert.Contains("removing obsolete file", output, StringComparison.Ordinal);
        Assert.Equal("/etc/static/hosts", Link(etc + "/hosts"));
        Assert.Null(Link(etc + "/only-one"));
        Assert.False(Directory.Exists(etc + "/deep"));
        Assert.False(File.Exists(etc + "/secret"));
        Assert.Equal("mine", File.ReadAllText(etc + "/mine"));
        Assert.Equal("/somewhere/else", Link(etc + "/my-link"));
    }

    [Fact]
    public void Etc_activated_twice_is_the_same_and_says_nothing()
    {
        using TemporaryDirectory root = TwoTrees();
        Etc(root, "one");
        string[] before = Directory.GetFileSystemEntries(Path.Combine(root.Path, "etc"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal((0, ""), Etc(root, "one"));
        Assert.Equal(before, Directory.GetFileSystemEntries(Path.Combine(root.Path, "etc"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_that_becomes_a_link_and_back_follows()
    {
        using TemporaryDirectory root = TwoTrees();
        string etc = Path.Combine(root.Path, "etc");
        Etc(root, "two");
        Assert.Equal("/etc/static/ssh", Link(etc + "/ssh"));
        Assert.Equal(0, Etc(root, "one").Status);
        Assert.Equal("/etc/static/ssh/sshd_config", Link(etc + "/ssh/sshd_config"));
        Assert.False(File.Exists(Path.Combine(root.Path, "store", "sshd_config")));
    }

    private const char Separator = '\u001f';

    private static string Record(params string[] fields) => string.Join(Separator, fields) + "\n";

    private static string User(string name, string uid = "", string group = "users", bool isNormal = true, string initialHash = "", string hash = "", string password = "") =>
        Record(name, uid, group, "/var/empty", "Someone", "/bin/sh", isNormal ? "1" : "0", "0", "700", "0", "", hash, initialHash, password, "", "", "", "");

    private (int Status, string Output) Users(TemporaryDirectory root, string users, string groups, bool mutable = true)
    {
        root.File("spec/settings", $"mutableUsers={(mutable ? 1 : 0)}\ndefaultShell=/bin/sh\n");
        root.File("spec/users", users);
        root.File("spec/groups", groups);
        return RunScript(
            "update-users-groups.sh",
            [Path.Combine(root.Path, "spec")],
            ("NIXOS_USERS_ETC", Path.Combine(root.Path, "etc")),
            ("NIXOS_USERS_STATE", Path.Combine(root.Path, "state")));
    }

    private static string[] Lines(TemporaryDirectory root, string name) => File.ReadAllLines(Path.Combine(root.Path, name));

    [Fact]
    public void Numbers_are_given_once_and_kept()
    {
        using TemporaryDirectory root = new();
        string groups = Record("root", "0", "") + Record("users", "100", "") + Record("web", "", "alice");
        string users = User("root", "0", "root", isNormal: false) + User("alice") + User("daemon", group: "web", isNormal: false);
        Assert.Equal(0, Users(root, users, groups).Status);
        Assert.Contains("alice:x:1000:100:Someone:/var/empty:/bin/sh", Lines(root, "etc/passwd"));
        Assert.Contains("daemon:x:999:999:Someone:/var/empty:/bin/sh", Lines(root, "etc/passwd"));
        Assert.Contains("web:x:999:alice", Lines(root, "etc/group"));

        // Gone, and another takes no number that was somebody's.
        Users(root, User("root", "0", "root", isNormal: false) + User("bob"), groups);
        Assert.DoesNotContain(Lines(root, "etc/passwd"), l => l.StartsWith("alice:", StringComparison.Ordinal));
        Assert.Contains("bob:x:1001:100:Someone:/var/empty:/bin/sh", Lines(root, "etc/passwd"));

        // Back, with the number of before.
        (int _, string output) = Users(root, User("root", "0", "root", isNormal: false) + User("alice") + User("bob"), groups);
        Assert.Contains("reviving user 'alice' with UID 1000", output, StringComparison.Ordinal);
        Assert.Contains("alice:x:1000:100:Someone:/var/empty:/bin/sh", Lines(root, "etc/passwd"));
        Assert.Equal("""{"alice":1000,"bob":1001,"daemon":999,"root":0}""", File.ReadAllText(Path.Combine(root.Path, "state/uid-map")));
    }

    [Fact]
    public void A_user_made_by_hand_stays_unless_users_are_immutable()
    {
        using TemporaryDirectory root = new();
        root.File("etc/passwd", "carol:x:1234:100::/home/carol:/bin/sh\n");
        root.File("etc/group", "users:x:100:\nmade:x:1300:carol\n");
        root.File("etc/shadow", "carol:$6$x:1::::::\n");
        string groups = Record("users", "100", "");
        Users(root, User("alice"), groups);
        Assert.Contains("carol:x:1234:100::/home/carol:/bin/sh", Lines(root, "etc/passwd"));
        Assert.Contains("carol:$6$x:1::::::", Lines(root, "etc/shadow"));
        Assert.Contains("made:x:1300:carol", Lines(root, "etc/group"));
        Users(root, User("alice"), groups, mutable: false);
        Assert.DoesNotContain(Lines(root, "etc/passwd"), l => l.StartsWith("carol:", StringComparison.Ordinal));
        Assert.DoesNotContain(Lines(root, "etc/group"), l => l.StartsWith("made:", StringComparison.Ordinal));
    }

    [Fact]
    public void An_initial_password_is_for_new_users_and_a_changed_one_stays()
    {
        using TemporaryDirectory root = new();
        string groups = Record("users", "100", "");
        Users(root, User("alice", initialHash: "$6$first"), groups);
        Assert.Contains("alice:$6$first:1::::::", Lines(root, "etc/shadow"));
        root.File("etc/shadow", "alice:$6$changed:2::::::\n");
        Users(root, User("alice", initialHash: "$6$first"), groups);
        Assert.Contains("alice:$6$changed:2::::::", Lines(root, "etc/shadow"));
        Users(root, User("alice", hash: "$6$given"), groups, mutable: false);
        Assert.Contains("alice:$6$given:2::::::", Lines(root, "etc/shadow"));
    }

    [Fact]
    public void An_unknown_group_is_an_error_but_the_rest_is_written()
    {
        using TemporaryDirectory root = new();
        (int status, string output) = Users(root, User("alice", group: "nope") + User("bob"), Record("users", "100", ""));
        Assert.Equal(1, status);
        Assert.Contains("user 'alice' has unknown group 'nope'", output, StringComparison.Ordinal);
        Assert.Contains(Lines(root, "etc/passwd"), l => l.StartsWith("bob:", StringComparison.Ordinal));
    }
}
