using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Exclusion of others, in this process and outside, from places in the store. Released on disposal.</summary>
public interface IOutputLock : IDisposable
{
    /// <summary>The lock files may go: the paths are valid now, or nobody is going to build them here.</summary>
    void DeleteOnRelease();
}

/// <summary>Locks on paths that are about to be made.</summary>
public interface IOutputLocks
{
    /// <summary>Locks all of them or none; null where another holds one.</summary>
    IOutputLock? TryLock(IReadOnlyCollection<StorePath> paths);

    /// <summary>Waits until all of them are free, and locks them.</summary>
    IOutputLock Lock(IReadOnlyCollection<StorePath> paths);
}

/// <summary>Identity of a file: it stays while the file exists.</summary>
public readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>
/// Trees of files on this machine, inside the store or beside it. No operation follows a symbolic link, so a tree
/// made by an untrusted builder is safe to hand over.
/// </summary>
public interface IFileTrees
{
    /// <summary>Writes the NAR of a tree.</summary>
    void WriteNar(string path, IByteSink to);

    /// <summary>Makes a tree of a NAR, with the modes and times of store objects.</summary>
    /// <param name="path">Must not exist.</param>
    void RestoreNar(Stream nar, string path);

    /// <summary>Gives a tree the modes (0444 or 0555), times (1) and owner of store objects and takes extended attributes away.</summary>
    /// <param name="builderUid">First and last user id that the files must belong to; null accepts any.</param>
    /// <param name="seen">Files that were handled before, in other outputs of the same build.</param>
    /// <exception cref="StoreException">A file is of a kind that has no NAR, or belongs to somebody else.</exception>
    void Canonicalise(string path, (uint First, uint Last)? builderUid, ISet<FileIdentity> seen);

    /// <summary>The hash of a tree as a content address counts it: occurrences of its own hash part count as zeros.</summary>
    /// <param name="hashPart">The digits that do not count; of no effect where they do not occur.</param>
    /// <exception cref="StoreException">The method is not one of files and archives.</exception>
    Hash HashContents(string path, ContentAddressMethod method, HashAlgorithm algorithm, string hashPart);

    /// <summary>Deletes a tree, however it is protected. Returns the bytes that this made free.</summary>
    ulong Delete(string path);

    /// <summary>Does to a finished tree of the store what settings ask for: shares equal files, waits until it is on the disk.</summary>
    /// <param name="repair">The tree replaces a damaged one, so others may be damaged too.</param>
    void Settle(string path, bool repair = false);
}
