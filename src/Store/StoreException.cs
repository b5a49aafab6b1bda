using System;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>A store could not do what was asked. The message is what a user is shown.</summary>
public class StoreException : Exception
{
    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What was being done, where the message alone does not say; for the user, above the message.</summary>
    public string? Trace { get; init; }
}

/// <summary>A path that had to be valid is not.</summary>
public sealed class InvalidPathException : StoreException
{
    public InvalidPathException(StoreDir storeDir, StorePath path, string what = "is not valid") : base("path '" + storeDir.Print(path) + "' " + what) => Path = path;

    public StorePath Path { get; }
}

/// <summary>A path cannot go because others refer to it.</summary>
public sealed class PathInUseException(string message) : StoreException(message);

/// <summary>What a store said it has is no longer there: as if it had never been offered.</summary>
public sealed class SubstituteGoneException(string message) : StoreException(message);

/// <summary>A store is not asked for a while, because it did not answer.</summary>
public sealed class SubstituterDisabledException(string url) : StoreException("substituter '" + url + "' is disabled");

/// <summary>One output of a derivation was to be known under two paths.</summary>
public sealed class RealisationConflictException(string message) : StoreException(message)
{
    public static RealisationConflictException Of(StoreDir storeDir, Formats.Realisations.Realisation known, Formats.Realisations.Realisation other) => new(
        "Trying to register a realisation of '" + other.Id + "', but we already have another one locally.\nLocal:  " + storeDir.Print(known.OutPath) + "\nRemote: " + storeDir.Print(other.OutPath));
}

/// <summary>A store of this kind cannot do what was asked: another should have been named.</summary>
public sealed class StoreAbilityException(string message) : StoreException(message);
