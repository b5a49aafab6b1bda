using System.Collections.Generic;

namespace Firn.Eval.Io;

/// <summary>Types of files as the language tells them apart.</summary>
public enum FileType : byte
{
    Regular,
    Directory,
    Symlink,
    Unknown,
}

/// <summary>What a file is and when it was last changed: equal stamps mean the same file with the same contents.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Device">The device that it is on, in the kernel's numbers.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="ChangedSeconds">When it or its attributes were last changed, seconds since 1970.</param>
/// <param name="ChangedNanoseconds">The part of a second of that.</param>
public readonly record struct FileStamp(FileType Type, ulong Device, ulong Inode, long ChangedSeconds, uint ChangedNanoseconds);

/// <summary>An entry of a directory.</summary>
public readonly record struct DirectoryEntry(byte[] Name, FileType Type);

/// <summary>
/// The machine as the evaluator sees it: files by absolute path, as bytes, and the environment. Knows no store.
/// </summary>
/// <remarks>
/// Failures of the system are <see cref="Errors.EvalError"/>s of kind <see cref="Errors.EvalErrorKind.File"/> with
/// the system's reason; what is forbidden is of kind <see cref="Errors.EvalErrorKind.Restricted"/>.
/// </remarks>
public interface IEvalIo
{
    /// <summary>The contents of a file; follows symlinks.</summary>
    byte[] ReadFile(byte[] path);

    /// <summary>What is at a path, without following a symlink there; null when nothing is.</summary>
    FileType? Lstat(byte[] path);

    /// <summary>
    /// What tells whether a file is still what it was, without following a symlink there; null when nothing is there, or
    /// when this cannot be told.
    /// </summary>
    FileStamp? Stamp(byte[] path) => null;

    /// <summary>The entries of a directory, without <c>.</c> and <c>..</c>, in no particular order.</summary>
    IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path);

    /// <summary>The target of a symlink as it is written.</summary>
    byte[] ReadLink(byte[] path);

    /// <summary>An environment variable; null when it is not set.</summary>
    byte[]? GetEnvironment(byte[] name);

    /// <summary>
    /// Where evaluation writes messages to its user (<c>trace</c>, <c>warn</c>): one line or more, without the last
    /// newline. May hold terminal escapes, which the receiver drops where there is no terminal.
    /// </summary>
    void WriteMessage(byte[] text);
}
