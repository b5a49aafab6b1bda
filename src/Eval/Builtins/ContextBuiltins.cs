using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Builtins;

/// <summary>What strings refer to.</summary>
public sealed class ContextBuiltins(Evaluator ev) : IBuiltinFamily
{
    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("hasContext", HasContext, "Whether a string refers to anything in the store."),
        Builtin.Of("getContext", GetContext, "What a string refers to, as a set by store path."),
        Builtin.Of("appendContext", AppendContext, "A string that refers to more, given as getContext gives it."),
        Builtin.Of("unsafeDiscardStringContext", Discard, "A string that refers to nothing."),
        Builtin.Of("unsafeDiscardOutputDependency", DiscardDeep, "A string that refers to derivation files alone where it referred to their outputs too."),
        Builtin.Of("addDrvOutputDependencies", AddDeep, "A string that refers to all outputs of a derivation where it referred to its file."),
    ];

    private Value HasContext(Value text) =>
        VBool.Of(ev.ForceString(text, "while evaluating the argument passed to builtins.hasContext").Context is not null);

    private Value Discard(Value text)
    {
        VString known = ev.CoerceToString(
            text, "while evaluating the argument passed to builtins.unsafeDiscardStringContext", Coercion.CopyToStore);
        return known.Context is null ? known : new VString(known.Bytes);
    }

    private Value DiscardDeep(Value text)
    {
        VString known = ev.CoerceToString(
            text, "while evaluating the argument passed to builtins.unsafeDiscardOutputDependency", Coercion.CopyToStore);
        if (known.Context is null)
        {
            return known;
        }

        ContextElement[] elements = known.Context.Elements.ToArray();
        for (int i = 0; i < elements.Length; i++)
        {
            if (elements[i].Kind == ContextKind.DerivationDeep)
            {
                elements[i] = ContextElement.Opaque(elements[i].Path);
            }
        }

        return new VString(known.Bytes, StringContext.Of(elements));
    }

    private Value AddDeep(Value text)
    {
        VString known = ev.CoerceToString(
            text, "while evaluating the argument passed to builtins.addDrvOutputDependencies", Coercion.CopyToStore);
        int count = known.Context?.Count ?? 0;
        if (count != 1)
        {
            throw new EvalError(EvalErrorKind.Error, $"context of string '{known.Bytes}' must have exactly one element, but has {count}");
        }

        ContextElement element = known.Context!.Elements[0];
        switch (element.Kind)
        {
            case ContextKind.Opaque when !element.IsDerivationPath:
                throw new EvalError(EvalErrorKind.Error, $"path '{element.Path}' is not a derivation");
            case ContextKind.Opaque:
                return new VString(known.Bytes, StringContext.Of(ContextElement.DerivationDeep(element.Path)));
            case ContextKind.Built:
                throw new EvalError(
                    EvalErrorKind.Error,
                    $"`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '{element.Output!}'");
            default:
                return known;
        }
    }

    private Value GetContext(Value text)
    {
        VString known = ev.ForceString(text, "while evaluating the argument passed to builtins.getContext");
        SortedDictionary<byte[], (bool Path, bool AllOutputs, List<Value> Outputs)> infos = new(
            Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        if (known.Context is not null)
        {
            foreach (ContextElement element in known.Context.Elements)
            {
                (bool path, bool allOutputs, List<Value> outputs) = infos.GetValueOrDefault(element.Path, (false, false, []));
                switch (element.Kind)
                {
                    case ContextKind.Opaque:
                        path = true;
                        break;
                    case ContextKind.DerivationDeep:
                        allOutputs = true;
                        break;
                    case ContextKind.Built when element.Derivation is { Kind: ContextKind.Built } unbuilt:
                        throw new EvalError(EvalErrorKind.Error, $"cannot operate on output '{unbuilt.Output!}' of the unbuilt derivation '{unbuilt.Path}'");
                    case ContextKind.Built:
                        outputs.Add(new VString(element.Output!));
                        break;
                }

                infos[element.Path] = (path, allOutputs, outputs);
            }
        }

        AttrsBuilder set = new(infos.Count, ev.Symbols);
        foreach ((byte[] storePath, (bool path, bool allOutputs, List<Value> outputs)) in infos)
        {
            AttrsBuilder info = new(3);
            if (path)
            {
                info.Add(WellKnown.Path, VBool.True);
            }

            if (allOutputs)
            {
                info.Add(WellKnown.AllOutputs, VBool.True);
            }

            if (outputs.Count != 0)
            {
                info.Add(WellKnown.Outputs, VList.Of(outputs.ToArray()));
            }

            set.Add(ev.Symbols.Intern(storePath), info.Build());
        }

        return set.Build();
    }

    private Value AppendContext(Value text, Value context)
    {
        VString known = ev.ForceString(text, "while evaluating the first argument passed to builtins.appendContext");
        VAttrs added = ev.ForceAttrs(context, "while evaluating the second argument passed to builtins.appendContext");
        List<ContextElement> elements = [];
        foreach (Attr attr in added.InNameOrder(ev.Symbols))
        {
            byte[] name = ev.Symbols.BytesOf(attr.Name);
            if (!IsStorePath(name))
            {
                throw new EvalError(EvalErrorKind.Error, $"context key '{Literals.AttributeName(name)}' is not a store path").At(attr.Pos);
            }

            ev.Options.Store?.EnsurePath(name);
            AddElements(elements, name, ev.ForceAttrs(attr.Value, "while evaluating the value of a string context", attr.Pos), attr.Pos);
        }

        return new VString(known.Bytes, StringContext.Union(known.Context, StringContext.Of(elements.ToArray())));
    }

    private void AddElements(List<ContextElement> elements, byte[] path, VAttrs info, PosIdx pos)
    {
        bool isDerivation = path.AsSpan().EndsWith(".drv"u8);
        if (info.Get(WellKnown.Path) is Value plain
            && ev.ForceBool(plain, "while evaluating the `path` attribute of a string context", info.PosOf(WellKnown.Path)))
        {
            elements.Add(ContextElement.Opaque(path));
        }

        if (info.Get(WellKnown.AllOutputs) is Value all
            && ev.ForceBool(all, "while evaluating the `allOutputs` attribute of a string context", info.PosOf(WellKnown.AllOutputs)))
        {
            if (!isDerivation)
            {
                throw new EvalError(
                    EvalErrorKind.Error, $"tried to add all-outputs context of {Literals.AttributeName(path)}, which is not a derivation, to a string").At(pos);
            }

            elements.Add(ContextElement.DerivationDeep(path));
        }

        if (info.Get(WellKnown.Outputs) is Value outputs)
        {
            PosIdx at = info.PosOf(WellKnown.Outputs);
            VList names = ev.ForceList(outputs, "while evaluating the `outputs` attribute of a string context", at);
            if (names.Count != 0 && !isDerivation)
            {
                throw new EvalError(
                    EvalErrorKind.Error, $"tried to add derivation output context of {Literals.AttributeName(path)}, which is not a derivation, to a string").At(pos);
            }

            foreach (Value name in names.Items)
            {
                elements.Add(ContextElement.Built(
                    path, ev.ForceStringNoContext(name, "while evaluating an output name within a string context", at)));
            }
        }
    }

    private bool IsStorePath(byte[] path)
    {
        byte[] prefix = Encoding.UTF8.GetBytes(ev.Options.StoreDir + "/");
        if (!path.AsSpan().StartsWith(prefix))
        {
            return false;
        }

        try
        {
            _ = new StorePath(Encoding.UTF8.GetString(path.AsSpan(prefix.Length)));
            return true;
        }
        catch (BadStorePathException)
        {
            return false;
        }
    }
}
