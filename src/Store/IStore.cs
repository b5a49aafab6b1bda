using System;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>
/// What every kind of store can do: tell facts, hand out contents. Further abilities are further interfaces of the
/// same object (<see cref="INarAdder"/>, <see cref="IPathGraph"/>, <see cref="ICollector"/>, …): who needs one asks
/// for it with <c>is</c>, through <see cref="StoreAbilities.Require{T}"/> where there is no way without.
/// </summary>
public interface IStore : IPathInfos, IStoreContents, IDisposable
{
    /// <summary>The store as messages name it: a URL without secrets that opens it again.</summary>
    StoreReference Reference { get; }

    /// <summary>Whether this user may tell the store what is valid; null where it cannot be known.</summary>
    bool? Trusted { get; }

    /// <summary>The version of the software behind it; null where it has none.</summary>
    string? Version { get; }

    /// <summary>Makes sure that the store is there and can be used.</summary>
    /// <exception cref="StoreException">It is not.</exception>
    void Connect();
}

/// <summary>A store that accepts from others only what somebody it trusts has signed.</summary>
public interface ITrustPolicy
{
    /// <summary>Whether a path with these facts may be added without being built here.</summary>
    bool Accepts(PathInfo info);

    /// <summary>Whether what a derivation made may be believed without having been built here.</summary>
    bool Accepts(Realisation realisation);
}

/// <summary>Takes the log of a build.</summary>
public interface IBuildLogAdder
{
    /// <param name="derivation">What was built.</param>
    void AddLog(StorePath derivation, ReadOnlyMemory<byte> log);
}

/// <summary>Asking a store for what it can do.</summary>
public static class StoreAbilities
{
    /// <param name="purpose">What needs it, as the message names it: <c>Garbage collection</c>.</param>
    /// <exception cref="StoreAbilityException">This kind of store cannot.</exception>
    public static T Require<T>(this IStore store, string purpose) where T : class =>
        store as T ?? throw new StoreAbilityException(purpose + " not supported by store '" + store.Reference.Render(withParameters: false) + "'");
}
