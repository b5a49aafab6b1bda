using System;
using System.Collections.Generic;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Printing;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Syntax.Text;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>Evaluates a source on a machine without files.</summary>
internal sealed class SourceRun
{
    private static readonly string[] s_traces = ["   at Firn.", "System.", "Exception"];

    // Of longer ones a whole trace takes seconds to show.
    private const int LongSource = 20000;

    private readonly Evaluator _ev;
    private readonly SourceText _source;

    public SourceRun(byte[] source)
    {
        EmptyStore empty = new(StoreDir.Default, new NoSources());
        EvalStore store = new(
            new EvalStoreOptions
            {
                StoreDir = StoreDir.Default,
                Infos = empty,
                Texts = empty,
                Sources = empty,
                Contents = empty,
                RealPaths = empty,
                ReadOnly = true,
            },
            new NoFiles());
        _ev = new Evaluator(new EvaluatorOptions
        {
            Io = store.Files,
            Store = store,
            Families = [.. PureBuiltins.Families, .. store.Families],
            Features = new HashSet<string> { "pipe-operators" },
            ShowTrace = true,
        });
        _source = SourceText.FromString(source);
    }

    public Evaluator Evaluator => _ev;

    /// <summary>Reads it alone; the report of the error, or null.</summary>
    public string? Parse() => Report(() => _ev.Check(_ev.Parse(_source, "/base"u8.ToArray())));

    /// <summary>Evaluates it and shows the value in every way; the reports of the errors.</summary>
    public List<string> Evaluate()
    {
        List<string> reports = [];
        Value? value = null;
        Collect(() => value = _ev.Evaluate(_source, "/base"u8.ToArray()));
        if (value is not null)
        {
            Collect(() => AmbiguousPrinter.Print(_ev, value, strict: false));
            Collect(() => XmlPrinter.Print(_ev, value, strict: false, locations: true));
            Collect(() => _ev.ForceDeep(value));
            byte[] text = [];
            Collect(() => text = AmbiguousPrinter.Print(_ev, value, strict: true));
            Collect(() => ValuePrinter.Print(_ev, value, PrintOptions.ForErrors));
            // A value within itself, such as builtins, is shown until there is no stack left: gigabytes when it is wide.
            if (text.AsSpan().IndexOf("«repeated»"u8) < 0)
            {
                Collect(() => XmlPrinter.Print(_ev, value, strict: true, locations: true));
                Collect(() => JsonPrinter.Print(_ev, value, strict: true, copyToStore: true));
            }
        }

        return reports;

        void Collect(Action action)
        {
            if (Report(action) is { } report)
            {
                reports.Add(report);
            }
        }
    }

    private string? Report(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (EvalError e)
        {
            string report = new ErrorRenderer(_ev.Positions, showTrace: _source.Bytes.Length < LongSource).Render(e);
            Assert.DoesNotContain(s_traces, trace => e.Message.Contains(trace, StringComparison.Ordinal));
            return report;
        }
    }

    private sealed class NoFiles : IEvalIo
    {
        public byte[] ReadFile(byte[] path) => throw new EvalError(EvalErrorKind.File, $"opening file '{path}': No such file or directory");

        public FileType? Lstat(byte[] path) => null;

        public IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path) => throw new EvalError(EvalErrorKind.File, $"reading directory '{path}': No such file or directory");

        public byte[] ReadLink(byte[] path) => throw new EvalError(EvalErrorKind.File, $"reading symbolic link '{path}': No such file or directory");

        public byte[]? GetEnvironment(byte[] name) => null;

        public void WriteMessage(byte[] text)
        {
        }
    }

    private sealed class NoSources : ISourceAdder
    {
        public PathInfo Add(Source source) => throw new StoreException($"path '{source.File}' does not exist");

        public PathInfo Compute(Source source) => throw new StoreException($"path '{source.File}' does not exist");
    }
}
