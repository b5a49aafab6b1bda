using System.Collections.Generic;
using System.Text;
using Firn.Build;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>What a string of the language refers to, where it is to be one thing.</summary>
internal static class StringPaths
{
    /// <summary>The store path or output that the string is.</summary>
    /// <exception cref="EvalError">It refers to nothing, to more, or is not the text of what it refers to.</exception>
    public static DerivedPath Single(Evaluator evaluator, EvalStore store, VString text, string trace, PosIdx pos)
    {
        int count = text.Context?.Count ?? 0;
        if (count != 1)
        {
            throw new EvalError(EvalErrorKind.Error, $"string '{text.Text}' has {(long)count} entries in its context. It should only have exactly one entry").WithTrace(pos, trace);
        }

        StoreDir dir = store.Options.StoreDir;
        ContextElement element = text.Context!.Elements[0];
        switch (element.Kind)
        {
            case ContextKind.Opaque:
                string path = element.Display();
                return path == text.Text
                    ? new DerivedPath.Opaque(dir.Parse(path))
                    : throw new EvalError(EvalErrorKind.Error, $"path string '{text.Text}' has context with the different path '{path}'").WithTrace(pos, trace);
            case ContextKind.DerivationDeep:
                throw new EvalError(
                    EvalErrorKind.Error,
                    $"string '{text.Text}' has a context which refers to a complete source and binary closure. This is not supported at this time").WithTrace(pos, trace);
            case ContextKind.Built:
                string expected = store.TextOf(element);
                string output = Encoding.UTF8.GetString(element.Output!);
                return expected == text.Text
                    ? Derived(dir, element.Derivation!, output)
                    : throw new EvalError(
                        EvalErrorKind.Error,
                        $"string '{text.Text}' has context with the output '{output}' from derivation '{element.Derivation!.Display()}', but the string is not the right placeholder for this derivation output. It should be '{expected}'").WithTrace(pos, trace);
        }

        throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>What an element of a context stands for; of a derivation with all that it needs, all outputs.</summary>
    public static DerivedPath Derived(StoreDir dir, ContextElement element) => element.Kind switch
    {
        ContextKind.Opaque => new DerivedPath.Opaque(dir.Parse(element.Display())),
        ContextKind.DerivationDeep => new DerivedPath.Built(dir.Parse(element.Path)),
        ContextKind.Built => Derived(dir, element.Derivation!, Encoding.UTF8.GetString(element.Output!)),
    };

    private static DerivedPath Derived(StoreDir dir, ContextElement derivation, string output)
    {
        List<string> chain = [];
        for (; derivation.Kind == ContextKind.Built; derivation = derivation.Derivation!)
        {
            chain.Insert(0, Encoding.UTF8.GetString(derivation.Output!));
        }

        StorePath root = dir.Parse(derivation.Path);
        return chain.Count == 0 ? new DerivedPath.Built(root, [output]) : new DerivedPath.BuiltOfBuilt(root, [.. chain], [output]);
    }
}
