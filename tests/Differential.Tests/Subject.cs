using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Printing;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Firn.Syntax.Text;

namespace Firn.Differential.Tests;

/// <summary>This implementation, with a store that nothing is written to.</summary>
internal sealed class Subject : IDisposable
{
    private readonly LocalStore _local;
    private readonly EmptyStore _store;

    public Subject()
    {
        _local = new LocalStore(LocalStoreOptions.UnderRoot(Path.Combine(Folder.Path, "store"), StoreDir.Default) with { FsyncMetadata = false });
        _store = new EmptyStore(StoreDir.Default, _local);
    }

    /// <summary>Files that expressions may name.</summary>
    public SourceFolder Folder { get; } = new();

    /// <summary>The value of each as text, null when it fails. Any failure but an error of the language is thrown.</summary>
    public List<string?> Evaluate(IReadOnlyList<string> expressions, Printing printing) => EvaluationThread.Run(() =>
    {
        List<string?> values = new(expressions.Count);
        foreach (string expression in expressions)
        {
            try
            {
                values.Add(EvaluateHere(expression, printing));
            }
            catch (Exception e) when (e is not EvalError)
            {
                throw new InvalidOperationException($"{printing}: {expression}", e);
            }
        }

        return values;
    });

    public string? Evaluate(string expression, Printing printing) => Evaluate([expression], printing)[0];

    private string? EvaluateHere(string expression, Printing printing)
    {
        EvalStore store = new(
            new EvalStoreOptions
            {
                StoreDir = StoreDir.Default,
                Infos = _store,
                Texts = _store,
                Sources = _store,
                Contents = _store,
                RealPaths = _store,
                ReadOnly = true,
            },
            new SystemEvalIo());
        Evaluator ev = new(new EvaluatorOptions
        {
            Io = store.Files,
            Store = store,
            Families = [.. PureBuiltins.Families, .. store.Families],
        });
        try
        {
            Value value = ev.Evaluate(SourceText.FromString(Encoding.UTF8.GetBytes(expression)), "/"u8.ToArray());
            return Encoding.UTF8.GetString(Print(ev, value, printing)).TrimEnd('\n');
        }
        catch (EvalError)
        {
            return null;
        }
    }

    private static ReadOnlySpan<byte> Print(Evaluator ev, Value value, Printing printing)
    {
        if (printing == Printing.Strict)
        {
            ev.ForceDeep(value);
        }

        return printing switch
        {
            Printing.Lazy or Printing.Strict => AmbiguousPrinter.Print(ev, value, printing == Printing.Strict),
            Printing.Xml or Printing.LazyXml => XmlPrinter.Print(ev, value, strict: printing == Printing.Xml, locations: false).Bytes,
            Printing.Json => JsonPrinter.Print(ev, value, strict: true, copyToStore: true).Bytes,
        };
    }

    public void Dispose()
    {
        _local.Dispose();
        Folder.Dispose();
    }
}
