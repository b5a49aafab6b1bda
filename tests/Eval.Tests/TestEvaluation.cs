using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Tests;

/// <summary>Evaluates text as a command line would.</summary>
internal static class TestEvaluation
{
    public static Evaluator Make(IEvalIo? io = null, bool showTrace = false) => new(new EvaluatorOptions
    {
        Io = io ?? new MemoryIo(),
        Families = PureBuiltins.Families,
        ShowTrace = showTrace,
        Features = new HashSet<string> { "pipe-operators" },
    });

    public static Value Evaluate(Evaluator ev, string text) =>
        ev.Evaluate(SourceText.FromString(Encoding.UTF8.GetBytes(text)), "/base"u8.ToArray());

    /// <summary>The whole value as text, or the report of the error.</summary>
    public static string Show(string text, IEvalIo? io = null, bool showTrace = false) => EvaluationThread.Run(() =>
    {
        Evaluator ev = Make(io, showTrace);
        try
        {
            Value value = Evaluate(ev, text);
            ev.ForceDeep(value);
            return Encoding.UTF8.GetString(AmbiguousPrinter.Print(ev, value, strict: true));
        }
        catch (EvalError e)
        {
            return AnsiText.Strip(new ErrorRenderer(ev.Positions, showTrace).Render(e));
        }
    });
}
