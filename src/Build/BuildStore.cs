using Firn.Store;

namespace Firn.Build;

/// <summary>What building asks of a store; each part may be used from several threads.</summary>
public sealed record BuildStore
{
    public required IPathInfos Infos { get; init; }

    public required IStoreContents Contents { get; init; }

    public required IRealPaths Paths { get; init; }

    public required IRegistrar Registrar { get; init; }

    public required ITempRoots TempRoots { get; init; }

    public required IOutputLocks Locks { get; init; }

    public required IFileTrees Trees { get; init; }

    /// <summary>Asked from time to time while builds run; null for a store that needs no care.</summary>
    public ISpaceKeeper? Space { get; init; }

    /// <summary>Takes paths of other stores; null for a store that takes none.</summary>
    public INarAdder? Adder { get; init; }

    /// <summary>Says which of those are believed; null believes all.</summary>
    public ITrustPolicy? Trust { get; init; }

    /// <summary>Keeps what floating outputs became; null for a store that keeps none.</summary>
    public IRealisations? Realisations { get; init; }

    /// <summary>Takes resolved derivations; null for a store that takes none.</summary>
    public ITextAdder? Texts { get; init; }

    /// <summary>All parts of one object.</summary>
    public static BuildStore Of<T>(T store)
        where T : IPathInfos, IStoreContents, IRealPaths, IRegistrar, ITempRoots, IOutputLocks, IFileTrees
        => new()
        {
            Infos = store,
            Contents = store,
            Paths = store,
            Registrar = store,
            TempRoots = store,
            Locks = store,
            Trees = store,
            Realisations = store as IRealisations,
            Texts = store as ITextAdder,
            Space = store as ISpaceKeeper,
            Adder = store as INarAdder,
            Trust = store as ITrustPolicy,
        };
}
