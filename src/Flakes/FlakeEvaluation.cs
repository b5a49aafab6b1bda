using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Fetchers.Fetching;
using Firn.Flakes.Calling;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>Flakes in an evaluation: locks them and calls them.</summary>
public sealed class FlakeEvaluation(Evaluator ev, EvalStore store)
{
    /// <summary>Fetches a flake and finds out exactly what its inputs are; writes its lock file if the options say so.</summary>
    /// <exception cref="EvalError">It is no flake, or an input cannot be fetched.</exception>
    public LockedFlake Lock(FlakeReference reference, LockOptions options) => FlakeLocker.Lock(ev, store, reference, options);

    /// <summary>Fetches a flake and reads what it says of itself; its inputs are not fetched.</summary>
    /// <exception cref="EvalError">It cannot be fetched, or is no flake.</exception>
    public Flake Read(FlakeReference reference) => new FlakeFetcher(ev, store).Get(reference, RegistryUse.All, InputPath.Root);

    /// <summary>The value of a flake.</summary>
    /// <exception cref="EvalError">Evaluating it failed.</exception>
    public Value Call(LockedFlake flake) => FlakeCaller.Call(ev, store, flake);
}
