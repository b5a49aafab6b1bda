using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Wiring;

/// <summary>
/// The store that evaluation writes to: the one that things are built in, unless <c>--eval-store</c> names another, or
/// nothing can be evaluated in it.
/// </summary>
internal sealed class EvaluationStore : IDisposable
{
    private readonly IStore _build;
    private readonly IDisposable? _own;
    private readonly StoreExchange? _exchange;
    private readonly bool _keepsPlans;

    private EvaluationStore(IStore build, ILocalFsStore store, IDisposable? own, bool empty, bool keepsPlans)
    {
        _build = build;
        _own = own;
        _keepsPlans = keepsPlans;
        Store = store;
        IsEmpty = empty;
        _exchange = empty || ReferenceEquals(store, build) ? null : new StoreExchange(store, build);
    }

    /// <summary>Where derivations and sources are put.</summary>
    public ILocalFsStore Store { get; }

    /// <summary>Whether it is the store that holds nothing and takes nothing.</summary>
    public bool IsEmpty { get; }

    /// <summary>Copies between it and the store that things are built in; null where they are one, or nothing is in it.</summary>
    public StoreExchange? Exchange => _exchange;

    /// <summary>Opens it for a process, which has one at most.</summary>
    /// <param name="build">Where things are built.</param>
    public static EvaluationStore Open(CommandContext context, EvaluationFlags flags, IStore build)
    {
        if (context.EvaluationStore is { } open)
        {
            return open;
        }

        EvaluationStore store = flags.EvalStore is { } url ? OfUrl(context, url, build)
            : build is ILocalFsStore local ? new EvaluationStore(build, local, null, StoreOpening.IsEmpty(context), keepsPlans: false)
            : Scratch(build, keepsPlans: false);
        context.EvaluationStore = store;
        return store;
    }

    private static EvaluationStore OfUrl(CommandContext context, string url, IStore build)
    {
        if (!StoreOpening.IsEmpty(url))
        {
            ILocalFsStore store = StoreOpening.OpenFs(context, url);
            if (build is LocalStore same && store is LocalStore && same.StateDir == store.StateDir)
            {
                store.Dispose();
                return new EvaluationStore(build, same, null, empty: false, keepsPlans: false);
            }

            // A daemon builds what it has the plans of.
            return new EvaluationStore(build, store, store, empty: false, keepsPlans: build is not RemoteStore);
        }

        StoreReference reference = StoreReference.Parse(url);
        if (reference.Parameters.GetValueOrDefault("read-only") is "false" or "no" or "0")
        {
            // It takes what comes, and forgets it with the process.
            return Scratch(build, keepsPlans: build is not RemoteStore);
        }

        LocalStore nothing = new(StoreOpening.Options(context, url));
        return new EvaluationStore(build, nothing, nothing, empty: true, keepsPlans: false);
    }

    // A cache cannot be evaluated in: what is made goes there afterwards, from a store that is nobody's.
    private static EvaluationStore Scratch(IStore build, bool keepsPlans)
    {
        ScratchStore scratch = new(build.StoreDir);
        return new EvaluationStore(build, scratch.Store, scratch, empty: false, keepsPlans);
    }

    /// <summary>The derivations of this store, for building in another; null where that has all of them.</summary>
    public PlanStore? PlansFor(IStore store) => _exchange is { } exchange && ReferenceEquals(store, _build) ? new PlanStore(Store, Store, exchange.ToBuild) : null;

    /// <summary>Brings what evaluation made to the store where things are built, if that is where it belongs.</summary>
    public void Bring(IReadOnlyCollection<StorePath> paths)
    {
        if (!_keepsPlans)
        {
            _exchange?.ToBuild(paths);
        }
    }

    /// <summary>As the other, with all that there is; of use where nothing but this process put anything there.</summary>
    public void BringAll()
    {
        if (!_keepsPlans && _exchange is not null)
        {
            _exchange.ToBuild(Store.AllValid());
        }
    }

    public void Dispose() => _own?.Dispose();
}
