using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Flakes.Calling;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>Flakes in an evaluation: locks them and calls them.</summary>
public sealed class FlakeEvaluation(Evaluator ev, EvalStore store)
{
    /// <summary>Fetches a flake and finds out exactly what its inputs are; writes its lock file if the options say so.</summary>
    /// <exception cref="EvalError">It is no flake, or an input cannot be fetched.</exception>
    public LockedFlake Lock(FlakeReference reference, LockOptions options) => FlakeLocker.Lock(ev, store, reference, options);

    /// <summary>The value of a flake.</summary>
    /// <exception cref="EvalError">Evaluating it failed.</exception>
    public Value Call(LockedFlake flake) => FlakeCaller.Call(ev, store, flake);
}
