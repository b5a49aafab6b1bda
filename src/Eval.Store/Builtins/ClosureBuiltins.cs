using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers.Urls;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store.Builtins;

/// <summary><c>fetchClosure</c>.</summary>
/// <remarks>Nix manual, language/builtins: fetchClosure</remarks>
public sealed class ClosureBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;

    internal ClosureBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("fetchClosure", FetchClosure, "Copies a store path and all that it refers to from a binary cache.", feature: "fetch-closure"),
    ];

    private StoreDir Dir => _store.Options.StoreDir;

    private VString FetchClosure(Value argument)
    {
        VAttrs attributes = _ev.ForceAttrs(argument, "while evaluating the argument passed to builtins.fetchClosure");
        string? from = null;
        StorePath? path = null;
        bool rewrite = false;
        StorePath? rewritten = null;
        bool inputAddressed = false;
        foreach (Attr attribute in attributes.InNameOrder(_ev.Symbols))
        {
            string name = _ev.Symbols.TextOf(attribute.Name);
            string context = $"while evaluating the attribute '{name}' passed to builtins.fetchClosure";
            switch (name)
            {
                case "fromPath":
                    path = ToPath(attribute, context);
                    break;
                case "toPath":
                    rewrite = true;
                    rewritten = attribute.Value.Force() is VString { Bytes.Length: 0 } ? null : ToPath(attribute, context);
                    break;
                case "fromStore":
                    from = Encoding.UTF8.GetString(_ev.ForceStringNoContext(attribute.Value, context, attribute.Pos));
                    break;
                case "inputAddressed":
                    inputAddressed = _ev.ForceBool(attribute.Value, context, attribute.Pos);
                    break;
                default:
                    throw Error($"attribute '{name}' isn't supported in call to 'fetchClosure'");
            }
        }

        StorePath wanted = path ?? throw Error($"attribute '{"fromPath"}' is missing in call to 'fetchClosure'");
        if (inputAddressed && rewrite)
        {
            throw Error($"attribute '{"inputAddressed"}' is set to true, but '{"toPath"}' is also set. Please remove one of them");
        }

        CheckStore(from ?? throw Error($"attribute '{"fromStore"}' is missing in call to 'fetchClosure'"));
        return Fetch(from, wanted, rewrite, rewritten, inputAddressed);
    }

    private VString Fetch(string from, StorePath path, bool rewrite, StorePath? rewritten, bool inputAddressed)
    {
        try
        {
            if (rewrite)
            {
                StorePath to = rewritten is { } known && _store.Options.Infos.IsValid(known) ? known : Rewrite(from, path, rewritten);
                return Rewritten(to, _store.Options.Infos.Get(to));
            }

            if (!_store.Options.Infos.IsValid(path))
            {
                (_store.Options.CopyClosure ?? throw Error($"cannot copy '{Dir.Print(path)}': this evaluation has no store to copy to"))(from, path);
            }

            PathInfo copied = _store.Options.Infos.Find(path) ?? throw new InvalidPathException(Dir, path);
            if (inputAddressed == copied.ContentAddress is not null)
            {
                throw inputAddressed
                    ? Error($"The store object referred to by 'fromPath' at '{Dir.Print(path)}' is not input-addressed, but 'inputAddressed' is set to 'true'.\n\nRemove the 'inputAddressed' attribute (it defaults to 'false') to expect 'fromPath' to be content-addressed")
                    : Error($"The 'fromPath' value '{Dir.Print(path)}' is input-addressed, but 'inputAddressed' is set to 'false' (default).\n\nIf you do intend to fetch an input-addressed store path, add\n\n    inputAddressed = true;\n\nto the 'fetchClosure' arguments.\n\nNote that to ensure authenticity input-addressed store paths, users must configure a trusted binary cache public key on their systems. This is not needed for content-addressed paths.");
            }

            return Allowed(path);
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    private StorePath Rewrite(string from, StorePath path, StorePath? expected)
    {
        StorePath made = (_store.Options.RewriteClosure ?? throw Error($"cannot copy '{Dir.Print(path)}': this evaluation has no store to copy to"))(from, path);
        return expected is { } named
            ? made == named ? made : throw Error($"rewriting '{Dir.Print(path)}' to content-addressed form yielded '{Dir.Print(made)}', while '{Dir.Print(named)}' was expected")
            : throw Error($"rewriting '{Dir.Print(path)}' to content-addressed form yielded '{Dir.Print(made)}'\nUse this value for the 'toPath' attribute passed to 'fetchClosure'");
    }

    private VString Rewritten(StorePath path, PathInfo info) => info.ContentAddress is not null
        ? Allowed(path)
        : throw Error($"The 'toPath' value '{Dir.Print(path)}' is input-addressed, so it can't possibly be the result of rewriting to a content-addressed path.\n\nSet 'toPath' to an empty string to make Nix report the correct content-addressed path.");

    private VString Allowed(StorePath path)
    {
        if (_store.Options.Access is { } access)
        {
            foreach (StorePath reached in StoreQueries.Closure(_store.Options.Infos, [path]))
            {
                access.Allow(Dir.Print(reached));
            }
        }

        return OutputTexts.Of(Dir, path);
    }

    private static void CheckStore(string from)
    {
        Url url;
        try
        {
            url = Url.Parse(from);
        }
        catch (BadUrlException)
        {
            throw Error($"'fetchClosure' only supports http:// and https:// stores");
        }

        if (url.Scheme is not ("http" or "https") && !(url.Scheme == "file" && Environment.GetEnvironmentVariable("_NIX_IN_TEST") is not null))
        {
            throw Error($"'fetchClosure' only supports http:// and https:// stores");
        }

        if (url.Query.Count > 0)
        {
            throw Error($"'fetchClosure' does not support URL query parameters (in '{from}')");
        }
    }

    private StorePath ToPath(Attr attribute, string context)
    {
        byte[] text = _ev.CoerceToPath(attribute.Value, context, out _, attribute.Pos);
        return Dir.TryParse(Encoding.UTF8.GetString(text), out StorePath path)
            ? path
            : throw Error($"path '{text}' is not in the Nix store").WithTrace(attribute.Pos, context);
    }

    private static EvalError Error(HintText hint) => new(EvalErrorKind.Error, hint);
}
