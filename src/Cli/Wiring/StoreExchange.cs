using System.Collections.Generic;
using Firn.Eval.Store.Realising;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Transfer;

namespace Firn.Cli.Wiring;

/// <summary>Copies between the store that evaluation writes to (<c>--eval-store</c>) and the one where things are built.</summary>
internal sealed class StoreExchange(ILocalFsStore evaluation, IStore build)
{
    private static readonly CopyOptions s_options = new() { CheckSignatures = false };

    /// <summary>Brings paths and what they refer to from the evaluation to the builders.</summary>
    public void ToBuild(IReadOnlyCollection<StorePath> paths) => Copy(evaluation, build, paths);

    /// <summary>Brings what was built to the evaluation.</summary>
    public void ToEvaluation(IReadOnlyCollection<StorePath> paths) => Copy(build, evaluation, paths);

    private static void Copy(IStore from, IStore to, IReadOnlyCollection<StorePath> paths)
    {
        List<StorePath> missing = [];
        foreach (StorePath path in paths)
        {
            if (!to.IsValid(path) && from.IsValid(path))
            {
                missing.Add(path);
            }
        }

        PathCopier.Copy(from, to, from.Closure(missing), s_options);
    }
}

/// <summary>Builds in one store what an evaluation in another needs.</summary>
internal sealed class ExchangingRealiser(IRealiser builder, StoreExchange exchange) : IRealiser
{
    public IReadOnlyList<StorePath> Realise(IReadOnlyList<OutputRequest> wanted)
    {
        IReadOnlyList<StorePath> outputs = builder.Realise(wanted);
        exchange.ToEvaluation(outputs);
        return outputs;
    }

    public bool TrySubstitute(StorePath path)
    {
        if (!builder.TrySubstitute(path))
        {
            return false;
        }

        exchange.ToEvaluation([path]);
        return true;
    }
}
