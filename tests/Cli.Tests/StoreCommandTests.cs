using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Xml;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Commands on stores and what is in them.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public StoreCommandTests() => File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command ca-derivations\n");

    public void Dispose() => _firn.Dispose();

    private string Succeeds(string command, params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run(command, arguments);
        Assert.True(outcome.Status == 0, $"{command} {string.Join(' ', arguments.ToArray())} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome.Output.TrimEnd('\n');
    }

    private string AddTree()
    {
        string tree = Path.Combine(_firn.Work, "tree");
        Directory.CreateDirectory(Path.Combine(tree, "d"));
        File.WriteAllText(Path.Combine(tree, "d", "f"), "text");
        File.WriteAllText(Path.Combine(tree, "x"), "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(tree, "x"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(Path.Combine(tree, "l"), "d/f");
        return Succeeds("nix", "store", "add", tree);
    }

    [Fact]
    public void Files_are_listed_in_the_store_and_in_a_NAR()
    {
        string path = AddTree(), nar = Path.Combine(_firn.Work, "tree.nar");
        Assert.Equal("./d\n./l\n./x", Succeeds("nix", "store", "ls", path));
        Assert.Equal("dr-xr-xr-x                    0 ./d\n-r--r--r--                    4 ./d/f\nlrwxrwxrwx                    0 ./l -> d/f\n-r-xr-xr-x                   10 ./x", Succeeds("nix", "store", "ls", "-lR", path));
        Assert.Equal("""{"entries":{"f":{"size":4,"type":"regular"}},"type":"directory"}""", Succeeds("nix", "store", "ls", "--json", "-R", path + "/d"));
        Assert.Equal("text", Succeeds("nix", "store", "cat", path + "/d/f"));
        File.WriteAllText(nar, Succeeds("nix", "nar", "pack", Path.Combine(_firn.Work, "tree")), System.Text.Encoding.ASCII);
        Assert.Equal(".\n./d\n./d/f\n./l\n./x", ".\n" + Succeeds("nix", "nar", "ls", "-R", nar, "/"));
        Assert.Equal("text", Succeeds("nix", "nar", "cat", nar, "/d/f"));
        Outcome none = _firn.Run("nix", "nar", "cat", nar, "/d");
        Assert.Equal((1, "error: NAR does not contain regular file '/d'\n"), (none.Status, none.Error));
    }

    [Fact]
    public void A_derivation_that_names_wrong_outputs_is_told_by_its_path()
    {
        string derivation = Succeeds("nix-instantiate", "--expr", "derivation { name = \"n\"; system = \"s\"; builder = \"/bin/sh\"; }");
        string text = File.ReadAllText(_firn.Directory + "/store" + derivation), wrong = _firn.Write("n.drv", text.Replace("/bin/sh", "/bin/no", StringComparison.Ordinal));
        Outcome outcome = _firn.Run("nix-store", "--add", wrong);
        Assert.Equal(1, outcome.Status);
        Assert.Matches("^error:\n       … while checking derivation '/nix/store/[a-z0-9]{32}-n.drv'\n\n       error: derivation has incorrect output '/nix/store/[a-z0-9]{32}-n', should be '/nix/store/[a-z0-9]{32}-n'\n$", outcome.Error);
        outcome = _firn.Run("nix-store", "--add", _firn.Write("m.drv", "text"));
        Assert.Equal(1, outcome.Status);
        Assert.Matches("^error: error parsing derivation '/nix/store/[a-z0-9]{32}-m.drv': expected string 'D'\n$", outcome.Error);
    }

    [Fact]
    public void Paths_are_copied_signed_and_verified_between_stores()
    {
        string key = Path.Combine(_firn.Work, "key"), other = Path.Combine(_firn.Work, "other");
        File.WriteAllText(key, Succeeds("nix", "key", "generate-secret", "--key-name", "test-1"));
        string path = AddTree();
        Succeeds("nix", "copy", "--to", other, path);
        Assert.Equal(path, Succeeds("nix", "path-info", "--store", other, path));
        Assert.Equal(0, _firn.Run("nix", "store", "verify", "--store", other, path).Status);
        Assert.EndsWith("added 1 signatures\n", _firn.Run("nix", "store", "sign", "-k", key, path).Error, StringComparison.Ordinal);
        Assert.EndsWith("imported 1 signatures\n", _firn.Run("nix", "store", "copy-sigs", "--store", other, "-s", Path.Combine(_firn.Directory, "store"), path).Error, StringComparison.Ordinal);
        Assert.Contains("\ttest-1:", Succeeds("nix", "path-info", "--sigs", "--store", other, path).Replace(" test-1", "\ttest-1", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith(Succeeds("nix", "store", "path-from-hash-part", Path.GetFileName(path)[..32]), path, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_is_told_before_it_is_deleted()
    {
        string path = AddTree();
        Assert.Equal("1 store paths would be deleted", Succeeds("nix", "store", "gc", "--dry-run"));
        Assert.Equal("0 store paths would be deleted, 0.0 KiB would be freed", Succeeds("nix", "store", "gc", "--dry-run", "--older-than", "1d"));
        string[] list = Succeeds("nix", "store", "gc", "--dry-run", "--list").Split('\n');
        Assert.EndsWith("  " + path, list[0], StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Succeeds("nix", "store", "gc", "--dry-run", "--json"));
        Assert.True(json.RootElement.GetProperty("paths").GetProperty(path).GetProperty("bytesFreed").GetInt64() > 0);
        Assert.StartsWith("0 store paths deleted", Succeeds("nix", "store", "gc", "--keep-recent", "1"), StringComparison.Ordinal);
        Assert.Equal(1, _firn.Run("nix", "store", "gc", "--older-than", "30").Status);
        Assert.StartsWith("1 store paths deleted", Succeeds("nix", "store", "gc"), StringComparison.Ordinal);
    }

    [Fact]
    public void Closures_are_told_and_drawn()
    {
        string leaf = Succeeds("nix-store", "--add", _firn.Write("leaf", "l"));
        string text = Succeeds("nix-instantiate", "--eval", "--read-write-mode", "-E", $"builtins.toFile \"top\" \"needs ${{builtins.storePath {leaf}}}\"").Trim('"');
        Assert.Matches("^2 paths, .*\ntop  .* KiB, .* KiB with what it alone keeps\n└── leaf  .* KiB$", Succeeds("nix", "path-info", "--closure-tree", text));
        using JsonDocument json = JsonDocument.Parse(Succeeds("nix", "path-info", "--closure-tree", "--json", text));
        Assert.Equal(Path.GetFileName(text), json.RootElement.GetProperty("paths").GetProperty(Path.GetFileName(leaf)).GetProperty("keptBy").GetString());
        XmlDocument drawing = new();
        drawing.LoadXml(Succeeds("nix", "store", "graph", text));
        Assert.Equal(["top", "leaf"], drawing.GetElementsByTagName("g").Cast<XmlElement>().Select(g => g.GetElementsByTagName("text")[0]!.InnerText));
        Assert.Single(drawing.GetElementsByTagName("path").Cast<XmlElement>());
        Assert.Equal($"{text}\n└───{leaf}\x1b[0m", Succeeds("nix", "why-depends", text, leaf));
        Assert.Equal($"{text}\x1b[0m\n└───/: …needs {leaf[..(leaf.LastIndexOf('/') + 1)]}\x1b[32;1m{Path.GetFileName(leaf)[..32]}\x1b[0m-leaf…\n    → {leaf}\x1b[0m", Succeeds("nix", "why-depends", "--precise", text, leaf));
        Assert.Equal("leaf: ε → ∅\ntop: ∅ → ε", Succeeds("nix", "store", "diff-closures", leaf, Succeeds("nix-store", "--add", _firn.Write("top", "t"))));
    }

    [Fact]
    public void Store_is_named()
    {
        Assert.Equal("""{"trusted":true,"url":"local","version":"2.34.8"}""", Succeeds("nix", "store", "info", "--json"));
        Outcome unknown = _firn.Run("nix", "store", "info", "--store", $"local?root={_firn.Directory}/store&unknown=1");
        Assert.Equal($"warning: unknown setting 'unknown'\nStore URL: local://?root={_firn.Directory}/store\nVersion: 2.34.8\nTrusted: 1\n", unknown.Error);
        Outcome other = _firn.Run("nix", "store", "info", "--store", "nonsense://x");
        Assert.Equal(1, other.Status);
        Assert.Contains("don't know how to open Nix store with scheme 'nonsense'", other.Error, StringComparison.Ordinal);
    }
}
