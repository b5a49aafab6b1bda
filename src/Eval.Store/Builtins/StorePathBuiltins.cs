using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Builtins;

/// <summary>Builtins about store paths: <c>placeholder</c>, <c>storePath</c>, <c>outputOf</c>, <c>toFile</c>.</summary>
public sealed class StorePathBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;

    internal StorePathBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("placeholder", Placeholder, "What stands for an output of a derivation in its own attributes.", global: true),
        Builtin.Of("storePath", StorePathOf, "Makes a string refer to a path that is in the store already."),
        Builtin.Of("outputOf", OutputOf, "The output of a derivation that is itself built by a derivation.", feature: "dynamic-derivations"),
        Builtin.Of("toFile", ToFile, "Writes a string to a file in the store."),
    ];

    private StoreDir Dir => _store.Options.StoreDir;

    private VString Placeholder(Value output) =>
        new(Placeholders.Own(Encoding.UTF8.GetString(_ev.ForceStringNoContext(output, "while evaluating the first argument passed to builtins.placeholder"))));

    private VString StorePathOf(Value argument)
    {
        if (_ev.Options.PureEval)
        {
            throw new EvalError(EvalErrorKind.Restricted, $"'{"builtins.storePath"}' is not allowed in pure evaluation mode");
        }

        byte[] given = _ev.CoerceToPath(argument, "while evaluating the first argument passed to 'builtins.storePath'", out StringContext? context);
        string path = Encoding.UTF8.GetString(given);
        try
        {
            // Links are followed, but not one that is a store object itself.
            if (!Dir.TryParse(path, out _))
            {
                path = _store.Files.Resolve(path);
            }

            if (!Dir.Contains(path))
            {
                throw new EvalError(EvalErrorKind.Error, $"path '{path}' is not in the Nix store");
            }

            StorePath storePath = Dir.Split(path).Path;
            _store.EnsurePath(storePath);

            StringContext own = StringContext.Of(ContextElement.Opaque(Encoding.UTF8.GetBytes(Dir.Print(storePath))));
            return new VString(Encoding.UTF8.GetBytes(path), StringContext.Union(context, own));
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    private VString OutputOf(Value derivation, Value output)
    {
        ContextElement element = SingleReference(derivation, "while evaluating the first argument to builtins.outputOf");
        byte[] name = _ev.ForceStringNoContext(output, "while evaluating the second argument to builtins.outputOf");
        try
        {
            return TextOf(ContextElement.Built(element, name));
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    // The one thing that a string refers to; the string has to be its text.
    private ContextElement SingleReference(Value value, string context)
    {
        VString text = _ev.ForceString(value, context);
        int count = text.Context?.Count ?? 0;
        if (count != 1)
        {
            throw new EvalError(EvalErrorKind.Error, $"string '{text.Bytes}' has {(long)count} entries in its context. It should only have exactly one entry").WithTrace(default, context);
        }

        ContextElement element = text.Context!.Elements[0];
        if (element.Kind == ContextKind.DerivationDeep)
        {
            throw new EvalError(EvalErrorKind.Error, $"string '{text.Bytes}' has a context which refers to a complete source and binary closure. This is not supported at this time").WithTrace(default, context);
        }

        byte[] expected;
        try
        {
            expected = TextOf(element).Bytes;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }

        if (text.Bytes.AsSpan().SequenceEqual(expected))
        {
            return element;
        }

        throw (element.Kind == ContextKind.Opaque
            ? new EvalError(EvalErrorKind.Error, $"path string '{text.Bytes}' has context with the different path '{expected}'")
            : new EvalError(EvalErrorKind.Error, $"string '{text.Bytes}' has context with the output '{element.Output!}' from derivation '{element.Derivation!.Display()}', but the string is not the right placeholder for this derivation output. It should be '{expected}'")).WithTrace(default, context);
    }

    private VString TextOf(ContextElement element)
    {
        if (element.Kind == ContextKind.Opaque)
        {
            return new VString(element.Path, StringContext.Of(element));
        }

        StorePath? path = null;
        if (element.Derivation!.Kind == ContextKind.Opaque)
        {
            Derivation derivation = _store.Derivations.Read(Dir.Parse(element.Derivation.Path));
            string output = Encoding.UTF8.GetString(element.Output!);
            path = (derivation.Output(output) ?? throw new FormatsException($"derivation '{element.Derivation.Display()}' does not have output '{output}'")).KnownPath(Dir, derivation.Name, output);
        }

        return OutputTexts.Of(Dir, element, path);
    }

    private VString ToFile(Value name, Value contents)
    {
        string file = Encoding.UTF8.GetString(_ev.ForceStringNoContext(name, "while evaluating the first argument passed to builtins.toFile"));
        VString text = _ev.ForceString(contents, "while evaluating the second argument passed to builtins.toFile");
        try
        {
            List<StorePath> references = [];
            if (text.Context is not null)
            {
                foreach (ContextElement element in text.Context.Elements)
                {
                    if (element.Kind != ContextKind.Opaque)
                    {
                        throw new EvalError(
                            EvalErrorKind.Error,
                            $"files created by {"builtins.toFile"} may not reference derivations, but {file} references {Encode(element)}");
                    }

                    references.Add(Dir.Parse(element.Path));
                }
            }

            references.Sort();
            StorePath path = Dir.MakeText(file, Hash.Sha256(text.Bytes), references);
            if (!_store.Options.ReadOnly)
            {
                _store.Texts.Add(path, text.Bytes, references, null);
            }

            _store.Options.Access?.Allow(Dir.Print(path));
            return OutputTexts.Of(Dir, path);
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    // A reference as contexts are written: =path for a deep one, !output!path for an output.
    private string Encode(ContextElement element)
    {
        string path = Dir.Parse(element.Path).BaseName;
        return element.Kind == ContextKind.DerivationDeep ? "=" + path : $"!{Encoding.UTF8.GetString(element.Output!)}!{path}";
    }
}
