using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Derivations;
using Firn.Eval.Store.Realising;
using Firn.Eval.Store.Sources;
using Firn.Eval.Values;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store.Builtins;

/// <summary>Builtins that put files into the store: <c>path</c> and <c>filterSource</c>.</summary>
public sealed class SourceBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly SourceCopies _sources;

    internal SourceBuiltins(Evaluator ev, EvalStore store, SourceCopies sources)
    {
        _ev = ev;
        _store = store;
        _sources = sources;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("path", Path, "Puts a file or directory into the store, with a name, a filter or a hash of one's choice."),
        Builtin.Of("filterSource", FilterSource, "Puts those parts of a directory into the store that a function chooses."),
    ];

    private StoreDir Dir => _store.Options.StoreDir;

    private VString FilterSource(Value filter, Value path)
    {
        byte[] file = _ev.CoerceToPath(
            path, "while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'", out StringContext? context);
        Value function = _ev.ForceFunction(filter, "while evaluating the first argument passed to builtins.filterSource");
        return Add(file, context, BaseName(file), function, ContentAddressMethod.NixArchive, null);
    }

    private VString Path(Value argument)
    {
        VAttrs attributes = _ev.ForceAttrs(argument, "while evaluating the argument passed to 'builtins.path'");
        byte[]? path = null;
        string name = "";
        Value? filter = null;
        ContentAddressMethod method = ContentAddressMethod.NixArchive;
        Hash? expected = null;
        StringContext? context = null;
        foreach (Attr attribute in attributes.InNameOrder(_ev.Symbols))
        {
            switch (_ev.Symbols.TextOf(attribute.Name))
            {
                case "path":
                    path = _ev.CoerceToPath(attribute.Value, "while evaluating the 'path' attribute passed to 'builtins.path'", out context, attribute.Pos);
                    break;
                case "name":
                    name = Encoding.UTF8.GetString(_ev.ForceStringNoContext(
                        attribute.Value, "while evaluating the `name` attribute passed to builtins.path", attribute.Pos));
                    break;
                case "filter":
                    filter = _ev.ForceFunction(attribute.Value, "while evaluating the `filter` parameter passed to builtins.path", attribute.Pos);
                    break;
                case "recursive":
                    method = _ev.ForceBool(attribute.Value, "while evaluating the `recursive` attribute passed to builtins.path", attribute.Pos)
                        ? ContentAddressMethod.NixArchive
                        : ContentAddressMethod.Flat;
                    break;
                case "sha256":
                    expected = Expected(_ev.ForceStringNoContext(
                        attribute.Value, "while evaluating the `sha256` attribute passed to builtins.path", attribute.Pos));
                    break;
                default:
                    throw new EvalError(EvalErrorKind.Error, $"unsupported argument '{_ev.Symbols.BytesOf(attribute.Name)}' to 'builtins.path'").At(attribute.Pos);
            }
        }

        if (path is null)
        {
            throw new EvalError(EvalErrorKind.Error, "missing required 'path' attribute in the first argument to 'builtins.path'");
        }

        return Add(path, context, name.Length == 0 ? BaseName(path) : name, filter, method, expected);
    }

    private Hash Expected(byte[] text)
    {
        try
        {
            return HashTexts.ParseAllowEmpty(Encoding.UTF8.GetString(text), HashAlgorithm.Sha256, _store.Warn);
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    private static string BaseName(byte[] path) => Encoding.UTF8.GetString(CanonPath.BaseName(path));

    private VString Add(byte[] path, StringContext? context, string name, Value? filter, ContentAddressMethod method, Hash? expected)
    {
        try
        {
            return OutputTexts.Of(Dir, AddPath(path, context, name, filter, method, expected));
        }
        catch (EvalError e) when (e.AddTrace(default, "while adding path '", _sources.Shown(Encoding.UTF8.GetString(path))))
        {
            throw;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e).WithTrace(default, $"while adding path '{_sources.Shown(Encoding.UTF8.GetString(path))}'");
        }
    }

    private StorePath AddPath(byte[] path, StringContext? context, string name, Value? filter, ContentAddressMethod method, Hash? expected)
    {
        string file = Encoding.UTF8.GetString(path);
        IReadOnlyList<StorePath> references = [];
        if (context is not null && Dir.Contains(file))
        {
            file = Encoding.UTF8.GetString(CanonPath.Make(_store.Realise(path, context)));
            references = _store.Options.Infos.Find(Dir.Split(file).Path)?.References ?? [];
        }

        StorePath? expectedPath = expected is Hash hash ? Dir.MakeFromContentAddress(name, new ContentAddress(method, hash), references) : null;
        if (expectedPath is StorePath known && _store.Options.Infos.IsValid(known))
        {
            _store.Options.Access?.Allow(Dir.Print(known));
            return known;
        }

        _store.Files.CheckAccess(file, true);
        string logical = _store.Files.Resolve(file);
        _sources.RequireFile(logical);
        string real = _store.Files.RealPath(logical);
        StorePath added = _sources.Add(new Source
        {
            Name = name,
            File = real,
            Method = method,
            Filter = filter is null ? null : FilterOf(filter, logical, real),
            References = references,
            Repair = _store.Options.Repair,
        });
        return expectedPath is StorePath other && other != added
            ? throw new EvalError(EvalErrorKind.Error, $"store path mismatch in (possibly filtered) path added from '{path}'")
            : added;
    }

    // The function sees logical paths, the store real ones.
    private SourceFilter FilterOf(Value function, string logical, string real)
    {
        byte[] prefix = Encoding.UTF8.GetBytes(logical);
        int realLength = Encoding.UTF8.GetByteCount(real);
        VString regular = new("regular"), directory = new("directory"), symlink = new("symlink"), unknown = new("unknown");
        return (path, kind) =>
        {
            byte[] seen = logical == real ? path.ToArray() : [.. prefix, .. path[realLength..]];
            VString type = kind switch
            {
                SourceKind.Regular => regular,
                SourceKind.Directory => directory,
                SourceKind.Symlink => symlink,
                SourceKind.Unknown => unknown,
            };
            return _ev.ForceBool(_ev.Call(function, new VString(seen), type), "while evaluating the return value of the path filter function");
        };
    }
}
