using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Eval.Builtins.Json;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;

namespace Firn.Flakes.Locking;

/// <summary>
/// Finds out exactly what the inputs of a flake are: what its lock file says as long as that fits the flake, and what
/// they are now for the rest.
/// </summary>
/// <remarks>docs/formats/flake-lock.md</remarks>
internal sealed class FlakeLocker
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly FlakeFetcher _fetcher;
    private readonly LockOptions _options;
    private readonly LockFile _new = new();
    private readonly Dictionary<InputPath, Override> _overrides = [];
    private readonly HashSet<InputPath> _used = [];
    private readonly HashSet<InputPath> _seen = [];
    private readonly Dictionary<LockNode, string> _folders = [];
    private readonly List<FlakeReference> _parents = [];

    private FlakeLocker(Evaluator ev, EvalStore store, FlakeFetcher fetcher, LockOptions options)
    {
        _ev = ev;
        _store = store;
        _fetcher = fetcher;
        _options = options;
    }

    // What an input is to be instead; relative references start at a folder, and are written relative to an input.
    private readonly record struct Override(FlakeInput Input, string Folder, InputPath? Parent);

    /// <summary>Locks the inputs of a flake, and writes its lock file where that changed and may be written.</summary>
    /// <exception cref="EvalError">An input cannot be fetched, or the lock file cannot be read or written.</exception>
    public static LockedFlake Lock(Evaluator ev, EvalStore store, FlakeReference reference, LockOptions options)
    {
        FlakeFetcher fetcher = new(ev, store);
        Flake flake = fetcher.Get(reference, options.RegistriesForTop, InputPath.Root);
        try
        {
            return FlakeErrors.Checked(() => new FlakeLocker(ev, store, fetcher, options).Lock(flake));
        }
        catch (EvalError e) when (e.AddTrace(default, "while updating the lock file of flake '", flake.Locked.ToString()))
        {
            throw;
        }
    }

    private LockedFlake Lock(Flake flake)
    {
        if (!_options.AllowDirty && _options.ReferenceFile is not null)
        {
            throw new EvalError(EvalErrorKind.Error, "reference lock file was provided, but the `allow-dirty` setting is set to false");
        }

        LockFile old = _options.ReferenceFile is { } given ? ReadGivenLocks(given) : ReadLocks(flake.LockPath);
        foreach ((InputPath path, FlakeReference reference) in _options.Overrides)
        {
            _overrides[path] = new Override(new FlakeInput { Reference = reference }, flake.Folder, null);
        }

        _folders.Add(_new.Root, flake.Folder);
        LockInputs(new Level(flake.Inputs, _new.Root, InputPath.Root, _options.Recreate ? null : old.Root, InputPath.Root, flake.Folder, TrustsLocks: false));
        foreach ((InputPath path, FlakeReference reference) in _options.Overrides)
        {
            if (!_used.Contains(path))
            {
                Warn($"the flag '--override-input {path} {reference}' does not match any input");
            }
        }

        foreach (InputPath path in _options.Updates)
        {
            if (!_seen.Contains(path))
            {
                Warn($"'{path}' does not match any input of this flake");
            }
        }

        _new.Check();
        string text = LockFileWriter.Write(_new);
        if (text != LockFileWriter.Write(old) || _options.OutputFile is not null)
        {
            flake = new LockFilePlace(_store, _options, Warn).Put(flake, old, _new, text, () => _fetcher.Get(flake.Original, _options.RegistriesForTop, InputPath.Root));
        }

        return new LockedFlake(flake, _new, _folders);
    }

    private void Warn(string text) => _ev.Warn(text);

    private LockFile ReadLocks(string path)
    {
        byte[] file = Encoding.UTF8.GetBytes(path);
        if (_ev.Io.Lstat(file) is null)
        {
            return new LockFile();
        }

        return Parse(_ev.Io.ReadFile(file), path);
    }

    // The user's own word: also a pure evaluation may read it.
    private LockFile ReadGivenLocks(string path)
    {
        try
        {
            return File.Exists(path) ? Parse(File.ReadAllBytes(path), path) : new LockFile();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvalError(EvalErrorKind.File, e.Message);
        }
    }

    private LockFile Parse(byte[] text, string path) => JsonFault.Of(_ev, text) is { } fault
        ? throw new EvalError(EvalErrorKind.Error, $"Could not parse '{path}': {fault}")
        : LockFileReader.Read(_store.Inputs, text, path, Warn);

    // The inputs of one node.
    //   Old: the node whose locks may be kept; null for none.
    //   FollowsFrom: what the paths start at that inputs of the old node follow.
    //   Folder: where the flake is that says what the inputs are.
    //   TrustsLocks: whether the inputs come from the old node rather than from a flake.nix.
    private sealed record Level(
        IReadOnlyDictionary<string, FlakeInput> Inputs, LockNode Node, InputPath Path, LockNode? Old, InputPath FollowsFrom, string Folder, bool TrustsLocks);

    private void LockInputs(Level level)
    {
        foreach ((string name, FlakeInput input) in level.Inputs)
        {
            AddOverrides(level, input, level.Path.Then(name));
        }

        foreach (InputPath path in (SortedSet<InputPath>)[.. _overrides.Keys])
        {
            if (path.Parent.Equals(level.Path) && !level.Inputs.ContainsKey(path.Name))
            {
                Warn($"input '{level.Path}' has an override for a non-existent input '{path.Name}'");
            }
        }

        foreach ((string name, FlakeInput input) in level.Inputs)
        {
            InputPath path = level.Path.Then(name);
            try
            {
                // Errors of fetching get their line of the trace here.
                level.Node.Inputs[name] = FlakeErrors.Checked(() => LockInput(level, input, path));
            }
            catch (EvalError e) when (e.AddTrace(default, "while updating the flake input '", path.ToString()))
            {
                throw;
            }
        }
    }

    // An override of who is nearer to the top counts more, and was there before.
    private void AddOverrides(Level level, FlakeInput input, InputPath path)
    {
        foreach ((string name, FlakeInput over) in input.Overrides)
        {
            InputPath its = path.Then(name);
            if (over.Reference is not null || over.Follows is not null)
            {
                _overrides.TryAdd(its, new Override(over, level.Folder, level.Path));
            }

            AddOverrides(level, over, its);
        }
    }

    private LockEdge LockInput(Level level, FlakeInput declared, InputPath path)
    {
        FlakeInput input = declared;
        string folder = level.Folder;
        InputPath? parent = level.Path;
        if (_overrides.TryGetValue(path, out Override over))
        {
            _used.Add(path);
            input = over.Input with { IsFlake = declared.IsFlake };
            folder = over.Folder;
            parent = over.Parent;
        }

        if (input.Follows is { } follows)
        {
            return new LockEdge.Follows(follows);
        }

        bool fromFlag = _options.Overrides.ContainsKey(path);
        FlakeReference reference = input.Reference ?? FlakeReference.OfId(_store.Inputs, path.Name);
        Wanted wanted = new(
            reference,
            fromFlag && declared.Reference is not null ? declared.Reference : reference,
            input.IsFlake,
            path,
            reference.Input.IsRelative ? parent : null,
            reference.Input.IsRelative ? Join(folder, reference.Input.Attributes.Text("path")) : null);
        _seen.Add(path);
        LockedNode? old = !_options.Updates.Contains(path) && level.Old?.Inputs.GetValueOrDefault(path.Name) is LockEdge.To to ? to.Node : null;
        return new LockEdge.To(
            old is not null && !fromFlag && old.Original.Canonical().Equals(reference.Canonical()) && Equals(old.Parent, wanted.Parent)
                ? Keep(level, old, wanted)
                : Make(wanted, fromFlag ? RegistryUse.All : _options.RegistriesForInputs));
    }

    // An input to be locked.
    //   Original: how it is written down that it was asked for.
    //   Parent, RelativeTree: for a relative reference, what it is relative to and where that leads.
    private sealed record Wanted(FlakeReference Reference, FlakeReference Original, bool IsFlake, InputPath Path, InputPath? Parent, string? RelativeTree);

    private static string Join(string folder, string relative) =>
        Encoding.UTF8.GetString(Eval.Values.CanonPath.Make(Encoding.UTF8.GetBytes(folder + "/" + relative)));

    private Flake FlakeOf(Wanted wanted, FlakeReference reference, RegistryUse registries) => wanted.RelativeTree is { } tree
        ? _fetcher.GetRelative(reference, tree, wanted.Path)
        : _fetcher.Get(reference, registries, wanted.Path);

    // Copies a lock. The flake behind it is fetched only if its own inputs may have changed.
    private LockedNode Keep(Level level, LockedNode old, Wanted wanted)
    {
        LockedNode node = new(old.Locked, old.Original, old.IsFlake, old.Parent);
        SortedDictionary<string, FlakeInput>? known = KnownInputs(level, old, wanted.Path);
        if (known is not null)
        {
            LockInputs(new Level(known, node, wanted.Path, old, level.FollowsFrom, level.Folder, TrustsLocks: true));
            return node;
        }

        Flake flake = FlakeOf(wanted, old.Locked, _options.RegistriesForInputs);
        _folders[node] = flake.Folder;
        LockInputs(new Level(flake.Inputs, node, wanted.Path, old, level.FollowsFrom, flake.Folder, TrustsLocks: false));
        return node;
    }

    // The inputs of a flake as its lock tells them; null when the flake itself has to be asked.
    private SortedDictionary<string, FlakeInput>? KnownInputs(Level level, LockedNode old, InputPath path)
    {
        foreach (InputPath update in _options.Updates)
        {
            if (update.IsBelow(path))
            {
                return null;
            }
        }

        SortedDictionary<string, FlakeInput> known = new(StringComparer.Ordinal);
        foreach ((string name, LockEdge edge) in old.Inputs)
        {
            switch (edge)
            {
                case LockEdge.To to:
                    known.Add(name, new FlakeInput { Reference = to.Node.Original, IsFlake = to.Node.IsFlake });
                    break;
                case LockEdge.Follows when !level.TrustsLocks && !_overrides.ContainsKey(path.Then(name)):
                    // Nothing asks for this any more, so the input is what its own flake says.
                    return null;
                case LockEdge.Follows follows:
                    known.Add(name, new FlakeInput { Follows = level.FollowsFrom.Then(follows.Path) });
                    break;
            }
        }

        return known;
    }

    private LockedNode Make(Wanted wanted, RegistryUse registries)
    {
        FlakeReference reference = wanted.Reference;
        if (!_options.AllowUnlocked && !reference.Input.IsLocked && !reference.Input.IsRelative)
        {
            throw new EvalError(EvalErrorKind.Error, $"cannot update unlocked flake input '{wanted.Path.ToString()}' in pure mode");
        }

        if (!wanted.IsFlake)
        {
            return MakeFiles(wanted);
        }

        Flake flake = FlakeOf(wanted, reference, registries);
        LockedNode node = new(flake.Locked, wanted.Original, true, wanted.Parent);
        if (_parents.Contains(reference))
        {
            throw new EvalError(EvalErrorKind.Error, $"found circular import of flake '{reference.ToString()}'");
        }

        _parents.Add(reference);
        try
        {
            _folders[node] = flake.Folder;

            // Its own lock file holds for its inputs.
            LockInputs(new Level(flake.Inputs, node, wanted.Path, ReadLocks(flake.LockPath).Root, wanted.Path, flake.Folder, TrustsLocks: false));
            return node;
        }
        finally
        {
            _parents.RemoveAt(_parents.Count - 1);
        }
    }

    private LockedNode MakeFiles(Wanted wanted)
    {
        FlakeReference locked = wanted.Reference;
        string? folder = wanted.RelativeTree;
        if (folder is null)
        {
            FlakeFetcher.Tree tree = _fetcher.Fetch(wanted.Reference.Input, _options.RegistriesForInputs);
            locked = locked with { Input = tree.Locked };
            folder = tree.Path;
        }

        LockedNode node = new(locked, wanted.Original, false, wanted.Parent);
        _folders[node] = folder;
        return node;
    }
}
