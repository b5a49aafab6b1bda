using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Build.Preparation;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.References;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>Turns what a builder left into valid store objects: moved, made canonical, scanned, compared and registered.</summary>
internal sealed class OutputRegistration(BuildContext context, StorePath derivationPath, Derivation derivation, DerivationOptions options, BuildMode mode)
{
    private readonly BuildStore _store = context.Store;
    private readonly HashSet<FileIdentity> _seen = [];

    /// <summary>Outputs left beside the registered ones for a look at the difference.</summary>
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    /// <summary>The user that the files must belong to, or null where it is the caller.</summary>
    public BuildUser? User { get; init; }

    /// <summary>Whether others could still hold the files open for writing, so that they must be copied.</summary>
    public bool Copy { get; init; }

    /// <summary>Whether the builder wrote directly into the store.</summary>
    public required bool InPlace { get; init; }

    /// <summary>Where the builder wrote, as messages name it.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>The directory that the builder worked in.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Ends what is run to look at the outputs.</summary>
    public required CancellationToken Cancel { get; init; }

    /// <summary>The paths that floating outputs had before, to compare with; null where nothing is compared.</summary>
    public IReadOnlyDictionary<string, StorePath>? Before { get; init; }

    /// <summary>Where the contents came from, for messages, or null.</summary>
    public string? Url { get; init; }

    private StoreDir Dir => _store.Infos.StoreDir;

    /// <summary>Does it all.</summary>
    /// <param name="outputs">All outputs.</param>
    /// <param name="valid">Those that were valid before and are not to be registered, with their paths.</param>
    /// <param name="made">The directory that the builder's outputs are in, under the base names of their scratch paths.</param>
    /// <param name="inputs">Paths that outputs can refer to.</param>
    /// <returns>The path of each output.</returns>
    /// <exception cref="BuildException">An output is missing or not as it must be.</exception>
    public IReadOnlyDictionary<string, StorePath> Register(
        IReadOnlyList<PlannedOutput> outputs, IReadOnlyDictionary<string, StorePath> valid, Posix.DirectoryHandle made, IReadOnlyCollection<StorePath> inputs)
    {
        // What is written where it belongs is read once; what has to be corrected is read before that for its references.
        List<StorePath> candidates = [.. inputs, .. outputs.Select(o => o.Scratch)];
        Dictionary<string, PathInfo> infos = new(StringComparer.Ordinal);
        Dictionary<string, StorePath> paths = new(valid, StringComparer.Ordinal);
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        List<IDisposable> locks = [];
        try
        {
            Dictionary<string, Scanned> scanned = new(StringComparer.Ordinal);
            foreach (PlannedOutput output in outputs)
            {
                if (!valid.ContainsKey(output.Name))
                {
                    places[output.Name] = Move(output, made);
                    scanned[output.Name] = Scan(output, places[output.Name], candidates);
                }
            }

            Dictionary<string, string> corrections = new(StringComparer.Ordinal);
            foreach (PlannedOutput output in outputs)
            {
                if ((valid.TryGetValue(output.Name, out StorePath path) ? path : output.Known) is { } final && final != output.Scratch)
                {
                    corrections[output.Scratch.HashPart] = final.HashPart;
                }
            }

            foreach (string name in InOrder(outputs, scanned))
            {
                PlannedOutput output = outputs.First(o => o.Name == name);
                PathInfo info = derivation.Output(name) is DerivationOutput.Floating or DerivationOutput.Impure
                    ? ExamineFloating(output, places[name], scanned[name], corrections)
                    : Examine(output, places[name], scanned[name], corrections);
                infos[name] = info;
                paths[name] = info.Path;
            }

            CheckFixed(infos, places);
            new OutputChecker(_store.Infos, derivationPath, infos).Check(options);
            if (mode == BuildMode.Check)
            {
                Compare(infos, places);
                return paths;
            }

            List<PathInfo> fresh = [];
            foreach ((string name, PathInfo info) in infos)
            {
                if (Place(outputs.First(o => o.Name == name), info, places[name], locks))
                {
                    _store.Trees.Settle(_store.Paths.RealPath(info.Path), mode == BuildMode.Repair);
                    fresh.Add(info);
                }
            }

            IReadOnlyList<Formats.Signing.SecretKey> keys = context.Settings.SecretKeys();
            _store.Registrar.Register([.. fresh.Select(info => info.WithSignatures(Dir, keys))]);
            places.Clear();
            return paths;
        }
        finally
        {
            foreach (string place in places.Values)
            {
                if (!_kept.Contains(place))
                {
                    _store.Trees.Delete(place);
                }
            }

            foreach (IDisposable held in locks)
            {
                held.Dispose();
            }
        }
    }

    /// <summary>
    /// Takes an output out of the builder's reach: to its final place, or beside it where that is taken. No process of
    /// the build lives any more.
    /// </summary>
    private string Move(PlannedOutput output, Posix.DirectoryHandle made)
    {
        string written = output.Scratch.BaseName;
        string final = _store.Paths.RealPath(output.Known ?? output.Scratch);
        string shown = Path.Combine(OutputDirectory, written);
        if (made.Find(written) is not { } found)
        {
            throw Reject($"builder for '{Dir.Print(derivationPath)}' failed to produce output path for output '{output.Name}' at \"{shown}\"");
        }

        bool isLink = (found.Mode & 0xf000) == 0xa000;
        if ((!isLink && (found.Mode & 0x12) != 0) || (User is not null && found.Uid != User.Uid))
        {
            throw Reject($"suspicious ownership or permission on \"{shown}\" for output '{output.Name}'; rejecting this build output");
        }

        if (Method(output.Name) is ContentAddressMethod.Flat or ContentAddressMethod.Text && ((found.Mode & 0xf000) != 0x8000 || (found.Mode & 0x40) != 0))
        {
            throw Reject($"output path \"{shown}\" should be a non-executable regular file "
                + "since recursive hashing is not enabled (one of outputHashMode={flat,text} is true)");
        }

        string place = mode == BuildMode.Normal || output.Known is null ? final : final + ".check";
        if (InPlace && written == Path.GetFileName(place))
        {
            return place;
        }

        _store.Trees.Delete(place);
        made.MakeMovable(written, found.Mode);
        made.Move(written, place);
        return place;
    }

    private ContentAddressMethod? Method(string output) => derivation.Output(output) switch
    {
        DerivationOutput.Fixed known => known.Address.Method,
        DerivationOutput.Floating floating => floating.Method,
        DerivationOutput.Impure impure => impure.Method,
        _ => null,
    };

    /// <summary>Makes an output canonical and finds what it refers to; reads it for its hash too.</summary>
    private Scanned Scan(PlannedOutput output, string place, List<StorePath> candidates)
    {
        try
        {
            // Before anything is read, which a link to a foreign file could be meant for.
            _store.Trees.Canonicalise(place, User is { } user ? ((uint)user.Uid, (uint)(user.Uid + user.Count - 1)) : null, _seen);
        }
        catch (StoreException e)
        {
            throw Reject(e.Message);
        }

        if (Copy)
        {
            CopyAnew(place, ImmutableDictionary<string, string>.Empty);
        }

        ReferenceScanner scanner = new(options.UnsafeDiscardReferences.Contains(output.Name) ? [] : candidates);
        Hasher nar = new(HashAlgorithm.Sha256);
        _store.Trees.WriteNar(place, new TeeSink(nar, scanner));
        ulong size = nar.Count;
        return new Scanned(scanner.Found, nar.Finish(), size);
    }

    /// <summary>An output whose place is known.</summary>
    private PathInfo Examine(PlannedOutput output, string place, Scanned scanned, Dictionary<string, string> corrections)
    {
        StorePath path = output.Known!.Value;
        scanned = Correct(place, scanned, corrections);
        ContentAddress? address = null;
        if (derivation.Output(output.Name) is DerivationOutput.Fixed wanted)
        {
            address = wanted.Address with
            {
                Hash = wanted.Address is { Method: ContentAddressMethod.NixArchive, Hash.Algorithm: HashAlgorithm.Sha256 }
                    ? scanned.NarHash
                    : _store.Trees.HashContents(place, wanted.Address.Method, wanted.Address.Hash.Algorithm, path.HashPart),
            };
        }

        return Info(path, scanned, [.. Corrected(scanned.References, corrections).Order()]) with { ContentAddress = address };
    }

    /// <summary>An output whose place follows from its contents, which may name that place.</summary>
    private PathInfo ExamineFloating(PlannedOutput output, string place, Scanned scanned, Dictionary<string, string> corrections)
    {
        (ContentAddressMethod method, HashAlgorithm algorithm) = derivation.Output(output.Name) switch
        {
            DerivationOutput.Floating floating => (floating.Method, floating.Algorithm),
            DerivationOutput.Impure impure => (impure.Method, impure.Algorithm),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        bool self = scanned.References.Contains(output.Scratch);
        Scanned others = Correct(place, scanned, corrections);
        ContentAddress address = new(method, !self && method == ContentAddressMethod.NixArchive && algorithm == HashAlgorithm.Sha256
            ? others.NarHash
            : _store.Trees.HashContents(place, method, algorithm, output.Scratch.HashPart));
        SortedSet<StorePath> references = [.. Corrected(scanned.References.Where(r => r != output.Scratch), corrections)];
        StorePath path;
        try
        {
            path = Dir.MakeFromContentAddress(StoreDir.OutputName(derivation.Name, output.Name), address, [.. references], self);
        }
        catch (Firn.Formats.FormatsException e)
        {
            throw Reject(e.Message);
        }

        corrections[output.Scratch.HashPart] = path.HashPart;
        Scanned all = Correct(place, others with { References = self ? [output.Scratch] : [] }, corrections);
        if (self)
        {
            references.Add(path);
        }

        return Info(path, all, [.. references]) with { ContentAddress = address };
    }

    private PathInfo Info(StorePath path, Scanned scanned, IReadOnlyList<StorePath> references) => new()
    {
        Path = path,
        NarHash = scanned.NarHash,
        NarSize = scanned.NarSize,
        References = references,
        Deriver = derivationPath,
        Ultimate = true,
    };

    /// <summary>Puts the final hash parts into an output that names others; nothing is done where it names none of them.</summary>
    private Scanned Correct(string place, Scanned scanned, Dictionary<string, string> corrections)
    {
        // Where references are not to be looked for, the contents may name anything.
        if (corrections.Count == 0 || (!scanned.References.Any(r => corrections.ContainsKey(r.HashPart)) && options.UnsafeDiscardReferences.Count == 0))
        {
            return scanned;
        }

        CopyAnew(place, corrections);
        Hasher nar = new(HashAlgorithm.Sha256);
        _store.Trees.WriteNar(place, nar);
        ulong size = nar.Count;
        return scanned with { NarHash = nar.Finish(), NarSize = size };
    }

    private static IEnumerable<StorePath> Corrected(IEnumerable<StorePath> references, Dictionary<string, string> corrections)
    {
        foreach (StorePath reference in references)
        {
            yield return corrections.TryGetValue(reference.HashPart, out string? final) ? new StorePath(final + "-" + reference.Name) : reference;
        }
    }

    /// <summary>Puts an output where it belongs. False where the same contents are there already.</summary>
    private bool Place(PlannedOutput output, PathInfo info, string place, List<IDisposable> locks)
    {
        string final = _store.Paths.RealPath(info.Path);
        if (mode == BuildMode.Repair && (output.Known is not null || _store.Infos.IsValid(info.Path)))
        {
            Replace(info.Path, place);
            return true;
        }

        if (place == final)
        {
            return true;
        }

        // Another build may make the same contents.
        IOutputLock held = _store.Locks.Lock([info.Path]);
        held.DeleteOnRelease();
        locks.Add(held);
        _store.TempRoots.AddTempRoot(info.Path);
        if (_store.Infos.Find(info.Path) is { } there)
        {
            _store.Trees.Delete(place);
            if (!there.Ultimate)
            {
                _store.Registrar.Register([there with { Ultimate = true }]);
            }

            return false;
        }

        _store.Trees.Delete(final);
        Rename(place, final);
        return true;
    }

    /// <summary>Makes the tree anew of files that nobody has open.</summary>
    private void CopyAnew(string place, IReadOnlyDictionary<string, string> corrections)
    {
        string nar = place + ".nar";
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        File.Delete(nar);
        using FileStream file = new(nar, options);
        Rewriter sink = new(corrections, new StreamSink(file));
        _store.Trees.WriteNar(place, sink);
        sink.Flush();
        file.Position = 0;
        string copy = place + ".new";
        _store.Trees.Delete(copy);
        try
        {
            _store.Trees.RestoreNar(file, copy);
            _store.Trees.Delete(place);
            Rename(copy, place);
        }
        catch
        {
            _store.Trees.Delete(copy);
            throw;
        }
    }

    /// <summary>A fixed output with another hash is registered where its own hash puts it, so that a corrected derivation finds it there.</summary>
    private void CheckFixed(Dictionary<string, PathInfo> infos, Dictionary<string, string> places)
    {
        foreach ((string name, PathInfo info) in infos)
        {
            if (derivation.Output(name) is not DerivationOutput.Fixed wanted)
            {
                continue;
            }

            if (info.References.Count > 0 && (wanted.Address.Method != ContentAddressMethod.NixArchive || wanted.Address.Hash.Algorithm != HashAlgorithm.Sha256))
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"fixed output derivation '{info.Path.Name}' is not allowed to refer to other store paths.\n"
                    + "You may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details.");
            }

            if (info.ContentAddress!.Value.Hash != wanted.Address.Hash)
            {
                if (mode != BuildMode.Check && info.References.Count == 0)
                {
                    Keep(info, places[name]);
                }

                throw new BuildException(BuildStatus.HashMismatch,
                    $"hash mismatch in fixed-output derivation '{Dir.Print(derivationPath)}':\n"
                    + $"  specified: {wanted.Address.Hash.ToString(HashFormat.Sri, true)}\n"
                    + $"     got:    {info.ContentAddress.Value.Hash.ToString(HashFormat.Sri, true)}"
                    + (Url is null ? "" : $"\n     from:   {Url}"));
            }

            if (info.References.Count > 0)
            {
                throw new BuildException(BuildStatus.HashMismatch,
                    $"fixed-output derivations must not reference store paths: '{Dir.Print(derivationPath)}' references {info.References.Count} distinct paths, e.g. '{Dir.Print(info.References[0])}'");
            }
        }
    }

    private void Keep(PathInfo info, string from)
    {
        PathInfo actual = info with { Path = Dir.MakeFromContentAddress(info.Path.Name, info.ContentAddress!.Value) };
        using IOutputLock? held = _store.Locks.TryLock([actual.Path]);
        if (held is null || _store.Infos.IsValid(actual.Path))
        {
            return;
        }

        string place = _store.Paths.RealPath(actual.Path);
        _store.Trees.Delete(place);

        _store.TempRoots.AddTempRoot(actual.Path);
        Rename(from, place);
        _store.Registrar.Register([actual]);
        held.DeleteOnRelease();
    }

    /// <summary>Names of the outputs, each behind those it refers to.</summary>
    private List<string> InOrder(IReadOnlyList<PlannedOutput> outputs, Dictionary<string, Scanned> scanned)
    {
        Dictionary<StorePath, string> names = outputs.ToDictionary(o => o.Scratch, o => o.Name);
        Dictionary<string, bool> finished = new(StringComparer.Ordinal);
        List<string> order = [];
        void Visit(string name, string parent)
        {
            if (finished.TryGetValue(name, out bool done))
            {
                if (!done)
                {
                    throw Reject($"cycle detected in build of '{Dir.Print(derivationPath)}' in the references of output '{name}' from output '{parent}'");
                }

                return;
            }

            finished[name] = false;
            foreach (StorePath reference in scanned[name].References)
            {
                if (names.TryGetValue(reference, out string? other) && other != name && scanned.ContainsKey(other))
                {
                    Visit(other, name);
                }
            }

            finished[name] = true;
            order.Add(name);
        }

        foreach (string name in scanned.Keys.Order(StringComparer.Ordinal))
        {
            Visit(name, "");
        }

        return order;
    }

    private void Compare(Dictionary<string, PathInfo> infos, Dictionary<string, string> places)
    {
        foreach ((string name, PathInfo info) in infos)
        {
            // Other contents of a floating output have another path.
            StorePath path = Before?.GetValueOrDefault(name) is { BaseName: not null } before ? before : info.Path;
            // Nobody asked for an output that is not there.
            if (_store.Infos.Find(path) is not { } known)
            {
                continue;
            }

            if (known.NarHash == info.NarHash)
            {
                if (!known.Ultimate)
                {
                    _store.Registrar.Register([known with { Ultimate = true }]);
                }

                continue;
            }

            string real = _store.Paths.RealPath(path), kept = real + ".check";
            string text = $"derivation '{Dir.Print(derivationPath)}' may not be deterministic: output \"{real}\" differs";
            if (context.Settings.KeepFailed || context.Settings.DiffHook.Length > 0)
            {
                if (places[name] != kept)
                {
                    _store.Trees.Delete(kept);
                    Rename(places[name], kept);
                    places[name] = kept;
                }

                _kept.Add(kept);
                text += $" from \"{kept}\"";
            }

            if (context.Settings.DiffHook.Length > 0)
            {
                DiffHook.Run(context, real, kept, derivationPath, WorkingDirectory, User, Cancel);
            }

            throw new BuildException(BuildStatus.NotDeterministic, text);
        }
    }

    private void Replace(StorePath path, string with)
    {
        string final = _store.Paths.RealPath(path), old = final + ".old";
        _store.Trees.Delete(old);

        if (Exists(final))
        {
            Rename(final, old);
        }

        Rename(with, final);
        _store.Trees.Delete(old);
    }

    private static void Rename(string from, string to)
    {
        using Posix.DirectoryHandle directory = new(Path.GetDirectoryName(from)!);
        directory.Move(Path.GetFileName(from), to);
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static BuildException Reject(string message) => new(BuildStatus.OutputRejected, message);

    /// <summary>What reading an output told.</summary>
    /// <param name="References">As the contents have them: scratch paths for outputs of the same build.</param>
    private readonly record struct Scanned(IReadOnlyList<StorePath> References, Hash NarHash, ulong NarSize);
}
