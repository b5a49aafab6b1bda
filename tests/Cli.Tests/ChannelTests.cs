using System;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary><c>nix-channel</c>: the list of channels, and the profile that has their expressions.</summary>
public sealed class ChannelTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public ChannelTests()
    {
        // Expressions are found through the profile, so the store is where its paths say.
        _firn.Variables["NIX_REMOTE"] = "local";
        _firn.Variables["NIX_STORE_DIR"] = Path.Combine(_firn.Directory, "store");
        _firn.Variables["NIX_STATE_DIR"] = Path.Combine(_firn.Directory, "state");
        _firn.Variables["XDG_STATE_HOME"] = Path.Combine(_firn.Directory, "xdg");
    }

    public void Dispose() => _firn.Dispose();

    private string Home => Path.Combine(_firn.Directory, "home");

    private string List => Path.Combine(Home, ".nix-channels");

    private string Profile => Environment.IsPrivilegedProcess
        ? Path.Combine(_firn.Directory, "state/profiles/per-user/root/channels")
        : Path.Combine(_firn.Directory, "xdg/nix/profiles/channels");

    private string Channel(params ReadOnlySpan<string> arguments) => _firn.Succeeds(false, "nix-channel", arguments);

    private Outcome Fails(params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run("nix-channel", arguments);
        Assert.Equal(1, outcome.Status);
        return outcome;
    }

    /// <summary>Makes a channel of one expression: an archive with a folder in it.</summary>
    private string Publish(string name, string expression)
    {
        string folder = Path.Combine(_firn.Work, name), content = Path.Combine(folder, "exprs");
        Directory.CreateDirectory(content);
        File.WriteAllText(Path.Combine(content, "default.nix"), expression);
        Assert.Equal(0, _firn.Run("tar", "-C", folder, "-cJf", Path.Combine(folder, "nixexprs.tar.xz"), "exprs").Status);
        return "file://" + folder;
    }

    [Fact]
    public void A_list_is_kept_by_name()
    {
        Channel("--add", "http://b.example/some-unstable");
        Channel("--add", "https://a.example/x", "other");
        Channel("--add", "https://a.example/y/", "other");
        Assert.Equal("other https://a.example/y\nsome http://b.example/some-unstable", Channel("--list"));
        Assert.Equal("https://a.example/y/ other\nhttp://b.example/some-unstable some\n", File.ReadAllText(List));

        // Written by hand, and in another place behind a link.
        string elsewhere = _firn.Write("channels", "# mine\n\nhttps://c.example/z//\nhttps://c.example/w  w\n");
        File.Delete(List);
        File.CreateSymbolicLink(List, elsewhere);
        Assert.Equal("w https://c.example/w\nz https://c.example/z", Channel("--list"));
        Assert.Equal(_firn.Succeeds(true, "nix-channel", "--list").Split('\n').Order(), Channel("--list").Split('\n').Order());
        Channel("--remove", "z");
        Assert.Equal("https://c.example/w w\n", File.ReadAllText(elsewhere));
        Assert.NotNull(new FileInfo(List).LinkTarget);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        Assert.Contains("no command specified", Fails().Error, StringComparison.Ordinal);
        Assert.Contains("invalid channel URL 'ftp://x'", Fails("--add", "ftp://x", "x").Error, StringComparison.Ordinal);
        Assert.Contains("invalid channel identifier '-x'", Fails("--add", "--", "http://x", "-x").Error, StringComparison.Ordinal);
        Assert.Contains("'--remove' requires one argument", Fails("--remove").Error, StringComparison.Ordinal);
        Assert.Contains("'--list' expects no arguments", Fails("--list", "x").Error, StringComparison.Ordinal);
        Assert.Contains("unsupported argument '--frobnicate'", Fails("--frobnicate").Error, StringComparison.Ordinal);
        Assert.False(File.Exists(List));
    }

    [Fact]
    public void Updating_makes_channels_the_packages_of_a_profile()
    {
        string one = Publish("one-1.2", "{ }: { v = 1; }"), two = Publish("two", "{ }: { v = 2; }");
        Channel("--add", one, "one");
        Channel("--add", two + "/nixexprs.tar.xz", "two");
        Assert.Contains("unpacking 2 channels...", _firn.Run("nix-channel", "--update").Error, StringComparison.Ordinal);
        Assert.Equal("3", Value("(import <one> { }).v + (import <two> { }).v"));
        Assert.Equal(["one-1.2", "two"], _firn.Succeeds(false, "nix-env", "-p", Profile, "-q").Split('\n'));
        Assert.Equal(Profile, new FileInfo(Path.Combine(Home, ".nix-defexpr/channels")).LinkTarget);
        string first = Target();

        // Only what is named changes; the expressions of the other stay as they were.
        Publish("one-1.2", "{ }: { v = 10; }");
        Publish("two", "{ }: { v = 20; }");
        Channel("--update", "two", "--option", "tarball-ttl", "0");
        Assert.Equal("21", Value("(import <one> { }).v + (import <two> { }).v"));
        Assert.NotEqual(first, Target());

        Assert.Equal(2, Channel("--list-generations").Split('\n').Length);
        Channel("--rollback");
        Assert.Equal(first, Target());
        Channel("--rollback", "2");
        Assert.NotEqual(first, Target());
        Channel("--remove", "one");
        Assert.Equal("two", _firn.Succeeds(false, "nix-env", "-p", Profile, "-q"));
        Assert.Equal("two " + two + "/nixexprs.tar.xz", Channel("--list"));
    }

    [Fact]
    public void A_channel_is_the_same_store_path_as_that_of_the_reference()
    {
        Channel("--add", Publish("one-1.2", "{ }: { v = 1; }"), "one");
        Channel("--update");
        string ours = Target();
        Channel("--rollback", "1");
        _firn.Succeeds(true, "nix-channel", "--update");
        Assert.Equal(Path.GetFileName(ours).Split('-', 2)[1], Path.GetFileName(Target()).Split('-', 2)[1]);
        Assert.Equal(new DirectoryInfo(ours + "/one").LinkTarget, new DirectoryInfo(Target() + "/one").LinkTarget);
    }

    [Fact]
    public void With_base_directories_all_lies_there()
    {
        _firn.Variables["NIX_CONFIG"] = "use-xdg-base-directories = true";
        Channel("--add", Publish("one", "{ }: { v = 1; }"), "one");
        Channel("--update");
        Assert.False(File.Exists(List));
        Assert.True(File.Exists(Path.Combine(_firn.Directory, "xdg/nix/channels")));
        Assert.Equal(Profile, new FileInfo(Path.Combine(_firn.Directory, "xdg/nix/defexpr/channels")).LinkTarget);
        Assert.Equal("1", Value("(import <one> { }).v"));
    }

    private string Value(string expression) => _firn.Succeeds(false, "nix-instantiate", "--eval", "-E", expression);

    private string Target() => Path.GetFullPath(new FileInfo(Profile).ResolveLinkTarget(returnFinalTarget: true)!.FullName);
}
