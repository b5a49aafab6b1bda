using System;
using System.Buffers;
using System.IO;
using System.Threading;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Formats.NarInfo;
using Firn.Formats.Sinks;

namespace Firn.Store.BinaryCache;

/// <summary>
/// A short NAR out of a cache, in memory: it is decompressed at once, and read where it lies. Not longer than it was
/// announced, as <see cref="NarStream"/>.
/// </summary>
internal sealed class WholeNar : ForwardReader, ISpanSource
{
    // Several are under way at once.
    private const int Longest = 4 << 20;

    // More than any method makes of contents that it cannot compress.
    private const int Slack = 1 << 16;

    private readonly Stream _source;
    private readonly CompressionKind _kind;
    private readonly int _packedSize, _size;
    private readonly NarErrors _errors;
    private readonly CancellationToken _cancel;
    private byte[]? _nar;
    private int _read, _length;

    /// <param name="source">The compressed file; is disposed with this.</param>
    /// <param name="kind">How it is compressed.</param>
    /// <param name="file">What the cache says of it; has to fit.</param>
    /// <param name="errors">What to say when it is something else.</param>
    /// <param name="cancel">Gives up.</param>
    public WholeNar(Stream source, CompressionKind kind, NarInfoFile file, NarErrors errors, CancellationToken cancel)
    {
        (_source, _kind, _errors, _cancel) = (source, kind, errors, cancel);
        (_packedSize, _size) = ((int)file.FileSize, (int)file.NarSize);
    }

    public bool IsWhole => true;

    /// <summary>Whether a file is short enough, as it is announced.</summary>
    public static bool Fits(NarInfoFile file, PathInfo info) =>
        file.NarSize == info.NarSize && file.NarSize is > 0 and <= Longest && file.FileSize > 0 && file.FileSize <= file.NarSize + Slack;

    public override int Read(Span<byte> buffer)
    {
        ReadOnlySpan<byte> taken = Take(buffer.Length);
        taken.CopyTo(buffer);
        return taken.Length;
    }

    public ReadOnlySpan<byte> Take(int max)
    {
        _cancel.ThrowIfCancellationRequested();
        if (max == 0) return default;
        if (_nar is null) Load();
        // What is there is shown first: it may be a whole NAR, though not the one that was announced.
        if (_read == _length) throw _length < _size ? _errors.Incomplete() : _errors.TooLong();
        int n = Math.Min(max, _length - _read);
        _read += n;
        return _nar.AsSpan(_read - n, n);
    }

    private void Load()
    {
        // One byte more shows whether it ends where it should.
        byte[] packed = ArrayPool<byte>.Shared.Rent(_packedSize + 1);
        try
        {
            int length = _source.ReadAtLeast(packed.AsSpan(0, _packedSize + 1), _packedSize + 1, throwOnEndOfStream: false);
            if (length > _packedSize) length = ReadRest(ref packed, length);
            byte[] nar = ArrayPool<byte>.Shared.Rent(_size);
            int unpacked = Compressed.DecompressWhole(new ArraySegment<byte>(packed, 0, length), _kind, nar.AsSpan(0, _size));
            if (unpacked < 0) throw _errors.TooLong();
            _nar = nar;
            _length = unpacked;
        }
        catch (Exception e) when (_errors.Of(e) is { } error)
        {
            throw error;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    // Nobody signed how long the file is: what counts is what comes out of it.
    private int ReadRest(ref byte[] packed, int read)
    {
        int most = _size + Slack + 1;
        byte[] all = ArrayPool<byte>.Shared.Rent(Math.Max(most, read));
        packed.AsSpan(0, read).CopyTo(all);
        ArrayPool<byte>.Shared.Return(packed);
        packed = all;
        int length = read + (most > read ? _source.ReadAtLeast(packed.AsSpan(read, most - read), most - read, throwOnEndOfStream: false) : 0);
        return length < most ? length : throw _errors.TooLong();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
            if (_nar is not null) ArrayPool<byte>.Shared.Return(_nar);
            _nar = null;
        }
        base.Dispose(disposing);
    }
}
