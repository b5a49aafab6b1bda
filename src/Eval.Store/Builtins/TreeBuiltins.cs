using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;

namespace Firn.Eval.Store.Builtins;

/// <summary>Builtins that fetch trees: <c>fetchTree</c>, <c>fetchGit</c>, <c>fetchMercurial</c>.</summary>
/// <remarks>Nix manual, language/builtins</remarks>
public sealed class TreeBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly FetchedTrees _trees;

    internal TreeBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
        _trees = new FetchedTrees(ev, store);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("fetchTree", FetchTree, "Puts a file tree of any known kind into the store.", global: true, feature: "fetch-tree"),
        Builtin.Of("fetchGit", FetchGit, "Puts a commit of a Git repository into the store, or the files of a working tree that Git knows.", global: true),
        Builtin.Of("fetchMercurial", FetchMercurial, "Puts a commit of a Mercurial repository into the store.", global: true),
    ];

    private VAttrs FetchTree(Value argument)
    {
        Value forced = argument.Force();
        return _trees.Fetch(forced is VAttrs set ? FromSet(set, "fetchTree", null) : FromText(forced), "fetchTree", isGit: false);
    }

    private VAttrs FetchGit(Value argument)
    {
        Value forced = argument.Force();
        if (forced is VAttrs set)
        {
            return _trees.Fetch(FromSet(set, "fetchGit", "git"), "fetchGit", isGit: true);
        }

        VString url = _ev.CoerceToString(forced, "while evaluating the first argument passed to 'fetchGit'", Coercion.Strict);
        Input input = Checked(() => _store.Inputs.FromAttributes(
            new InputAttributes().With("type", "git").With("url", Url.OfGit(url.Text).ToString()).With("exportIgnore", true)));
        return _trees.Fetch(input, "fetchGit", isGit: true);
    }

    private Input FromText(Value value)
    {
        VString url = _ev.CoerceToString(value, "while evaluating the first argument passed to 'fetchTree'", Coercion.Strict);
        return _ev.HasFeature("flakes")
            ? Checked(() => _store.Inputs.FromUrl(url.Text))
            : throw new EvalError(EvalErrorKind.Error, $"passing a string argument to '{"fetchTree"}' requires the 'flakes' experimental feature");
    }

    private Input FromSet(VAttrs set, string who, string? type)
    {
        bool isGit = type is not null;
        if (set.Get(WellKnown.Type) is { } given)
        {
            type = isGit
                ? throw new EvalError(EvalErrorKind.Error, $"unexpected argument 'type'")
                : Text(_ev.ForceStringNoContext(given, $"while evaluating the `type` argument passed to '{who}'", set.PosOf(WellKnown.Type)));
        }
        else if (type is null)
        {
            throw new EvalError(EvalErrorKind.Error, $"argument 'type' is missing in call to '{who}'");
        }

        InputAttributes attributes = new InputAttributes().With("type", type);
        foreach (Attr attribute in set.InNameOrder(_ev.Symbols))
        {
            string name = _ev.Symbols.TextOf(attribute.Name);
            if (name != "type")
            {
                attributes = attributes.With(name, ToInputValue(attribute, name, who, isGit));
            }
        }

        if (isGit && !attributes.Has("exportIgnore") && !(Checked(() => attributes.FindFlag("submodules")) ?? false))
        {
            attributes = attributes.With("exportIgnore", true);
        }

        // Trees without their history are all that is asked for here.
        if (!isGit && type == "git" && !attributes.Has("shallow"))
        {
            attributes = attributes.With("shallow", true);
        }

        return !isGit && attributes.Has("name")
            ? throw new EvalError(EvalErrorKind.Error, $"argument 'name' isn’t supported in call to '{who}'")
            : Checked(() => _store.Inputs.FromAttributes(attributes));
    }

    private InputValue ToInputValue(Attr attribute, string name, string who, bool isGit)
    {
        switch (attribute.Value.Force())
        {
            case VString or VPath:
                string text = _ev.CoerceToString(attribute.Value, "", Coercion.Strict, attribute.Pos).Text;
                return new InputValue.Text(isGit && name == "url" ? Checked(() => Url.OfGit(text)).ToString() : text);
            case VBool flag:
                return new InputValue.Flag(flag.IsTrue);
            case VInt { Number: < 0 } number:
                throw new EvalError(EvalErrorKind.Error, $"negative value given for '{who}' argument '{name}': {number.Number}");
            case VInt number:
                return new InputValue.Number((ulong)number.Number);
            case Value keys when name == "publicKeys":
                return _ev.HasFeature("verified-fetches")
                    ? new InputValue.Text(Text(JsonPrinter.Print(_ev, keys, true, copyToStore: true).Bytes))
                    : throw EvalError.FeatureNeeded("verified-fetches");
            default:
                throw new EvalError(
                    EvalErrorKind.Type, $"argument '{name}' to '{who}' is {Evaluator.ShowType(attribute.Value.Force())} while a string, Boolean or integer is expected");
        }
    }

    private VAttrs FetchMercurial(Value argument)
    {
        string? url = null, rev = null, reference = null;
        string name = "source";
        Value forced = argument.Force();
        if (forced is VAttrs set)
        {
            foreach (Attr attribute in set.InNameOrder(_ev.Symbols))
            {
                switch (_ev.Symbols.TextOf(attribute.Name))
                {
                    case "url":
                        url = _ev.CoerceToString(attribute.Value, "while evaluating the `url` attribute passed to builtins.fetchMercurial", Coercion.Strict, attribute.Pos).Text;
                        break;
                    case "rev":
                        string text = Text(_ev.ForceStringNoContext(attribute.Value, "while evaluating the `rev` attribute passed to builtins.fetchMercurial", attribute.Pos));
                        (rev, reference) = GitRefName.IsRevision(text) ? (text.ToLowerInvariant(), reference) : (rev, text);
                        break;
                    case "name":
                        name = Text(_ev.ForceStringNoContext(attribute.Value, "while evaluating the `name` attribute passed to builtins.fetchMercurial", attribute.Pos));
                        break;
                    default:
                        throw new EvalError(EvalErrorKind.Error, $"unsupported argument '{_ev.Symbols.BytesOf(attribute.Name)}' to 'fetchMercurial'").At(attribute.Pos);
                }
            }

            url = url is { Length: > 0 } ? url : throw new EvalError(EvalErrorKind.Error, $"'url' argument required");
        }
        else
        {
            url = _ev.CoerceToString(forced, "while evaluating the first argument passed to builtins.fetchMercurial", Coercion.Strict).Text;
        }

        _store.Files.CheckUri(url);
        if (_ev.Options.PureEval && rev is null)
        {
            throw new EvalError(EvalErrorKind.Restricted, "in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision");
        }

        InputAttributes attributes = new InputAttributes().With("type", "hg").With("url", url.Contains("://", StringComparison.Ordinal) ? url : "file://" + url).With("name", name);
        attributes = reference is null ? attributes : attributes.With("ref", reference);
        attributes = rev is null ? attributes : attributes.With("rev", rev);
        FetchedInput fetched = _store.FetchInput(Checked(() => _store.Inputs.FromAttributes(attributes)));
        string found = fetched.Input.RevText ?? new string('0', 40);
        AttrsBuilder result = new(5);
        result.Add(WellKnown.OutPath, OutputTexts.Of(_store.Options.StoreDir, fetched.Path));
        if (fetched.Input.Ref is { } branch)
        {
            result.Add(_ev.Symbols.Intern("branch"), new VString(branch));
        }

        result.Add(_ev.Symbols.Intern("rev"), new VString(found));
        result.Add(_ev.Symbols.Intern("shortRev"), new VString(found[..12]));
        if (fetched.Input.RevCount is { } count)
        {
            result.Add(_ev.Symbols.Intern("revCount"), VInt.Of((long)count));
        }

        return result.Build();
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static T Checked<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }
}
