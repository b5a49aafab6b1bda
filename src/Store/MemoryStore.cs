using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;

namespace Firn.Store;

/// <summary>A store in memory: for tests, and for evaluation that is to write nothing.</summary>
public sealed class MemoryStore(StoreDir storeDir) : IStore, IPathGraph, INarAdder, ITextAdder, IRegistrar, IRealisations
{
    private readonly object _lock = new();
    private readonly SortedDictionary<StorePath, (PathInfo Info, byte[] Nar)> _objects = [];
    private readonly Dictionary<StorePath, IReadOnlyList<DerivationOutputPath>> _outputs = [];
    private readonly Dictionary<DerivationOutputId, Realisation> _realisations = [];

    public StoreDir StoreDir { get; } = storeDir;

    public StoreReference Reference { get; } = new() { Scheme = "dummy" };

    public bool? Trusted => true;

    public string? Version => null;

    public void Connect() { }

    public void Dispose() { }

    public PathInfo? Find(StorePath path)
    {
        lock (_lock) return _objects.TryGetValue(path, out var found) ? found.Info : null;
    }

    public bool IsValid(StorePath path) => Find(path) != null;

    public IReadOnlyList<StorePath> AllValid()
    {
        lock (_lock) return [.. _objects.Keys];
    }

    public IReadOnlyList<StorePath> Referrers(StorePath path) => Where(info => Contains(info.References, path));

    public IReadOnlyList<StorePath> ValidDerivers(StorePath path) => Where(info =>
    {
        if (!_outputs.TryGetValue(info.Path, out IReadOnlyList<DerivationOutputPath>? outputs)) return false;
        foreach (DerivationOutputPath output in outputs)
            if (output.Path == path) return true;
        return false;
    });

    private List<StorePath> Where(Func<PathInfo, bool> condition)
    {
        var found = new List<StorePath>();
        lock (_lock)
            foreach (var (path, (info, _)) in _objects)
                if (condition(info)) found.Add(path);
        return found;
    }

    private static bool Contains(IReadOnlyList<StorePath> paths, StorePath path)
    {
        foreach (StorePath each in paths)
            if (each == path) return true;
        return false;
    }

    public IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation)
    {
        lock (_lock)
            return !_objects.ContainsKey(derivation) ? throw new InvalidPathException(StoreDir, derivation)
                : _outputs.TryGetValue(derivation, out IReadOnlyList<DerivationOutputPath>? outputs) ? outputs : [];
    }

    public StorePath? FindByHashPart(string hashPart)
    {
        foreach (StorePath path in AllValid())
            if (path.HashPart == hashPart) return path;
        return null;
    }

    private byte[] Nar(StorePath path)
    {
        lock (_lock) return _objects.TryGetValue(path, out var found) ? found.Nar : throw new InvalidPathException(StoreDir, path);
    }

    public void WriteNar(StorePath path, IByteSink to) => to.Write(Nar(path));

    public byte[] ReadFile(StorePath path, string inside = "")
    {
        return NarContents.ReadFile(StoreDir, path, new MemoryStream(Nar(path), writable: false), inside);
    }

    public void AddNar(PathInfo info, Stream nar, bool repair = false)
    {
        if (!repair && IsValid(info.Path)) return;
        var copy = new ByteBuffer();
        NarReader.Read(nar, new NarWriter(copy));
        Hash hash = Hash.Sha256(copy.Span);
        if (hash != info.NarHash)
            throw new StoreException("hash mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarHash.ToString(HashFormat.Nix32, true) + "\n  got:       " + hash.ToString(HashFormat.Nix32, true));
        if ((ulong)copy.Length != info.NarSize)
            throw new StoreException("size mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarSize + "\n  got:       " + copy.Length);
        Put(info, copy.ToArray());
        if (info.Path.IsDerivation && NarFileFinder.Find(new MemoryStream(copy.ToArray(), writable: false), "") is { } text)
            Remember(new TextObject { Path = info.Path, Contents = text, References = info.References });
    }

    private void Put(PathInfo info, byte[] nar)
    {
        lock (_lock)
        {
            foreach (StorePath reference in info.References)
                if (reference != info.Path && !_objects.ContainsKey(reference)) throw new InvalidPathException(StoreDir, reference);
            _objects[info.Path] = (info, nar);
        }
    }

    public StorePath AddText(string name, ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false)
    {
        StorePath path = StoreDir.MakeText(name, Hash.Sha256(contents.Span), references);
        AddTexts([new TextObject { Path = path, Contents = contents, References = references }]);
        return path;
    }

    public void AddTexts(IReadOnlyList<TextObject> texts)
    {
        foreach (TextObject text in texts)
        {
            if (IsValid(text.Path)) continue;
            var nar = new ByteBuffer();
            NarWriter.WriteFile(text.Contents.Span, false, nar);
            Put(new PathInfo
            {
                Path = text.Path,
                NarHash = Hash.Sha256(nar.Span),
                NarSize = (ulong)nar.Length,
                References = text.References,
                ContentAddress = new ContentAddress(ContentAddressMethod.Text, Hash.Sha256(text.Contents.Span)),
            }, nar.ToArray());
            if (text.Path.IsDerivation) Remember(text);
        }
    }

    private void Remember(TextObject text)
    {
        if (text.DerivationOutputs is not { } outputs)
        {
            var found = new List<DerivationOutputPath>();
            foreach (var (name, output) in Formats.Derivations.DerivationReader.Parse(text.Contents.Span, text.Path.DerivationName, StoreDir).OutputPaths(StoreDir))
                if (output is { } known) found.Add(new DerivationOutputPath(name, known));
            outputs = found;
        }
        lock (_lock) _outputs[text.Path] = outputs;
    }

    public void Register(IReadOnlyCollection<PathInfo> infos)
    {
        lock (_lock)
            foreach (PathInfo info in infos)
                _objects[info.Path] = _objects.TryGetValue(info.Path, out var known)
                    ? (known.Info with { NarHash = info.NarHash, NarSize = info.NarSize, Ultimate = info.Ultimate, Signatures = info.Signatures, ContentAddress = info.ContentAddress }, known.Nar)
                    : throw new StoreException("path '" + StoreDir.Print(info.Path) + "' has no contents");
    }

    public void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures)
    {
        lock (_lock)
        {
            if (!_objects.TryGetValue(path, out var known)) throw new InvalidPathException(StoreDir, path);
            var all = new SortedSet<string>(known.Info.Signatures, StringComparer.Ordinal);
            all.UnionWith(signatures);
            _objects[path] = (known.Info with { Signatures = [.. all] }, known.Nar);
        }
    }

    public Realisation? FindRealisation(DerivationOutputId output)
    {
        lock (_lock) return _realisations.GetValueOrDefault(output);
    }

    public void RegisterRealisation(Realisation realisation)
    {
        lock (_lock)
        {
            if (!_objects.ContainsKey(realisation.OutPath)) throw new InvalidPathException(StoreDir, realisation.OutPath);
            var signatures = new SortedSet<string>(realisation.Signatures, StringComparer.Ordinal);
            if (_realisations.TryGetValue(realisation.Id, out Realisation? known))
            {
                if (known.OutPath != realisation.OutPath) throw RealisationConflictException.Of(StoreDir, known, realisation);
                signatures.UnionWith(known.Signatures);
            }
            _realisations[realisation.Id] = realisation with { Signatures = [.. signatures] };
        }
    }
}
