using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Adds objects whose facts are known, from their NAR.</summary>
public interface INarAdder
{
    /// <summary>Restores the NAR and registers the path. A valid path is left alone, and the NAR not read.</summary>
    /// <param name="nar">Stands at the start of a NAR; read to its end where the path is not yet valid.</param>
    /// <param name="repair">Replace the path even if it is valid.</param>
    /// <exception cref="StoreException">Hash or size differ, a reference is not valid, or the file system refuses.</exception>
    void AddNar(PathInfo info, Stream nar, bool repair = false);
}

/// <summary>Adds objects whose contents their owner writes, with no thread between the two.</summary>
public interface INarReceiver
{
    /// <summary>As <see cref="INarAdder.AddNar"/>.</summary>
    /// <param name="write">Writes the NAR; not called where the path is valid already.</param>
    void AddNar(PathInfo info, Action<IByteSink> write, bool repair = false);
}

/// <summary>A store that may be used by several threads, and gains by it.</summary>
public interface IParallelStore
{
    /// <summary>Objects that are worth being read or written at a time.</summary>
    int ObjectsAtATime { get; }
}

/// <summary>A file with references that is addressed by its content, such as a store derivation.</summary>
public sealed record TextObject
{
    public required StorePath Path { get; init; }

    public required ReadOnlyMemory<byte> Contents { get; init; }

    /// <summary>Sorted, each once.</summary>
    public IReadOnlyList<StorePath> References { get; init; } = [];

    /// <summary>For a derivation: the outputs whose places are known, in any order. Null has the store read them from the contents.</summary>
    public IReadOnlyList<DerivationOutputPath>? DerivationOutputs { get; init; }
}

/// <summary>Adds text files, one or thousands.</summary>
public interface ITextAdder
{
    /// <summary>Adds a text and returns its path.</summary>
    /// <param name="references">Sorted, each once, all valid.</param>
    StorePath AddText(string name, ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false);

    /// <summary>Adds texts whose paths are known. What one refers to is valid or comes before it.</summary>
    void AddTexts(IReadOnlyList<TextObject> texts);
}

/// <summary>The kinds of file that a filter may meet.</summary>
public enum SourceKind
{
    Regular,
    Directory,
    Symlink,
    Unknown,
}

/// <summary>Decides whether an entry of a directory is part of a source.</summary>
/// <param name="path">The real path of the entry, bytes.</param>
public delegate bool SourceFilter(ReadOnlySpan<byte> path, SourceKind kind);

/// <summary>A file or directory of this machine that is to become a store object.</summary>
public sealed record Source
{
    /// <summary>Name part of the store path.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the file; a symbolic link is not followed.</summary>
    public required string File { get; init; }

    public ContentAddressMethod Method { get; init; } = ContentAddressMethod.NixArchive;

    public HashAlgorithm Algorithm { get; init; } = HashAlgorithm.Sha256;

    /// <summary>Asked about every entry below <see cref="File"/>, in the order of a NAR; null takes everything.</summary>
    public SourceFilter? Filter { get; init; }

    /// <summary>Sorted, each once, all valid.</summary>
    public IReadOnlyList<StorePath> References { get; init; } = [];

    /// <summary>With a method that hashes the file alone: leave it executable if it is, as <c>nix-store --add-fixed</c> does; else it becomes plain.</summary>
    public bool KeepExecutable { get; init; }

    /// <summary>Replace the path even if it is valid.</summary>
    public bool Repair { get; init; }
}

/// <summary>Makes store objects of files.</summary>
public interface ISourceAdder
{
    /// <summary>Copies the source into the store.</summary>
    /// <exception cref="StoreException">It cannot be read or written, or is of a kind that has no NAR.</exception>
    PathInfo Add(Source source);

    /// <summary>What <see cref="Add"/> would return, with nothing written.</summary>
    PathInfo Compute(Source source);
}

/// <summary>Adds signatures to what is known of a path.</summary>
public interface ISignatureAdder
{
    /// <summary>Adds signatures to a valid path.</summary>
    /// <exception cref="InvalidPathException">It is not valid.</exception>
    void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures);
}

/// <summary>Makes paths valid whose files are in place.</summary>
public interface IRegistrar : ISignatureAdder
{
    /// <summary>Registers all or none. Known paths get the new hash, size, signatures and content address.</summary>
    /// <exception cref="StoreException">A reference is neither valid nor among them, or they refer to each other in a circle.</exception>
    void Register(IReadOnlyCollection<PathInfo> infos);
}
