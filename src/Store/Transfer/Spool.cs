using System;
using System.IO;
using Firn.Formats.Sinks;

namespace Firn.Store.Transfer;

/// <summary>Bytes in memory, or in a nameless file where they are many.</summary>
public sealed class Spool : IByteSink, IDisposable
{
    private const int SpoolInMemory = 32 * 1024 * 1024;

    private Stream _stream = new MemoryStream();

    public void Write(ReadOnlySpan<byte> data)
    {
        if (_stream is MemoryStream && _stream.Length + data.Length > SpoolInMemory)
        {
            var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose);
            _stream.Position = 0;
            _stream.CopyTo(file);
            _stream.Dispose();
            _stream = file;
        }
        _stream.Write(data);
    }

    /// <summary>All of it, from its beginning. Goes with this.</summary>
    public Stream Reopen()
    {
        _stream.Position = 0;
        return _stream;
    }

    public void Dispose() => _stream.Dispose();
}
