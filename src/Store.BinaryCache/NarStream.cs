using System;
using System.IO;
using System.Threading;
using Firn.Fetchers;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.BinaryCache;

/// <summary>What to say of contents that are not what was announced.</summary>
internal sealed class NarErrors(PathInfo info, StoreDir storeDir, ICacheFiles files)
{
    private readonly string _what = "NAR for '" + storeDir.Print(info.Path) + "' fetched from '" + files.Url + "' is ";

    public StoreException TooLong() => new(_what + "longer than the " + info.NarSize + " bytes that were announced");

    public StoreException Incomplete() => new(_what + "incomplete");

    /// <summary>The store's own error for one of the transport or the decompressor; null for others.</summary>
    public StoreException? Of(Exception failure) => failure switch
    {
        DownloadException e => files.Failed(e),
        FetchException e => new StoreException(_what + "damaged: " + e.Message, e),
        InvalidDataException e => new StoreException(_what + "damaged", e),
        _ => null,
    };
}

/// <summary>
/// A NAR on its way out of a cache: never longer than it was announced, whatever the compressed bytes become, and
/// with errors of the store's own.
/// </summary>
internal sealed class NarStream(Stream inner, ulong size, NarErrors errors, CancellationToken cancel) : ForwardReader
{
    private ulong _left = size;

    public override int Read(Span<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        if (buffer.IsEmpty) return 0;
        if (_left == 0) throw errors.TooLong();
        if ((ulong)buffer.Length > _left) buffer = buffer[..(int)_left];
        int n;
        try
        {
            n = inner.Read(buffer);
        }
        catch (Exception e) when (errors.Of(e) is { } error)
        {
            throw error;
        }
        if (n == 0) throw errors.Incomplete();
        _left -= (ulong)n;
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
