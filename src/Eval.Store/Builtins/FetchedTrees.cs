using System;
using System.Globalization;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Builtins;

/// <summary>Fetched trees as values of the language: what <c>fetchTree</c> and the inputs of flakes give.</summary>
/// <remarks>Nix manual, language/builtins: fetchTree</remarks>
public sealed class FetchedTrees(Evaluator ev, EvalStore store)
{
    /// <summary>Fetches a tree whose attributes came from fetching it before, as a lock file has them.</summary>
    /// <exception cref="EvalError">It cannot be fetched, may not be, or is another one.</exception>
    public VAttrs FetchFinal(Input input)
    {
        input = Permitted(input, "fetchTree").With(Input.FinalAttribute, true);
        FetchedInput fetched = store.FetchInput(input);
        return ToValue(fetched.Path, fetched.Input);
    }

    /// <summary>The set that stands for a tree in the store.</summary>
    /// <param name="isGit">Whether zeroes stand for what a working tree with changes does not have.</param>
    /// <param name="isModified">Whether the tree is used with changes, so that its revision does not describe it.</param>
    public VAttrs ToValue(StorePath path, Input input, bool isGit = false, bool isModified = false)
    {
        AttrsBuilder result = new(10);
        result.Add(WellKnown.OutPath, OutputTexts.Of(store.Options.StoreDir, path));
        if (input.NarHash is { } hash)
        {
            result.Add(WellKnown.NarHash, new VString(hash.ToString(HashFormat.Sri, true)));
        }

        if (input.Type == "git")
        {
            result.Add(WellKnown.Submodules, VBool.Of(input.Attributes.FindFlag("submodules") ?? false));
        }

        if (!isModified)
        {
            AddRevision(ref result, input, isGit);
        }

        if (input.Attributes.FindText("dirtyRev") is { } dirty)
        {
            result.Add(WellKnown.DirtyRev, new VString(dirty));
            result.Add(WellKnown.DirtyShortRev, new VString(input.Attributes.Text("dirtyShortRev")));
        }

        if (input.LastModified is { } modified)
        {
            result.Add(WellKnown.LastModified, VInt.Of((long)modified));
            result.Add(WellKnown.LastModifiedDate, new VString(DateTimeOffset.FromUnixTimeSeconds((long)modified).UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)));
        }

        return result.Build();
    }

    /// <summary>Fetches what an expression asks for.</summary>
    /// <param name="who">The builtin, for messages.</param>
    internal VAttrs Fetch(Input input, string who, bool isGit)
    {
        if (!ev.Options.PureEval && !input.IsDirect && ev.HasFeature("flakes"))
        {
            input = Checked(() => store.Fetcher.Registries.Resolve(input, RegistryUse.Limited)).Input;
        }

        input = Permitted(input, who);
        if (input.IsFinal)
        {
            throw new EvalError(EvalErrorKind.Error, $"input '{input.ToString()}' is not allowed to use the '__final' attribute");
        }

        FetchedInput fetched = store.FetchInput(input);
        return ToValue(fetched.Path, fetched.Input, isGit);
    }

    private Input Permitted(Input input, string who)
    {
        if (ev.Options.PureEval && !input.IsLocked)
        {
            if (Checked(() => input.NarHash) is null)
            {
                throw new EvalError(EvalErrorKind.Restricted, $"in pure evaluation mode, '{who}' doesn't fetch unlocked input '{Checked(input.ToString)}'");
            }

            store.Warn($"Input '{input}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. This is not reproducible and will break after garbage collection or when shared.");
        }

        store.Files.CheckUri(Checked(input.ToString));
        return input;
    }

    private static void AddRevision(ref AttrsBuilder result, Input input, bool isGit)
    {
        string? rev = input.RevText ?? (isGit ? new string('0', 40) : null);
        if (rev is not null)
        {
            result.Add(WellKnown.Rev, new VString(rev));
            result.Add(WellKnown.ShortRev, new VString(rev[..7]));
        }

        ulong? revCount = input.RevCount ?? (isGit ? 0UL : (ulong?)null);
        if (revCount is { } count)
        {
            result.Add(WellKnown.RevCount, VInt.Of((long)count));
        }
    }

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
