using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Io;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>
/// One evaluation: names, positions, builtins, files read so far. Expressions go in through
/// <see cref="Evaluate"/> and <see cref="EvaluateFile(byte[])"/>; builtins use the rest.
/// </summary>
/// <remarks>docs/language/evaluator.md</remarks>
public sealed partial class Evaluator
{
    private readonly GlobalScope _global;
    private readonly bool _showTrace;
    private int _maxCallDepth;
    private int _callDepth;
    private Scope? _freeScopes;

    /// <summary>An evaluator with the builtins of its options.</summary>
    public Evaluator(EvaluatorOptions options)
    {
        Options = options;
        _showTrace = options.ShowTrace;
        _maxCallDepth = options.MaxCallDepth;
        Symbols = new SymbolTable();
        Positions = new PositionTable();
        _global = new GlobalScope(this);
        foreach (Func<Evaluator, IBuiltinFamily> family in options.Families)
        {
            _global.Add(family(this));
        }

        _global.Close();
    }

    /// <summary>What it was made with.</summary>
    public EvaluatorOptions Options { get; }

    /// <summary>Names.</summary>
    public SymbolTable Symbols { get; }

    /// <summary>Sources and places in them.</summary>
    public PositionTable Positions { get; }

    /// <summary>Files and environment.</summary>
    public IEvalIo Io => Options.Io;

    /// <summary>The set <c>builtins</c>.</summary>
    public VAttrs Builtins => _global.BuiltinsSet;

    /// <summary>The store.</summary>
    /// <exception cref="EvalError">There is none.</exception>
    public IStoreHooks Store =>
        Options.Store ?? throw new EvalError(EvalErrorKind.Store, "this evaluation has no store");

    /// <summary>Whether an experimental feature is on.</summary>
    public bool HasFeature(string feature) => Options.Features.Contains(feature);

    /// <summary>A name as messages show it: quoted where the language would have to.</summary>
    public string ShowName(Symbol name) => Printing.Literals.AttributeName(Symbols.BytesOf(name));

    /// <summary>Tells the user something that does not end the evaluation; with its place when it has one.</summary>
    public void Warn(string text, PosIdx pos = default)
    {
        const string Prefix = "\e[35;1mwarning:\e[0m ";
        string message = pos.IsSet
            ? new ErrorRenderer(Positions, _showTrace).Render(new EvalError(EvalErrorKind.Error, text).At(pos), Prefix)
            : Prefix + text;
        Io.WriteMessage(MessageText.Encode(message));
    }

    /// <summary>A string value of a name.</summary>
    public VString NameValue(Symbol name) => Symbols.ValueOf(name);
}
