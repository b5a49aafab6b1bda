using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Contract;

/// <summary>What every store that has these abilities does. Each implementation has a class of its own that inherits this.</summary>
public abstract class StoreContract<TStore> : IDisposable
    where TStore : class, IPathInfos, IPathGraph, IStoreContents, INarAdder, ITextAdder, ISignatureAdder, IRealisations
{
    private const string Derivation = """Derive([("out","/nix/store/OUT-x","","")],[],[],"x86_64-linux","/bin/sh",[],[("builder","/bin/sh"),("name","x"),("out","/nix/store/OUT-x"),("system","x86_64-linux")])""";

    /// <summary>An empty store with the usual directory.</summary>
    protected abstract TStore Create();

    public abstract void Dispose();

    private static StorePath Add(TStore store, string name, string text, params StorePath[] references)
    {
        Array.Sort(references);
        return store.AddText(name, Encoding.UTF8.GetBytes(text), references);
    }

    protected static byte[] Nar(Action<INarSink> write)
    {
        var buffer = new ByteBuffer();
        write(new NarWriter(buffer));
        return buffer.ToArray();
    }

    private static byte[] Nar(TStore store, StorePath path)
    {
        var buffer = new ByteBuffer();
        store.WriteNar(path, buffer);
        return buffer.ToArray();
    }

    private static StorePath Fake(string name) => new(Hash.Sha256(Encoding.UTF8.GetBytes(name)).Bytes[..20], name);

    [Fact]
    public void EmptyStoreKnowsNothing()
    {
        TStore store = Create();
        Assert.Null(store.Find(Fake("x")));
        Assert.False(store.IsValid(Fake("x")));
        Assert.Empty(store.AllValid());
        Assert.Empty(store.Referrers(Fake("x")));
        Assert.Empty(store.ValidDerivers(Fake("x")));
        Assert.Null(store.FindByHashPart(Fake("x").HashPart));
        Assert.Equal("path '" + store.StoreDir.Print(Fake("x")) + "' is not valid", Assert.Throws<InvalidPathException>(() => store.Get(Fake("x"))).Message);
        Assert.Throws<InvalidPathException>(() => store.WriteNar(Fake("x"), new CountingSink()));
        Assert.Throws<InvalidPathException>(() => store.DerivationOutputs(Fake("x.drv")));
        Assert.Throws<InvalidPathException>(() => store.AddSignatures(Fake("x"), ["a:b"]));
    }

    [Fact]
    public void TextIsFoundAgain()
    {
        TStore store = Create();
        StorePath leaf = Add(store, "leaf", "one"), top = Add(store, "top", "two", leaf);
        PathInfo info = store.Get(top);
        Assert.Equal(top, info.Path);
        Assert.Equal([leaf], info.References);
        Assert.Equal(NarWriter.HashFile("two"u8), info.NarHash);
        Assert.Equal((ulong)NarFormat.SizeOfFile(3), info.NarSize);
        Assert.Equal(new ContentAddress(ContentAddressMethod.Text, Hash.Sha256("two"u8)), info.ContentAddress);
        Assert.True(info.IsContentAddressed(store.StoreDir));
        Assert.Equal("two"u8.ToArray(), store.ReadFile(top));
        Assert.Equal(new[] { leaf, top }.Order(), store.AllValid());
        Assert.Equal([top], store.Referrers(leaf));
        Assert.Equal(top, store.FindByHashPart(top.HashPart));
        Assert.Equal(top, Add(store, "top", "two", leaf));
        Assert.Equal(new[] { leaf, top }.Order(), store.Closure([top]));
        Assert.Equal(new[] { leaf, top }.Order(), store.ReferrersClosure([leaf]));
        Assert.Equal([top, leaf], store.SortTopologically([leaf, top]));
    }

    [Fact]
    public void TreeIsReadByPlace()
    {
        TStore store = Create();
        byte[] nar = Nar(sink =>
        {
            sink.BeginDirectory();
            sink.Entry("a"u8);
            sink.BeginDirectory();
            sink.Entry("b"u8);
            sink.BeginRegular(false, 5);
            sink.Contents("inner"u8);
            sink.EndRegular();
            sink.EndDirectory();
            sink.Entry("c"u8);
            sink.Symlink("a/b"u8);
            sink.Entry("d"u8);
            sink.BeginRegular(true, 0);
            sink.EndRegular();
            sink.EndDirectory();
        });
        StorePath path = Fake("tree");
        store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length }, new MemoryStream(nar));
        Assert.Equal(nar, Nar(store, path));
        Assert.Equal("inner"u8.ToArray(), store.ReadFile(path, "a/b"));
        Assert.Empty(store.ReadFile(path, "d"));
        foreach (string wrong in new[] { "", "a", "c", "e", "a/b/c" })
            Assert.ThrowsAny<StoreException>(() => store.ReadFile(path, wrong));
    }

    [Fact]
    public void NarOfAValidPathIsNotRead()
    {
        TStore store = Create();
        byte[] nar = Nar(sink => sink.Symlink("x"u8));
        var info = new PathInfo { Path = Fake("link"), NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length };
        store.AddNar(info, new MemoryStream(nar));
        var second = new MemoryStream(nar);
        store.AddNar(info, second);
        Assert.Equal(0, second.Position);
        store.AddNar(info, second, repair: true);
        Assert.Equal(nar.Length, second.Position);
    }

    [Fact]
    public void BadNarsAndFactsAreRefused()
    {
        TStore store = Create();
        byte[] nar = Nar(sink => sink.Symlink("x"u8));
        var info = new PathInfo { Path = Fake("link"), NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length };
        Assert.Contains("hash mismatch importing path", Assert.ThrowsAny<StoreException>(() => store.AddNar(info with { NarHash = Hash.Sha256(""u8) }, new MemoryStream(nar))).Message);
        Assert.Contains("size mismatch importing path", Assert.ThrowsAny<StoreException>(() => store.AddNar(info with { NarSize = 1 }, new MemoryStream(nar))).Message);
        Assert.Throws<InvalidPathException>(() => store.AddNar(info with { References = [Fake("missing")] }, new MemoryStream(nar)));
        Assert.ThrowsAny<Formats.FormatsException>(() => store.AddNar(info, new MemoryStream(nar[..40])));
        Assert.ThrowsAny<Formats.FormatsException>(() => store.AddNar(info, new MemoryStream("garbage that is no archive at all"u8.ToArray())));
        Assert.False(store.IsValid(info.Path));
        store.AddNar(info, new MemoryStream(nar));
        Assert.True(store.IsValid(info.Path));
    }

    [Fact]
    public void SignaturesAccumulate()
    {
        TStore store = Create();
        StorePath path = Add(store, "x", "y");
        store.AddSignatures(path, ["b:2"]);
        store.AddSignatures(path, ["a:1", "b:2"]);
        Assert.Equal(["a:1", "b:2"], store.Get(path).Signatures);
        if (store is not IRegistrar registrar) return;
        registrar.Register([store.Get(path) with { Signatures = ["c:3"], Ultimate = true }]);
        Assert.Equal(["c:3"], store.Get(path).Signatures);
        Assert.True(store.Get(path).Ultimate);
    }

    [Fact]
    public void DerivationsKnowTheirOutputs()
    {
        TStore store = Create();
        // The path follows from the derivation with its output left empty.
        string masked = Derivation.Replace("/nix/store/OUT-x", "");
        StorePath output = store.StoreDir.MakeOutput("out", Hash.Sha256(Encoding.UTF8.GetBytes(masked)), "x");
        byte[] text = Encoding.UTF8.GetBytes(Derivation.Replace("OUT", output.HashPart));
        StorePath derivation = store.AddText("x.drv", text, []);
        Assert.Equal([new DerivationOutputPath("out", output)], store.DerivationOutputs(derivation));
        Assert.Equal([derivation], store.ValidDerivers(output));
        byte[] nar = Nar(sink => sink.Symlink("built"u8));
        store.AddNar(new PathInfo { Path = output, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length, Deriver = derivation, Ultimate = true }, new MemoryStream(nar));
        Assert.Equal(derivation, store.Get(output).Deriver);
        Assert.Equal([derivation], store.Closure([derivation], includeOutputs: false, includeDerivers: false));
        Assert.Equal(new[] { derivation, output }.Order(), store.Closure([derivation], includeOutputs: true, includeDerivers: false));
        Assert.Equal(new[] { derivation, output }.Order(), store.Closure([output], includeOutputs: false, includeDerivers: true));
        Assert.Equal(new[] { derivation, output }.Order(), store.ReferrersClosure([output], includeOutputs: true, includeDerivers: false));
        Assert.Equal(new[] { derivation, output }.Order(), store.ReferrersClosure([derivation], includeOutputs: false, includeDerivers: true));
    }

    [Fact]
    public void RealisationsAreFoundByTheirOutput()
    {
        TStore store = Create();
        StorePath one = Add(store, "one", "1"), two = Add(store, "two", "2");
        DerivationOutputId id = new(Hash.Sha256("drv"u8), "out"), other = id with { OutputName = "dev" };
        Assert.Null(store.FindRealisation(id));
        Assert.Throws<InvalidPathException>(() => store.RegisterRealisation(new Realisation { Id = id, OutPath = Fake("none") }));
        store.RegisterRealisation(new Realisation { Id = id, OutPath = one, Signatures = ["b:AA=="] });
        store.RegisterRealisation(new Realisation { Id = other, OutPath = two });
        store.RegisterRealisation(new Realisation { Id = id, OutPath = one, Signatures = ["a:AA=="] });
        Assert.Equal(one, store.FindRealisation(id)!.OutPath);
        Assert.Equal(["a:AA==", "b:AA=="], store.FindRealisation(id)!.Signatures);
        Assert.Equal(two, store.FindRealisation(other)!.OutPath);
        Assert.Null(store.FindRealisation(id with { OutputName = "lib" }));
        StoreException e = Assert.Throws<RealisationConflictException>(() => store.RegisterRealisation(new Realisation { Id = id, OutPath = two }));
        Assert.Equal($"Trying to register a realisation of '{id}', but we already have another one locally.\nLocal:  {store.StoreDir.Print(one)}\nRemote: {store.StoreDir.Print(two)}", e.Message);
    }

    [Fact]
    public void ExportIsImportedElsewhere()
    {
        TStore store = Create();
        StorePath leaf = Add(store, "leaf", "one"), middle = Add(store, "middle", "two", leaf), top = Add(store, "top", "three", leaf, middle);
        var stream = new ByteBuffer();
        ExportFormat.Export(store, [top, leaf, middle], stream);
        var other = new MemoryStore(store.StoreDir);
        var added = new List<StorePath>();
        ExportFormat.Import(other, new MemoryStream(stream.ToArray()), added.Add);
        Assert.Equal([leaf, middle, top], added);
        foreach (StorePath path in added)
        {
            Assert.Equal(Nar(store, path), store.StoreDir == other.StoreDir ? NarOf(other, path) : []);
            Assert.Equal(store.Get(path).References, other.Get(path).References);
        }
        for (int cut = 0; cut < stream.Length; cut += 97)
            Assert.ThrowsAny<Exception>(() => ExportFormat.Import(new MemoryStore(store.StoreDir), new MemoryStream(stream.ToArray()[..cut]), _ => { }));
    }

    private static byte[] NarOf(MemoryStore store, StorePath path)
    {
        var buffer = new ByteBuffer();
        store.WriteNar(path, buffer);
        return buffer.ToArray();
    }
}
