using System;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Store.Local.Tests;

public class AddingTests
{
    private static string MakeTree(TempStore temp, string name = "tree")
    {
        string tree = temp.Scratch(name);
        Directory.CreateDirectory(tree + "/sub/deeper");
        File.WriteAllText(tree + "/b", "hello");
        File.WriteAllText(tree + "/sub/run", "#!/bin/sh\n");
        File.SetUnixFileMode(tree + "/sub/run", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(tree + "/a-link", "/nowhere/at all");
        File.WriteAllText(tree + "/sub/empty", "");
        File.WriteAllBytes(tree + "/big", Enumerable.Range(0, 300_001).Select(i => (byte)(i * 7)).ToArray());
        return tree;
    }

    [Fact]
    public void TextIsAddedAsTheReferenceWould()
    {
        using var temp = new TempStore();
        StorePath first = temp.AddText("first", "one");
        StorePath second = temp.AddText("second", "refers to " + first, first);
        Assert.Equal("one", File.ReadAllText(temp.Store.RealPath(first)));
        PathInfo info = temp.Store.Get(second);
        Assert.Equal([first], info.References);
        Assert.Equal(ContentAddressMethod.Text, info.ContentAddress!.Value.Method);
        Assert.Equal([second], temp.Store.Referrers(first));
        temp.AssertSound();
        Assert.Equal([temp.Store.StoreDir.Print(first)], TempStore.Lines(temp.ReferenceOk("nix-store", "-q", "--references", temp.Store.StoreDir.Print(second))));
    }

    [Theory]
    [InlineData(ContentAddressMethod.NixArchive, HashAlgorithm.Sha256, "--recursive", "sha256")]
    [InlineData(ContentAddressMethod.NixArchive, HashAlgorithm.Sha1, "--recursive", "sha1")]
    [InlineData(ContentAddressMethod.Flat, HashAlgorithm.Sha256, null, "sha256")]
    [InlineData(ContentAddressMethod.Flat, HashAlgorithm.Sha512, null, "sha512")]
    [InlineData(ContentAddressMethod.Flat, HashAlgorithm.Md5, null, "md5")]
    public void SourceGetsThePathOfTheReference(ContentAddressMethod method, HashAlgorithm algorithm, string? flag, string name)
    {
        using var temp = new TempStore();
        string file = MakeTree(temp) + (flag == null ? "/sub/run" : "");
        var source = new Source { Name = Path.GetFileName(file), File = file, Method = method, Algorithm = algorithm, KeepExecutable = true };
        PathInfo info = temp.Store.Compute(source);
        Assert.Equal(info with { RegistrationTime = 0 }, temp.Store.Add(source) with { RegistrationTime = 0, References = info.References, Signatures = info.Signatures });
        temp.AssertSound();
        string[] arguments = flag == null ? ["--add-fixed", name, file] : ["--add-fixed", flag, name, file];
        using var other = new TempStore();
        Assert.Equal(temp.Store.StoreDir.Print(info.Path) + "\n", other.ReferenceOk("nix-store", arguments));
        Assert.Equal(other.Nar(info.Path), temp.Nar(info.Path));
        Assert.Equal(other.Store.Get(info.Path) with { RegistrationTime = 0, References = [], Signatures = [] }, temp.Store.Get(info.Path) with { RegistrationTime = 0, References = [], Signatures = [] });
    }

    [Fact]
    public void FilesGetCanonicalMetadata()
    {
        using var temp = new TempStore();
        PathInfo info = temp.Store.Add(new Source { Name = "tree", File = MakeTree(temp) });
        string real = temp.Store.RealPath(info.Path);
        foreach (string file in Directory.EnumerateFileSystemEntries(real, "*", SearchOption.AllDirectories).Append(real))
        {
            Assert.Equal(DateTime.UnixEpoch.AddSeconds(1), new FileInfo(file).LastWriteTimeUtc);
            if (new FileInfo(file).LinkTarget != null) continue;
            UnixFileMode expected = Directory.Exists(file) || file.EndsWith("/run") ? (UnixFileMode)0x16d : (UnixFileMode)0x124;
            Assert.Equal(expected, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void FilterLeavesEntriesOutAndIsAskedOncePerEntry()
    {
        using var temp = new TempStore(options => options with { NarBufferSize = 1000 });
        string tree = MakeTree(temp);
        int asked = 0;
        PathInfo info = temp.Store.Add(new Source
        {
            Name = "tree",
            File = tree,
            Filter = (path, kind) =>
            {
                asked++;
                string text = Encoding.UTF8.GetString(path);
                Assert.StartsWith(tree + "/", text);
                Assert.Equal(text.EndsWith("sub") || text.EndsWith("deeper") ? SourceKind.Directory : text.EndsWith("link") ? SourceKind.Symlink : SourceKind.Regular, kind);
                return !text.EndsWith("/b") && !text.EndsWith("deeper");
            },
        });
        Assert.Equal(7, asked);
        string real = temp.Store.RealPath(info.Path);
        Assert.Equal(["a-link", "big", "sub"], Directory.EnumerateFileSystemEntries(real).Select(Path.GetFileName).Order());
        Assert.Equal(["empty", "run"], Directory.EnumerateFileSystemEntries(real + "/sub").Select(Path.GetFileName).Order());
        temp.AssertSound();
    }

    [Fact]
    public void WhatIsThereIsNotWrittenAgain()
    {
        using var temp = new TempStore(options => options with { NarBufferSize = 1000 });
        string tree = MakeTree(temp);
        PathInfo first = temp.Store.Add(new Source { Name = "tree", File = tree });
        DateTime changed = Directory.GetLastWriteTimeUtc(temp.RealStore);
        PathInfo again = temp.Store.Add(new Source { Name = "tree", File = tree });
        Assert.Equal(first.Path, again.Path);
        Assert.Equal(changed, Directory.GetLastWriteTimeUtc(temp.RealStore));
        // The same name does not make it the same.
        File.WriteAllText(tree + "/new", "contents");
        PathInfo other = temp.Store.Add(new Source { Name = "tree", File = tree });
        Assert.NotEqual(first.Path, other.Path);
        temp.AssertSound();
    }

    [Fact]
    public void NamesAndTargetsNeedNotBeText()
    {
        using var temp = new TempStore();
        byte[] nar = Tree(sink =>
        {
            sink.BeginDirectory();
            sink.Entry([0xff, 0xfe, (byte)'x']);
            sink.Symlink([0x80]);
            sink.EndDirectory();
        });
        StorePath path = AddNar(temp, nar);
        Assert.Equal(nar, temp.Nar(path));
        temp.AssertSound();
    }

    internal static byte[] Tree(Action<INarSink> write)
    {
        var buffer = new Firn.Formats.Sinks.ByteBuffer();
        write(new NarWriter(buffer));
        return buffer.ToArray();
    }

    internal static StorePath AddNar(TempStore temp, byte[] nar, string name = "thing")
    {
        var path = new StorePath(Hash.Sha256(nar).Bytes[..20], name);
        temp.Store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length }, new MemoryStream(nar));
        return path;
    }

    [Fact]
    public void WrongHashOrSizeLeavesThePathInvalid()
    {
        using var temp = new TempStore();
        byte[] nar = Tree(sink => sink.Symlink("target"u8));
        var path = new StorePath(new byte[20], "thing");
        var right = new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length };
        var hash = Assert.Throws<StoreException>(() => temp.Store.AddNar(right with { NarHash = Hash.Sha256("x"u8) }, new MemoryStream(nar)));
        Assert.StartsWith("hash mismatch importing path '/nix/store/00000000000000000000000000000000-thing';\n  specified: sha256:", hash.Message);
        var size = Assert.Throws<StoreException>(() => temp.Store.AddNar(right with { NarSize = 8 }, new MemoryStream(nar)));
        Assert.Equal("size mismatch importing path '/nix/store/00000000000000000000000000000000-thing';\n  specified: 8\n  got:       " + nar.Length, size.Message);
        Assert.False(temp.Store.IsValid(path));
        temp.Store.AddNar(right, new MemoryStream(nar));
        Assert.True(temp.Store.IsValid(path));
        temp.AssertSound();
    }

    [Fact]
    public void ContentAddressIsChecked()
    {
        using var temp = new TempStore();
        byte[] nar = Tree(sink => sink.Symlink("target"u8));
        var wrong = new ContentAddress(ContentAddressMethod.NixArchive, Hash.Sha256("other"u8));
        StorePath path = temp.Store.StoreDir.MakeFromContentAddress("thing", wrong);
        var info = new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length, ContentAddress = wrong };
        var error = Assert.Throws<StoreException>(() => temp.Store.AddNar(info, new MemoryStream(nar)));
        Assert.StartsWith("ca hash mismatch importing path '", error.Message);
        Assert.False(temp.Store.IsValid(path));
    }

    [Fact]
    public void ReferenceMustBeValid()
    {
        using var temp = new TempStore();
        var missing = new StorePath(new byte[20], "missing");
        byte[] nar = Tree(sink => sink.Symlink("target"u8));
        var path = new StorePath(Hash.Sha256(nar).Bytes[..20], "thing");
        var info = new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length, References = [missing] };
        var error = Assert.Throws<InvalidPathException>(() => temp.Store.AddNar(info, new MemoryStream(nar)));
        Assert.Equal("path '/nix/store/00000000000000000000000000000000-missing' is not valid", error.Message);
        Assert.False(temp.Store.IsValid(path));
    }

    [Fact]
    public void SelfReferenceIsKept()
    {
        using var temp = new TempStore();
        byte[] nar = Tree(sink => sink.Symlink("target"u8));
        var path = new StorePath(Hash.Sha256(nar).Bytes[..20], "thing");
        temp.Store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length, References = [path] }, new MemoryStream(nar));
        Assert.Equal([path], temp.Store.Get(path).References);
        temp.AssertSound();
        temp.Reopen();
        Assert.Contains("1 store paths deleted", temp.ReferenceOk("nix-store", "--delete", temp.Store.StoreDir.Print(path)));
    }

    [Fact]
    public void CircleIsRefusedWhole()
    {
        using var temp = new TempStore();
        StorePath a = new(Hash.Sha256("a"u8).Bytes[..20], "a"), b = new(Hash.Sha256("b"u8).Bytes[..20], "b");
        PathInfo Info(StorePath path, StorePath reference) => new() { Path = path, NarHash = Hash.Sha256("x"u8), NarSize = 1, References = [reference] };
        Assert.Contains("cycle detected in the references of", Assert.Throws<StoreException>(() => temp.Store.Register([Info(a, b), Info(b, a)])).Message);
        Assert.Empty(temp.Store.AllValid());
    }

    [Fact]
    public void LeftoversOfACrashAreReplaced()
    {
        using var temp = new TempStore();
        temp.Store.Open();
        StorePath path = temp.Store.StoreDir.MakeText("note", Hash.Sha256("text"u8), []);
        Directory.CreateDirectory(temp.Store.RealPath(path) + "/half");
        File.WriteAllText(temp.Store.RealPath(path) + "/half/written", "x");
        Assert.Equal(path, temp.AddText("note", "text"));
        Assert.Equal("text", File.ReadAllText(temp.Store.RealPath(path)));
        temp.AssertSound();
    }

    [Fact]
    public void SymlinkInTheWayIsNotFollowed()
    {
        using var temp = new TempStore();
        temp.Store.Open();
        string outside = temp.Scratch("outside");
        Directory.CreateDirectory(outside);
        File.WriteAllText(outside + "/kept", "x");
        byte[] nar = Tree(sink =>
        {
            sink.BeginDirectory();
            sink.Entry("file"u8);
            sink.BeginRegular(false, 1);
            sink.Contents("y"u8);
            sink.EndRegular();
            sink.EndDirectory();
        });
        var path = new StorePath(Hash.Sha256(nar).Bytes[..20], "thing");
        File.CreateSymbolicLink(temp.Store.RealPath(path), outside);
        AddNar(temp, nar);
        Assert.Equal(["kept"], Directory.EnumerateFileSystemEntries(outside).Select(Path.GetFileName));
        Assert.Equal("y", File.ReadAllText(temp.Store.RealPath(path) + "/file"));
    }

    [Fact]
    public void ManyTextsAreOneBatch()
    {
        using var temp = new TempStore();
        var texts = new System.Collections.Generic.List<TextObject>();
        StorePath? last = null;
        for (int i = 0; i < 1200; i++)
        {
            byte[] contents = Encoding.UTF8.GetBytes("text " + i + last);
            StorePath[] references = last is { } reference ? [reference] : [];
            StorePath path = temp.Store.StoreDir.MakeText("text-" + i, Hash.Sha256(contents), references);
            texts.Add(new TextObject { Path = path, Contents = contents, References = references });
            last = path;
        }
        temp.Store.AddTexts(texts);
        temp.Store.AddTexts(texts);
        Assert.Equal(1200, temp.Store.AllValid().Count);
        Assert.Equal(1200, temp.Store.Closure([last!.Value]).Count);
        Assert.Empty(Directory.EnumerateFiles(temp.RealStore, "*.lock"));
        temp.AssertSound();
    }

    [Fact]
    public void DerivationsHaveTheirOutputs()
    {
        using var temp = new TempStore();
        string expression = "derivation { name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; outputs = [ \"out\" \"dev\" ]; }";
        string drv = temp.ReferenceOk("nix-instantiate", "--expr", expression).Trim();
        StorePath path = temp.Store.StoreDir.Parse(drv);
        var outputs = temp.Store.DerivationOutputs(path);
        Assert.Equal(["dev", "out"], outputs.Select(output => output.Output));

        using var other = new TempStore();
        byte[] text = temp.Store.ReadFile(path);
        Assert.Equal(path, other.Store.AddText(path.Name, text, temp.Store.Get(path).References));
        Assert.Equal(outputs, other.Store.DerivationOutputs(path));
        Assert.Equal([path], other.Store.ValidDerivers(outputs[0].Path));
        Assert.Equal(TempStore.Lines(temp.ReferenceOk("nix-store", "-q", "--outputs", drv)), TempStore.Lines(other.ReferenceOk("nix-store", "-q", "--outputs", drv)));
        other.AssertSound();
    }

    [Fact]
    public void DerivationWithAWrongOutputIsRefused()
    {
        using var temp = new TempStore();
        string expression = "derivation { name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; }";
        StorePath path = temp.Store.StoreDir.Parse(temp.ReferenceOk("nix-instantiate", "--expr", expression).Trim());
        string text = Encoding.UTF8.GetString(temp.Store.ReadFile(path));
        string output = temp.Store.DerivationOutputs(path)[0].Path.HashPart;
        var error = Assert.Throws<StoreException>(() => temp.AddText("x.drv", text.Replace(output, new string('0', 32))));
        Assert.Contains("incorrect output", error.Message);
        Assert.Equal("while checking derivation '", error.Trace![..27]);
        Assert.Single(temp.Store.AllValid());
    }

    [Fact]
    public void ReadOnlyStoreAnswersAndRefuses()
    {
        using var temp = new TempStore();
        StorePath path = temp.AddText("note", "text");
        temp.Reopen();
        using var reader = new LocalStore(temp.Options with { ReadOnly = true });
        Assert.True(reader.IsValid(path));
        Assert.Equal("text", Encoding.UTF8.GetString(reader.ReadFile(path)));
        Assert.Throws<Sqlite.SqliteException>(() => reader.Register([reader.Get(path) with { Path = new StorePath(new byte[20], "new"), ContentAddress = null }]));
        using var empty = new TempStore(options => options with { ReadOnly = true });
        Assert.Equal("database does not exist, and cannot be created in read-only mode", Assert.Throws<StoreException>(() => empty.Store.IsValid(path)).Message);
    }

    [Fact]
    public void SymlinkedStoreIsRefused()
    {
        using var temp = new TempStore();
        string link = temp.Scratch("link");
        File.CreateSymbolicLink(link, temp.Root);
        using var store = new LocalStore(LocalStoreOptions.UnderRoot(link, StoreDir.Default));
        Assert.Equal("the path \"" + link + "\" is a symlink; this is not allowed for the Nix store and its parent directories", Assert.Throws<StoreException>(store.Open).Message);
    }
}
