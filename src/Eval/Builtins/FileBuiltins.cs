using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Files, paths and the search path.</summary>
public sealed class FileBuiltins(Evaluator ev) : IBuiltinFamily
{
    private static readonly VString s_regular = new("regular");
    private static readonly VString s_directory = new("directory");
    private static readonly VString s_symlink = new("symlink");
    private static readonly VString s_unknown = new("unknown");

    // A directory that changed a moment ago may change again without its time saying so.
    private const long SettledSeconds = 2;

    private readonly SymlinkResolver _symlinks = new(ev.Io);

    // Package sets list the same directories for each set that they derive: tens of thousands of times.
    private readonly ConcurrentDictionary<byte[], Listing> _listings = new(ByteArrayComparer.Instance);
    private readonly ConcurrentDictionary<byte[], byte[]?> _searchPath = new(ByteArrayComparer.Instance);

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("import", Import, "The value of the expression in a file, each file once.", global: true),
        Builtin.Of("scopedImport", ScopedImport, "The value of the expression in a file, with the attributes of a set in scope.", global: true),
        Builtin.Of("readFile", ReadFile, "The contents of a file."),
        Builtin.Of("readDir", ReadDirectory, "The entries of a directory and the type of each."),
        Builtin.Of("readFileType", ReadFileType, "The type of what is at a path: regular, directory, symlink or unknown."),
        Builtin.Of("pathExists", PathExists, "Whether there is anything at a path."),
        Builtin.Of("findFile", FindFile, "Looks a name up in a search path given as a list."),
        Builtin.Of("toPath", ToPath, "An absolute path as a string, in canonical form."),
        Builtin.Of("dirOf", DirectoryOf, "A path without its last element.", global: true),
        Builtin.Of("baseNameOf", BaseNameOf, "The last element of a path.", global: true),
        Builtin.Of("getEnv", GetEnvironment, "A variable of the environment; empty when it is not set or must not be looked at."),
    ];

    private Value Import(Value path) => ev.EvaluateFile(ev.RealisePath(path));

    private Value ScopedImport(Value scope, Value path)
    {
        byte[] file = ev.RealisePath(path);
        VAttrs names = ev.ForceAttrs(scope, "while evaluating the first argument passed to builtins.scopedImport");
        return ev.EvaluateFile(file, names);
    }

    private Value ReadFile(Value path)
    {
        byte[] file = ResolveExisting(path);
        byte[] contents = ev.Io.ReadFile(file);
        return contents.AsSpan().Contains((byte)0)
            ? throw new EvalError(EvalErrorKind.Error, $"the contents of the file '{file}' cannot be represented as a Nix string")
            : new VString(contents, ev.Options.Store?.ReferencesIn(file, contents));
    }

    private Value ReadDirectory(Value path)
    {
        byte[] directory = ev.RealisePath(path);
        FileStamp? stamp = ev.Io.Stamp(directory);
        if (stamp is { Type: FileType.Directory } now && _listings.TryGetValue(directory, out Listing? known) && known.Stamp == now)
        {
            return known.Entries;
        }

        VAttrs entries = Entries(_symlinks.Resolve(directory));
        if (stamp is { Type: FileType.Directory } before && before.ChangedSeconds + SettledSeconds < DateTimeOffset.UtcNow.ToUnixTimeSeconds())
        {
            _listings[directory] = new Listing(before, entries);
        }

        return entries;
    }

    private VAttrs Entries(byte[] directory)
    {
        if (ev.Io.Lstat(directory) is null)
        {
            throw ev.MissingFile(directory, reading: true);
        }

        IReadOnlyList<DirectoryEntry> entries = ev.Io.ReadDirectory(directory);
        AttrsBuilder set = new(entries.Count, ev.Symbols);
        foreach (DirectoryEntry entry in entries)
        {
            set.Add(ev.Symbols.Intern(entry.Name), TypeName(entry.Type));
        }

        return set.Build();
    }

    private Value ReadFileType(Value path)
    {
        byte[] file = ev.RealisePath(path);
        return TypeName(ev.Io.Lstat(file) ?? throw ev.MissingFile(file, reading: false));
    }

    private static VString TypeName(FileType type) => type switch
    {
        FileType.Regular => s_regular,
        FileType.Directory => s_directory,
        FileType.Symlink => s_symlink,
        FileType.Unknown => s_unknown,
    };

    /// <summary>The path that an argument means, all symlinks followed; something must be there.</summary>
    private byte[] ResolveExisting(Value path)
    {
        byte[] file = _symlinks.Resolve(ev.RealisePath(path));
        return ev.Io.Lstat(file) is null ? throw ev.MissingFile(file, reading: true) : file;
    }

    private sealed record Listing(FileStamp Stamp, VAttrs Entries);

    private Value PathExists(Value path)
    {
        // "dir/" asks for a directory; a path value cannot end like that.
        bool wantsDirectory = path.Force() is VString text && (text.Bytes.AsSpan().EndsWith("/"u8) || text.Bytes.AsSpan().EndsWith("/."u8));
        int depth = ev.CallDepth;
        try
        {
            byte[] file = ev.RealisePath(path);
            FileType? type = ev.Io.Lstat(wantsDirectory ? _symlinks.Resolve(file) : file);
            return VBool.Of(wantsDirectory ? type == FileType.Directory : type is not null);
        }
        catch (EvalError e) when (e.Kind == EvalErrorKind.Restricted)
        {
            ev.CallDepth = depth;
            return VBool.False;
        }
    }

    private Value FindFile(Value searchPath, Value name)
    {
        VList entries = ev.ForceList(searchPath, "while evaluating the first argument passed to builtins.findFile");
        (byte[] Prefix, byte[] Target)[] places = new (byte[], byte[])[entries.Count];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = SearchPathPlace(entries.Items[i]);
        }

        byte[] wanted = ev.ForceStringNoContext(name, "while evaluating the second argument passed to builtins.findFile");
        foreach ((byte[] prefix, byte[] target) in places)
        {
            if (!TrySuffix(prefix, wanted, out ReadOnlySpan<byte> suffix) || InSearchPath(target) is not { } place)
            {
                continue;
            }

            byte[] found = _symlinks.Resolve(suffix.IsEmpty ? place : CanonPath.Join(place, suffix));
            if (ev.Io.Lstat(found) is not null)
            {
                return new VPath(found);
            }
        }

        if (ev.Options.CoreFolder is { } core && wanted.AsSpan().StartsWith("nix/"u8))
        {
            return new VPath(CanonPath.Join(core, wanted.AsSpan(4)));
        }

        string message = ev.Options.PureEval
            ? "cannot look up '<{0}>' in pure evaluation mode (use '--impure' to override)"
            : "file '{0}' was not found in the Nix search path (add it using $NIX_PATH or -I)";
        throw new EvalError(EvalErrorKind.Thrown, message.Replace("{0}", Encoding.UTF8.GetString(wanted), StringComparison.Ordinal));
    }

    private (byte[] Prefix, byte[] Target) SearchPathPlace(Value entry)
    {
        VAttrs set = ev.ForceAttrs(entry, "while evaluating an element of the list passed to builtins.findFile");
        byte[] prefix = set.Get(WellKnown.Prefix) is Value given
            ? ev.ForceStringNoContext(given, "while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile")
            : [];
        VString target = ev.CoerceToString(
            ev.GetAttr(set, WellKnown.Path, "in an element of the __nixPath"),
            "while evaluating the `path` attribute of an element of the list passed to builtins.findFile",
            Coercion.Strict);
        return (prefix, target.Context is null ? target.Bytes : ev.Store.Realise(target.Bytes, target.Context));
    }

    /// <summary>What is left of a name behind a prefix that covers whole elements of it.</summary>
    private static bool TrySuffix(byte[] prefix, byte[] name, out ReadOnlySpan<byte> suffix)
    {
        bool needsSlash = prefix.Length > 0 && prefix.Length < name.Length;
        suffix = default;
        if ((needsSlash && name[prefix.Length] != '/') || !name.AsSpan().StartsWith(prefix))
        {
            return false;
        }

        suffix = name.AsSpan(needsSlash ? prefix.Length + 1 : prefix.Length);
        return true;
    }

    private byte[]? InSearchPath(byte[] target) => _searchPath.GetOrAdd(target, Probe);

    private byte[]? Probe(byte[] target)
    {
        if (target is [(byte)'/', ..])
        {
            byte[] place = CanonPath.Make(target);
            if (ev.Io.Lstat(_symlinks.Resolve(place)) is not null)
            {
                return place;
            }
        }
        else if (ev.Options.Store?.FetchSearchPath(target) is { } fetched)
        {
            return fetched;
        }

        ev.Io.WriteMessage([.. "warning: Nix search path entry '"u8, .. target, .. "' does not exist, ignoring"u8]);
        return null;
    }

    private Value ToPath(Value path)
    {
        byte[] canonical = ev.CoerceToPath(path, "while evaluating the first argument passed to builtins.toPath", out StringContext? context);
        return new VString(canonical, context);
    }

    private Value DirectoryOf(Value path)
    {
        if (path.Force() is VPath known)
        {
            return new VPath(CanonPath.Parent(known.Path));
        }

        VString text = ev.CoerceToString(path, "while evaluating the first argument passed to 'builtins.dirOf'", Coercion.Strict);
        int slash = text.Bytes.AsSpan().LastIndexOf((byte)'/');
        byte[] parent = slash < 0 ? "."u8.ToArray() : slash == 0 ? "/"u8.ToArray() : text.Bytes[..slash];
        return new VString(parent, text.Context);
    }

    private Value BaseNameOf(Value path)
    {
        VString text = ev.CoerceToString(path, "while evaluating the first argument passed to builtins.baseNameOf", Coercion.Strict);

        // One trailing slash is no part of the name; of several, the last but one is where the (empty) name starts.
        ReadOnlySpan<byte> trimmed = text.Bytes;
        if (trimmed.Length > 1 && trimmed[^1] == '/')
        {
            trimmed = trimmed[..^1];
        }

        return new VString(trimmed[(trimmed.LastIndexOf((byte)'/') + 1)..].ToArray(), text.Context);
    }

    private Value GetEnvironment(Value name)
    {
        byte[] variable = ev.ForceStringNoContext(name, "while evaluating the first argument passed to builtins.getEnv");
        return ev.Options.PureEval || ev.Options.RestrictEval || ev.Io.GetEnvironment(variable) is not byte[] value
            ? VString.Empty
            : new VString(value);
    }
}
