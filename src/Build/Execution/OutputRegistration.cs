using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
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

    /// <summary>Which outputs the builder wrote under other names.</summary>
    public required Redirection Redirection { get; init; }

    /// <summary>Where the contents came from, for messages, or null.</summary>
    public string? Url { get; init; }

    private StoreDir Dir => _store.Infos.StoreDir;

    /// <summary>Does it all.</summary>
    /// <param name="outputs">Names and paths of all outputs.</param>
    /// <param name="wanted">Those that are to be registered (or, when checking, compared).</param>
    /// <param name="made">The directory that the builder's outputs are in, under their base names.</param>
    /// <param name="inputs">Paths that outputs can refer to.</param>
    /// <exception cref="BuildException">An output is missing or not as it must be.</exception>
    public void Register(
        IReadOnlyList<(string Name, StorePath Path)> outputs, IReadOnlySet<string> wanted, Posix.DirectoryHandle made, IReadOnlyCollection<StorePath> inputs)
    {
        List<StorePath> candidates = [.. inputs, .. outputs.Select(o => o.Path)];
        Dictionary<string, PathInfo> infos = new(StringComparer.Ordinal);
        List<string> scratch = [];
        try
        {
            foreach ((string name, StorePath path) in outputs)
            {
                if (wanted.Contains(name))
                {
                    string place = Move(name, path, made);
                    scratch.Add(place);
                    infos[name] = Examine(name, path, place, candidates);
                }
            }

            RefuseCycles(infos);
            CheckFixed(infos);
            new OutputChecker(_store.Infos, derivationPath, infos).Check(options);
            if (mode == BuildMode.Check)
            {
                Compare(infos);
                return;
            }

            foreach ((string name, PathInfo info) in infos)
            {
                if (mode == BuildMode.Repair)
                {
                    Replace(info.Path, scratch.Find(s => s.EndsWith("/" + info.Path.BaseName + ".check", StringComparison.Ordinal))!);
                }

                _store.Trees.Settle(_store.Paths.RealPath(info.Path), mode == BuildMode.Repair);
            }

            IReadOnlyList<Formats.Signing.SecretKey> keys = context.Settings.SecretKeys();
            _store.Registrar.Register([.. infos.Values.Select(info => info.WithSignatures(Dir, keys))]);
            scratch.Clear();
        }
        finally
        {
            foreach (string place in scratch)
            {
                if (!_kept.Contains(place))
                {
                    _store.Trees.Delete(place);
                }
            }
        }
    }

    /// <summary>
    /// Takes an output out of the builder's reach: to its final place, or beside it where that is taken. No process of
    /// the build lives any more.
    /// </summary>
    private string Move(string name, StorePath path, Posix.DirectoryHandle made)
    {
        string final = _store.Paths.RealPath(path);
        string written = Redirection.PlaceOf(path).BaseName;
        if (made.Find(written) is not { } found)
        {
            throw Reject($"builder for '{Dir.Print(derivationPath)}' failed to produce output path for output '{name}' at \"{final}\"");
        }

        bool isLink = (found.Mode & 0xf000) == 0xa000;
        if ((!isLink && (found.Mode & 0x12) != 0) || (User is not null && found.Uid != User.Uid))
        {
            throw Reject($"suspicious ownership or permission on \"{final}\" for output '{name}'; rejecting this build output");
        }

        string place = mode == BuildMode.Normal ? final : final + ".check";
        if (InPlace && written == Path.GetFileName(place))
        {
            return place;
        }

        _store.Trees.Delete(place);
        made.MakeMovable(written, found.Mode);
        made.Move(written, place);
        return place;
    }

    private PathInfo Examine(string name, StorePath path, string place, List<StorePath> candidates)
    {
        ContentAddress? wanted = derivation.Output(name) is DerivationOutput.Fixed output ? output.Address : null;
        if (wanted is { Method: ContentAddressMethod.Flat or ContentAddressMethod.Text })
        {
            FileInfo file = new(place);
            if (file.LinkTarget is not null || !file.Exists || (file.UnixFileMode & UnixFileMode.UserExecute) != 0)
            {
                throw Reject($"output path \"{_store.Paths.RealPath(path)}\" should be a non-executable regular file "
                    + "since recursive hashing is not enabled (one of outputHashMode={flat,text} is true)");
            }
        }

        if (Copy || !Redirection.IsEmpty)
        {
            CopyAnew(place);
        }

        try
        {
            _store.Trees.Canonicalise(place, User is { } user ? ((uint)user.Uid, (uint)user.Uid) : null, _seen);
        }
        catch (StoreException e)
        {
            throw Reject(e.Message);
        }

        bool scan = !options.UnsafeDiscardReferences.Contains(name);
        Hasher nar = new(HashAlgorithm.Sha256);
        ReferenceScanner scanner = new(scan ? candidates : []);
        Hasher? other = wanted is { Method: ContentAddressMethod.NixArchive } tree && tree.Hash.Algorithm != HashAlgorithm.Sha256 ? new Hasher(tree.Hash.Algorithm) : null;
        IByteSink sink = new TeeSink(nar, scanner);
        _store.Trees.WriteNar(place, other is null ? sink : new TeeSink(sink, other));
        ulong size = nar.Count;
        Hash narHash = nar.Finish();
        IReadOnlyList<StorePath> references = scanner.Found;
        ContentAddress? got = null;
        if (wanted is { } fixedAddress)
        {
            Hash hash = fixedAddress.Method switch
            {
                ContentAddressMethod.NixArchive => other?.Finish() ?? narHash,
                ContentAddressMethod.Flat or ContentAddressMethod.Text => HashFile(place, fixedAddress.Hash.Algorithm),
                _ => throw Reject("experimental Nix feature 'git-hashing' is disabled; add '--extra-experimental-features git-hashing' to enable it"),
            };
            got = fixedAddress with { Hash = hash };
        }

        return new PathInfo
        {
            Path = path,
            NarHash = narHash,
            NarSize = size,
            References = references,
            Deriver = derivationPath,
            Ultimate = true,
            ContentAddress = got,
        };
    }

    private static Hash HashFile(string path, HashAlgorithm algorithm)
    {
        Hasher hasher = new(algorithm);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        byte[] buffer = new byte[1 << 16];
        for (int n; (n = file.Read(buffer)) > 0;)
        {
            hasher.Write(buffer.AsSpan(0, n));
        }

        return hasher.Finish();
    }

    /// <summary>Makes the tree anew of files that nobody has open.</summary>
    private void CopyAnew(string place)
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
        Redirection.CorrectingSink sink = Redirection.Correct(new StreamSink(file));
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
    private void CheckFixed(Dictionary<string, PathInfo> infos)
    {
        foreach ((string name, PathInfo info) in infos)
        {
            if (derivation.Output(name) is not DerivationOutput.Fixed wanted)
            {
                continue;
            }

            if (info.ContentAddress!.Value.Hash != wanted.Address.Hash)
            {
                if (mode != BuildMode.Check && info.References.Count == 0)
                {
                    Keep(info);
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

    private void Keep(PathInfo info)
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
        string from = _store.Paths.RealPath(info.Path) + (mode == BuildMode.Normal ? "" : ".check");
        Rename(from, place);
        _store.Registrar.Register([actual]);
        held.DeleteOnRelease();
    }

    private void RefuseCycles(Dictionary<string, PathInfo> infos)
    {
        Dictionary<StorePath, string> names = infos.ToDictionary(i => i.Value.Path, i => i.Key);
        Dictionary<string, bool> finished = new(StringComparer.Ordinal);
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
            foreach (StorePath reference in infos[name].References)
            {
                if (names.TryGetValue(reference, out string? other) && other != name)
                {
                    Visit(other, name);
                }
            }

            finished[name] = true;
        }

        foreach (string name in infos.Keys.Order(StringComparer.Ordinal))
        {
            Visit(name, "");
        }
    }

    private void Compare(Dictionary<string, PathInfo> infos)
    {
        foreach ((string _, PathInfo info) in infos)
        {
            PathInfo known = _store.Infos.Get(info.Path);
            string real = _store.Paths.RealPath(info.Path), other = real + ".check";
            if (known.NarHash != info.NarHash)
            {
                string text = $"derivation '{Dir.Print(derivationPath)}' may not be deterministic: output \"{real}\" differs";
                if (context.Settings.DiffHook.Length > 0)
                {
                    RunDiffHook(real, other);
                }

                if (context.Settings.KeepFailed || context.Settings.DiffHook.Length > 0)
                {
                    string kept = real + ".check";
                    text += $" from \"{kept}\"";
                    _kept.Add(kept);
                }

                throw new BuildException(BuildStatus.NotDeterministic, text);
            }
        }
    }

    private void RunDiffHook(string before, string after)
    {
        System.Diagnostics.ProcessStartInfo start = new(context.Settings.DiffHook, [before, after, Dir.Print(derivationPath), Path.GetTempPath()])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd().TrimEnd('\n');
        process.WaitForExit();
        if (text.Length > 0)
        {
            context.Events.Post(new Events.BuildEvent.Note(text));
        }

        if (process.ExitCode != 0)
        {
            context.Events.Post(new Events.BuildEvent.Error($"diff hook execution failed: diff-hook program '{context.Settings.DiffHook}' failed with exit code {process.ExitCode}"));
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
}
