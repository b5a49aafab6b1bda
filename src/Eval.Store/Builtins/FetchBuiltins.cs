using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Derivations;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store.Builtins;

/// <summary>Builtins that download while the evaluation waits: <c>fetchurl</c> and <c>fetchTarball</c>.</summary>
public sealed class FetchBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;

    internal FetchBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("fetchurl", argument => Fetch(argument, "fetchurl", ""), "Downloads a file into the store."),
        Builtin.Of("fetchTarball", argument => Fetch(argument, "fetchTarball", "source"), "Downloads an archive and puts what is in it into the store.", global: true),
    ];

    private StoreDir Dir => _store.Options.StoreDir;

    private VString Fetch(Value argument, string who, string defaultName)
    {
        (string url, string name, Hash? expected) = Arguments(argument, who, defaultName);
        bool unpack = who == "fetchTarball";
        try
        {
            if (expected is Hash known && known.Algorithm == HashAlgorithm.Sha256)
            {
                StorePath path = Dir.MakeFromContentAddress(name, new ContentAddress(unpack ? ContentAddressMethod.NixArchive : ContentAddressMethod.Flat, known));
                if (IsThere(path))
                {
                    _store.Options.Access?.Allow(Dir.Print(path));
                    return OutputTexts.Of(Dir, path);
                }
            }

            StorePath fetched = unpack ? Tree(url, name) : _store.Fetcher.Downloads.File(url, name).Path;
            if (expected is Hash hash)
            {
                PathInfo info = _store.Options.Infos.Find(fetched) ?? throw new InvalidPathException(Dir, fetched);
                Hash got = unpack ? info.NarHash : info.ContentAddress!.Value.Hash;
                if (got != hash)
                {
                    throw new EvalError(
                        EvalErrorKind.Error,
                        $"hash mismatch in file downloaded from '{url}':\n  specified: {hash.ToString(HashFormat.Nix32, true)}\n  got:       {got.ToString(HashFormat.Nix32, true)}")
                    { ExitStatus = StoreErrors.HashMismatch };
                }
            }

            _store.Options.Access?.Allow(Dir.Print(fetched));
            return OutputTexts.Of(Dir, fetched);
        }
        catch (Exception e) when (StoreErrors.IsError(e) || e is IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.Wrap(e);
        }
    }

    // Where it would be downloaded it may come from a cache, whatever else is only read; one that fails is no reason not to download.
    private bool IsThere(StorePath path)
    {
        try
        {
            return _store.Options.Infos.IsValid(path) || _store.Options.Realiser?.TrySubstitute(path) == true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private StorePath Tree(string url, string name)
    {
        try
        {
            return _store.Fetcher.Downloads.Tree(url, name).Path;
        }
        catch (FetchException e)
        {
            throw StoreErrors.Wrap(e).WithTrace(default, $"while fetching the input '{url}'");
        }
    }

    private (string Url, string Name, Hash? Expected) Arguments(Value argument, string who, string defaultName)
    {
        string? url = null, name = null;
        Hash? expected = null;
        Value forced = argument.Force();
        if (forced is VAttrs attributes)
        {
            foreach (Attr attribute in attributes.InNameOrder(_ev.Symbols))
            {
                switch (_ev.Symbols.TextOf(attribute.Name))
                {
                    case "url":
                        url = Text(attribute.Value, "while evaluating the url we should fetch", attribute.Pos);
                        break;
                    case "sha256":
                        expected = Expected(Text(attribute.Value, "while evaluating the sha256 of the content we should fetch", attribute.Pos));
                        break;
                    case "name":
                        name = Text(attribute.Value, "while evaluating the name of the content we should fetch", attribute.Pos);
                        break;
                    default:
                        throw new EvalError(EvalErrorKind.Error, $"unsupported argument '{_ev.Symbols.BytesOf(attribute.Name)}' to '{who}'");
                }
            }

            url ??= Missing();
        }
        else
        {
            url = Text(forced, "while evaluating the url we should fetch", default);
        }

        url = who == "fetchTarball" ? PseudoUrl.Resolve(url) : url;
        _store.Files.CheckUri(url);
        string chosen = name ?? defaultName;
        chosen = chosen.Length > 0 ? chosen : url.TrimEnd('/')[(url.TrimEnd('/').LastIndexOf('/') + 1)..];
        if (StorePathName.Fault(chosen) is string fault)
        {
            string advice = name is not null ? $"Please change the value for the 'name' attribute passed to '{who}', so that it can create a valid store path."
                : forced is VAttrs ? $"Please add a valid 'name' attribute to the argument for '{who}', so that it can create a valid store path."
                : $"Please pass an attribute set with 'url' and 'name' attributes to '{who}',  so that it can create a valid store path.";
            throw new EvalError(EvalErrorKind.Error, $"invalid store path name when fetching URL '{url}': {new Plain(fault)}. {new Plain(advice)}");
        }

        if (_ev.Options.PureEval && expected is null)
        {
            throw new EvalError(EvalErrorKind.Restricted, $"in pure evaluation mode, '{who}' requires a 'sha256' argument");
        }

        return (url, chosen, expected);
    }

    private static string Missing() => throw new EvalError(EvalErrorKind.Error, "'url' argument required");

    private string Text(Value value, string context, PosIdx pos) => Encoding.UTF8.GetString(_ev.ForceStringNoContext(value, context, pos));

    private Hash Expected(string text)
    {
        try
        {
            return HashTexts.ParseAllowEmpty(text, HashAlgorithm.Sha256, _store.Warn);
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }
}
