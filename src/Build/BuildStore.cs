using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build;

/// <summary>What building asks of a store; each part may be used from several threads.</summary>
public sealed record BuildStore
{
    private readonly BuildingParts? _building;

    public required IPathInfos Infos { get; init; }

    public required IStoreContents Contents { get; init; }

    /// <summary>What running builders takes; null for a store on which none can run, so that all has to be there or come from elsewhere.</summary>
    public BuildingParts? Building
    {
        get => _building;
        init => _building = value;
    }

    public IRealPaths Paths => Parts.Paths;

    public IRegistrar Registrar => Parts.Registrar;

    public ITempRoots TempRoots { get; init; } = new NoTempRoots();

    public IOutputLocks Locks => Parts.Locks;

    public IFileTrees Trees => Parts.Trees;

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

    /// <summary>Where derivations and their sources are that are not in this store; null where all are in it.</summary>
    public PlanStore? Plans { get; init; }

    private BuildingParts Parts => _building ?? throw CannotBuild();

    /// <summary>A store on this machine's disk, all of whose parts are one object.</summary>
    public static BuildStore Of<T>(T store)
        where T : IPathInfos, IStoreContents, IRealPaths, IRegistrar, ITempRoots, IOutputLocks, IFileTrees
        => Common(store, store) with
        {
            Building = new BuildingParts(store, store, store, store),
            TempRoots = store,
        };

    /// <summary>A store of any other kind.</summary>
    public static BuildStore OfPaths(IStore store) => Common(store, store);

    /// <summary>What a user hears who wants something built where nothing can be built.</summary>
    internal static BuildException CannotBuild() => new(BuildStatus.InputRejected,
        "Unable to build with a primary store that isn't a local store; either pass a different '--store' or enable remote builds.\n\n"
        + "For more information check 'man nix.conf' and search for '/machines'.");

    private static BuildStore Common<T>(T store, IStoreContents contents)
        where T : IPathInfos
        => new()
        {
            Infos = store,
            Contents = contents,
            Realisations = store as IRealisations,
            Texts = store as ITextAdder,
            Space = store as ISpaceKeeper,
            Adder = store as INarAdder,
            Trust = store as ITrustPolicy,
        };

    /// <summary>For stores that nothing is collected from.</summary>
    private sealed class NoTempRoots : ITempRoots
    {
        public void AddTempRoot(StorePath path)
        {
        }

        public void AddTempRoots(IReadOnlyList<StorePath> paths)
        {
        }
    }
}

/// <summary>What running builders asks of a store.</summary>
public sealed record BuildingParts(IRealPaths Paths, IRegistrar Registrar, IOutputLocks Locks, IFileTrees Trees);

/// <summary>A store that holds derivations whose outputs are made in another.</summary>
/// <param name="Bring">Copies valid paths of this store, and what they refer to, to the one where things are built.</param>
public sealed record PlanStore(IPathInfos Infos, IStoreContents Contents, Action<IReadOnlyCollection<StorePath>> Bring);
