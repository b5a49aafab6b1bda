using System;
using System.IO;
using System.Threading;
using Firn.Fetchers;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.BinaryCache;

/// <summary>
/// A NAR on its way out of a cache: never longer than it was announced, whatever the compressed bytes become, and
/// with errors of the store's own.
/// </summary>
internal sealed class NarStream(Stream inner, PathInfo info, StoreDir storeDir, ICacheFiles files, CancellationToken cancel) : ForwardReader
{
    private readonly string _url = files.Url;
    private ulong _left = info.NarSize;

    public override int Read(Span<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        if (buffer.IsEmpty) return 0;
        if (_left == 0) throw new StoreException("NAR for '" + storeDir.Print(info.Path) + "' fetched from '" + _url + "' is longer than the " + info.NarSize + " bytes that were announced");
        if ((ulong)buffer.Length > _left) buffer = buffer[..(int)_left];
        int n;
        try
        {
            n = inner.Read(buffer);
        }
        catch (FetchException e)
        {
            throw files.Failed(e);
        }
        catch (InvalidDataException e)
        {
            throw new StoreException("NAR for '" + storeDir.Print(info.Path) + "' fetched from '" + _url + "' is damaged: " + e.Message, e);
        }
        if (n == 0) throw new StoreException("NAR for '" + storeDir.Print(info.Path) + "' fetched from '" + _url + "' is incomplete");
        _left -= (ulong)n;
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
