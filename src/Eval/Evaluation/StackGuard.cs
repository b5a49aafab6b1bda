using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>Turns the end of the stack into an error of the language while there is still room to report it.</summary>
internal static class StackGuard
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(PosIdx pos)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            Overflow(pos);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Overflow(PosIdx pos) =>
        throw new EvalError(EvalErrorKind.StackOverflow, "stack overflow (possible infinite recursion)").At(pos);
}
