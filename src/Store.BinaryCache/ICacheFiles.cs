using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Store.BinaryCache;

/// <summary>The files of a binary cache, wherever they are. Names are relative to the cache.</summary>
internal interface ICacheFiles : IDisposable
{
    /// <summary>The URL without parameters, as messages name it.</summary>
    string Url { get; }

    /// <summary>A small file, or null where there is none.</summary>
    /// <param name="max">Longest that is accepted, bytes.</param>
    /// <exception cref="StoreException">It cannot be read.</exception>
    /// <exception cref="SubstituterDisabledException">The cache failed shortly before.</exception>
    Task<byte[]?> ReadAsync(string name, int max, CancellationToken cancel);

    /// <summary>Opens a file of any length. Reading throws what this throws, and what the transport throws.</summary>
    /// <exception cref="SubstituteGoneException">There is none.</exception>
    Stream Open(string name, Action<long>? progress, CancellationToken cancel);

    Task<bool> ExistsAsync(string name, CancellationToken cancel);

    /// <summary>Writes a small file at once or not at all.</summary>
    void Write(string name, ReadOnlyMemory<byte> contents, string mediaType);

    /// <summary>A new file for <see cref="Take"/>, which its owner deletes otherwise.</summary>
    FileStream CreateTemporary();

    /// <summary>Told that reading a file failed; the error for whoever reads.</summary>
    StoreException Failed(Fetchers.FetchException failure);

    /// <summary>Makes a file of the cache of a temporary one.</summary>
    void Take(string temporary, string name, string mediaType);
}
