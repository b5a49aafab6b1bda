using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace Firn.Eval.Evaluation;

/// <summary>
/// Runs evaluations where there is room for deep recursion. The stack is only reserved: pages cost nothing before
/// they are touched. <see cref="StackGuard"/> reports its end as an error.
/// </summary>
public static class EvaluationThread
{
    // Eight times the stack of the reference: what it can evaluate, this can. More would only make the report of
    // a runaway recursion slower, since an error looks at every frame on its way.
    private const int StackSize = 512 << 20;

    /// <summary>Runs on a thread with a deep stack and gives the result; exceptions pass through.</summary>
    public static T Run<T>(Func<T> evaluate)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    result = evaluate();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackSize)
        {
            Name = "evaluation",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
