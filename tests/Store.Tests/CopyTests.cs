using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Logging;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Tests;

public class CopyTests
{
    private sealed class Log : IActivityLog
    {
        public List<string> Starts { get; } = [];

        public List<(ulong Activity, ResultType Type, string Fields)> Results { get; } = [];

        public int Open { get; private set; }

        public Verbosity Verbosity => Verbosity.Info;

        void IActivityLog.Log(Verbosity level, string text) => Assert.Fail(text);

        public ulong Start(Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong? parent)
        {
            Starts.Add($"{type}: {text} [{string.Join(' ', fields.ToArray().Select(f => f.Text))}]");
            Open++;
            return (ulong)Starts.Count;
        }

        public void Stop(ulong activity) => Open--;

        public void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields) =>
            Results.Add((activity, type, string.Join(' ', fields.ToArray().Select(f => f.Number))));

        public IDisposable Enter(ulong activity) => new MemoryStream();
    }

    /// <summary>A store elsewhere that has a cache of its own to take paths from.</summary>
    private sealed class Remote(MemoryStore paths, MemoryStore cache) : IStore, INarAdder, IRemoteSubstitution
    {
        public StoreReference Reference => paths.Reference;

        public bool? Trusted => true;

        public string? Version => null;

        public StoreDir StoreDir => paths.StoreDir;

        public void Connect() => paths.Connect();

        public PathInfo? Find(StorePath path) => paths.Find(path);

        public bool IsValid(StorePath path) => paths.IsValid(path);

        public void WriteNar(StorePath path, IByteSink to) => paths.WriteNar(path, to);

        public byte[] ReadFile(StorePath path, string inside) => paths.ReadFile(path, inside);

        public void AddNar(PathInfo info, Stream nar, bool repair) => paths.AddNar(info, nar, repair);

        public IReadOnlySet<StorePath> SubstituteAndFilter(IReadOnlyCollection<StorePath> wanted)
        {
            foreach (StorePath path in wanted)
                if (!paths.IsValid(path) && cache.Find(path) is { } info) paths.AddNar(info, new MemoryStream(Nar(cache, path)));
            return new HashSet<StorePath>(wanted.Where(paths.IsValid));
        }

        public void Dispose() { }
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void TheTargetTakesWhatItCanFromItsOwnSubstituters(bool substitute, int copied)
    {
        MemoryStore from = new(StoreDir.Default), to = new(StoreDir.Default), cache = new(StoreDir.Default);
        StorePath low = AddBuilt(from, "low", 10), top = AddBuilt(from, "top", 20, low);
        AddBuilt(cache, "low", 10);
        var log = new Log();
        PathCopier.Copy(from, new Remote(to, cache), [low, top], new CopyOptions { Substitute = substitute, Activities = log });
        Assert.True(to.IsValid(low) && to.IsValid(top));
        Assert.Contains($"CopyPaths: copying {copied} paths []", log.Starts);
    }

    /// <summary>Adds a path whose name does not follow from its contents, as those of builds are.</summary>
    private static StorePath AddBuilt(MemoryStore store, string name, int size, params StorePath[] references)
    {
        var path = new StorePath(Hash.Sha256(System.Text.Encoding.UTF8.GetBytes(name)).ToString(HashFormat.Nix32, false)[..32] + "-" + name);
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        var nar = new ByteBuffer();
        NarWriter.WriteFile(content, false, nar);
        Array.Sort(references);
        store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar.Span), NarSize = (ulong)nar.Length, References = references, Ultimate = true }, new MemoryStream(nar.ToArray()));
        return path;
    }

    private static byte[] Nar(MemoryStore store, StorePath path)
    {
        var nar = new ByteBuffer();
        store.WriteNar(path, nar);
        return nar.ToArray();
    }

    [Fact]
    public void ClosureArrivesWhole()
    {
        var from = new MemoryStore(StoreDir.Default);
        var to = new MemoryStore(StoreDir.Default);
        // The second is too long for memory.
        StorePath small = AddBuilt(from, "small", 10), large = AddBuilt(from, "large", 9_000_001, small), top = AddBuilt(from, "top", 3, large);
        StorePath other = AddBuilt(from, "other", 4);
        var log = new Log();
        PathCopier.CopyClosure(from, to, [top], new CopyOptions { Activities = log });
        Assert.Equal(new[] { small, large, top }.Order(), to.AllValid());
        Assert.Equal(Nar(from, large), Nar(to, large));
        Assert.Equal([small], to.Get(large).References);
        Assert.False(to.Get(top).Ultimate);
        Assert.False(to.IsValid(other));
        string first = from.StoreDir.Print(small);
        Assert.Equal("CopyPaths: copying 3 paths []", log.Starts[0]);
        Assert.Equal($"CopyPath: copying path '{first}' from 'dummy://' to 'dummy://' [{first} dummy:// dummy://]", log.Starts[1]);
        ulong size = from.Get(small).NarSize + from.Get(large).NarSize + from.Get(top).NarSize;
        Assert.Equal((1UL, ResultType.SetExpected, $"{(int)ActivityType.CopyPath} {size}"), log.Results[0]);
        Assert.Contains((2UL, ResultType.Progress, $"{from.Get(small).NarSize} {from.Get(small).NarSize} 0 0"), log.Results);
        Assert.Equal((1UL, ResultType.Progress, "3 3 0 0"), log.Results[^1]);
        Assert.Equal(0, log.Open);

        log.Starts.Clear();
        PathCopier.CopyClosure(from, to, [top], new CopyOptions { Activities = log });
        Assert.Equal(["CopyPaths: copying 0 paths []"], log.Starts);
    }

    [Fact]
    public void ContentAddressedPathIsNamedForTheOtherDirectory()
    {
        var from = new MemoryStore(StoreDir.Default);
        var to = new MemoryStore(new StoreDir("/other/store"));
        StorePath path = from.AddText("a", "text"u8.ToArray(), []);
        SortedDictionary<StorePath, StorePath> names = PathCopier.Copy(from, to, [path], new CopyOptions());
        Assert.NotEqual(path, names[path]);
        Assert.Equal([names[path]], to.AllValid());
        Assert.True(to.Get(names[path]).IsContentAddressed(to.StoreDir));
    }

    [Fact]
    public void FailureOfTheProducerReachesTheReader()
    {
        using var stream = new SinkToStream(sink =>
        {
            sink.Write(new byte[600_000]);
            throw new StoreException("lost");
        });
        byte[] buffer = new byte[600_000];
        stream.ReadExactly(buffer);
        Assert.Equal("lost", Assert.Throws<StoreException>(() => stream.Read(buffer)).Message);
    }

    [Fact]
    public void ProducerEndsWithItsReader()
    {
        bool ended = false;
        using (var stream = new SinkToStream(sink =>
        {
            try
            {
                while (true) sink.Write(new byte[100_000]);
            }
            finally
            {
                ended = true;
            }
        }))
            stream.ReadExactly(new byte[10]);
        Assert.True(ended);
        using var unread = new SinkToStream(_ => throw new InvalidOperationException());
    }

    [Fact]
    public void SignaturesCount()
    {
        var store = new MemoryStore(StoreDir.Default);
        StorePath path = AddBuilt(store, "built", 5), text = store.AddText("text", "t"u8.ToArray(), []);
        SecretKey key = SecretKey.Generate("key-1"), sameName = SecretKey.Generate("key-1");
        PathInfo info = store.Get(path), signed = info.WithSignatures(store.StoreDir, [key]);
        Assert.Equal(0, info.CountGoodSignatures(store.StoreDir, [key.PublicKey]));
        Assert.Equal(1, signed.CountGoodSignatures(store.StoreDir, [key.PublicKey]));
        Assert.Equal(0, signed.CountGoodSignatures(store.StoreDir, [sameName.PublicKey]));
        Assert.Equal(0, (signed with { NarSize = signed.NarSize + 1 }).CountGoodSignatures(store.StoreDir, [key.PublicKey]));
        Assert.Equal(0, (info with { Signatures = ["nonsense", "key-1:AAAA"] }).CountGoodSignatures(store.StoreDir, [key.PublicKey]));
        Assert.Equal(PathSignatures.Enough, store.Get(text).CountGoodSignatures(store.StoreDir, []));
        Assert.Same(signed, signed.WithSignatures(store.StoreDir, [key]));
    }
}
