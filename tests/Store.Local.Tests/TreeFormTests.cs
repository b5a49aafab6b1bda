using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Store.Local.Tests;

/// <summary>Trees that are hashed as Git does, or whose names cannot stay as they are.</summary>
public sealed class TreeFormTests
{
    private static byte[] Colliding()
    {
        var nar = new ByteBuffer();
        var writer = new NarWriter(nar);
        writer.BeginDirectory();
        foreach (string name in new[] { "A.h", "B", "a.H", "a.h" })
        {
            writer.Entry(System.Text.Encoding.ASCII.GetBytes(name));
            writer.BeginRegular(false, name.Length);
            writer.Contents(System.Text.Encoding.ASCII.GetBytes(name));
            writer.EndRegular();
        }
        writer.EndDirectory();
        return nar.ToArray();
    }

    [Fact]
    public void NamesThatDifferByCaseComeBackAsTheyWere()
    {
        using var temp = new TempStore(options => options with { UseCaseHack = true });
        string place = temp.Scratch("tree");
        LocalStore.RestoreOrdinary(new MemoryStream(Colliding()), place, caseHack: true);
        Assert.Equal(["A.h", "B", "a.H~nix~case~hack~1", "a.h~nix~case~hack~2"], Directory.GetFiles(place).Select(f => Path.GetFileName(f)).Order(System.StringComparer.Ordinal));
        var again = new ByteBuffer();
        LocalStore.DumpTree(place, again, caseHack: true);
        Assert.Equal(Colliding(), again.ToArray());

        StorePath path = temp.Store.Add(new Source { Name = "tree", File = place }).Path;
        Assert.True(File.Exists(temp.Store.RealPath(path) + "/a.h~nix~case~hack~2"));
        Assert.Equal(Colliding(), temp.Nar(path));
        Assert.False(temp.Store.Verify(checkContents: true, null));
        File.WriteAllText(place + "/B~nix~case~hack~1", "");
        Assert.StartsWith("file name collision between", Assert.Throws<StoreException>(() => LocalStore.DumpTree(place, again, caseHack: true)).Message);
    }

    [Fact]
    public void NamesThatLookLikeThoseGivenCollide()
    {
        var nar = new ByteBuffer();
        var writer = new NarWriter(nar);
        writer.BeginDirectory();
        foreach (string name in (string[])["Test", "Test~nix~case~hack~1", "test"])
        {
            writer.Entry(System.Text.Encoding.ASCII.GetBytes(name));
            writer.Symlink("x"u8);
        }
        writer.EndDirectory();
        using var temp = new TempStore();
        StoreException e = Assert.Throws<StoreException>(() => LocalStore.RestoreOrdinary(new MemoryStream(nar.ToArray()), temp.Scratch("tree"), caseHack: true));
        Assert.Equal("NAR contains file name 'test' that collides with case-hacked file name 'Test~nix~case~hack~1'", e.Message);
    }

    [Fact]
    public void TreeIsAddressedByGitsHash()
    {
        using var temp = new TempStore(options => options with { GitHashing = true });
        string tree = temp.Scratch("tree");
        Directory.CreateDirectory(tree);
        File.WriteAllText(tree + "/hello", "Hello World!\n");
        PathInfo info = temp.Store.Add(new Source { Name = "tree", File = tree, Method = ContentAddressMethod.Git, Algorithm = HashAlgorithm.Sha1 });
        Assert.Equal(ContentAddressMethod.Git, info.ContentAddress!.Value.Method);
        Assert.Equal(info.ContentAddress.Value.Hash, LocalStore.HashGit(tree, HashAlgorithm.Sha1));
        Assert.True(info.IsContentAddressed(temp.Store.StoreDir));
        // The contents are checked where they arrive.
        using var other = new TempStore(options => options with { GitHashing = true });
        other.Store.AddNar(info, new MemoryStream(temp.Nar(info.Path)));
        Assert.Equal(info.ContentAddress, other.Store.Get(info.Path).ContentAddress);
        using var without = new TempStore();
        Assert.StartsWith("experimental Nix feature 'git-hashing' is disabled", Assert.Throws<StoreException>(() => without.Store.AddNar(info, new MemoryStream(temp.Nar(info.Path)))).Message);
        Assert.Throws<StoreException>(() => without.Store.Add(new Source { Name = "tree", File = tree, Method = ContentAddressMethod.Git, Algorithm = HashAlgorithm.Sha1 }));
    }
}
