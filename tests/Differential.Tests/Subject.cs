using System;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Differential.Tests;

/// <summary>This implementation.</summary>
internal static class Subject
{
    private const int StackSize = 256 << 20;

    /// <summary>The value of an expression as text, null when it fails. Any failure but an error of the language is thrown.</summary>
    public static string? Evaluate(string expression)
    {
        string? result = null;
        ExceptionDispatchInfo? crash = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    result = EvaluateHere(expression);
                }
                catch (Exception e)
                {
                    crash = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackSize);
        thread.Start();
        thread.Join();
        crash?.Throw();
        return result;
    }

    private static string? EvaluateHere(string expression)
    {
        Evaluator ev = new(new EvaluatorOptions { Io = new SystemEvalIo(), Families = PureBuiltins.Families });
        try
        {
            Value value = ev.Evaluate(SourceText.FromString(Encoding.UTF8.GetBytes(expression)), "/"u8.ToArray());
            ev.ForceDeep(value);
            return Encoding.UTF8.GetString(AmbiguousPrinter.Print(ev, value));
        }
        catch (EvalError)
        {
            return null;
        }
    }
}
