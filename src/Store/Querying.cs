using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Facts about single paths. Every store has them.</summary>
public interface IPathInfos
{
    StoreDir StoreDir { get; }

    /// <summary>What is known about a path; null where it is not valid.</summary>
    PathInfo? Find(StorePath path);

    /// <summary>Whether the path is in the store, complete, with all that it refers to.</summary>
    bool IsValid(StorePath path);
}

/// <summary>Answers for many paths at once, where single questions are slow.</summary>
public interface IValidityFilter
{
    /// <summary>Those of the paths that are valid.</summary>
    IReadOnlySet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths);
}

/// <summary>A store that remembers what it was told of paths.</summary>
public interface IForgetful
{
    /// <summary>Asks again for these paths: another process may have added them.</summary>
    void Forget(IEnumerable<StorePath> paths);
}

/// <summary>A store elsewhere that can be asked to take paths from its own substituters.</summary>
public interface IRemoteSubstitution
{
    /// <summary>Those of the paths that are valid, after it has tried to substitute those that were not.</summary>
    IReadOnlySet<StorePath> SubstituteAndFilter(IReadOnlyCollection<StorePath> paths);
}

/// <summary>A store that can name all that it holds.</summary>
public interface IPathList
{
    /// <summary>Every valid path, sorted.</summary>
    IReadOnlyList<StorePath> AllValid();
}

/// <summary>A store that knows its paths by their digits.</summary>
public interface IHashPartIndex
{
    /// <summary>The valid path with these 32 digits; null where there is none.</summary>
    StorePath? FindByHashPart(string hashPart);
}

/// <summary>Questions that need an index over the whole store.</summary>
public interface IPathGraph : IPathList, IHashPartIndex
{
    /// <summary>Valid paths that refer to this one, sorted.</summary>
    IReadOnlyList<StorePath> Referrers(StorePath path);

    /// <summary>Valid derivations with this path among their outputs, sorted.</summary>
    IReadOnlyList<StorePath> ValidDerivers(StorePath path);

    /// <summary>Names and paths of a valid derivation's outputs that are known before building.</summary>
    /// <exception cref="InvalidPathException">The derivation is not valid.</exception>
    IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation);
}

/// <summary>The place of one output of a derivation.</summary>
public readonly record struct DerivationOutputPath(string Output, StorePath Path);

/// <summary>Contents as a stream.</summary>
public interface IStoreContents
{
    /// <summary>Writes the NAR of a valid path.</summary>
    /// <exception cref="InvalidPathException">It is not valid.</exception>
    void WriteNar(StorePath path, IByteSink to);

    /// <summary>Content of a regular file in a valid path.</summary>
    /// <param name="inside">Empty for the path itself, else relative without a slash at its start.</param>
    /// <exception cref="StoreException">There is no such regular file.</exception>
    byte[] ReadFile(StorePath path, string inside = "");
}

/// <summary>A store whose objects are files of this machine.</summary>
public interface IRealPaths
{
    /// <summary>The directory that holds the objects. Differs from the logical one for a store under another root.</summary>
    string RealStoreDir { get; }

    string RealPath(StorePath path);
}

/// <summary>Contents that are read rather than written, as they come from elsewhere.</summary>
public interface INarSource
{
    /// <summary>The NAR of a path. Its hash and length are as whoever gives it says, and not yet checked.</summary>
    /// <param name="progress">Told how many bytes came over the wire so far; null to tell nobody.</param>
    /// <exception cref="SubstituteGoneException">The contents are no longer there. Thrown here or by reading.</exception>
    /// <exception cref="StoreException">They cannot be had. Thrown here or by reading.</exception>
    Stream OpenNar(PathInfo info, Action<long>? progress, CancellationToken cancel);
}

/// <summary>Logs of builds.</summary>
public interface IBuildLogs
{
    /// <summary>The log of building a derivation, or the deriver of an output; null where there is none.</summary>
    byte[]? FindLog(StorePath path);
}
