using System;
using System.Runtime.InteropServices;

namespace Firn.Fetchers.Compression;

/// <summary>The reading side of libzstd.</summary>
/// <remarks>zstd.h</remarks>
internal sealed unsafe partial class ZstdDecoder : ICodec
{
    // ZSTD_error_dstSize_tooSmall
    private const int TargetTooSmall = 70;

    private nint _state = ZSTD_createDStream();
    private bool _frameEnded;

    ~ZstdDecoder() => Release();

    public bool Step(ReadOnlySpan<byte> input, Span<byte> output, bool finish, out int consumed, out int produced)
    {
        if (_frameEnded && input.IsEmpty)
        {
            consumed = produced = 0;
            return finish;
        }

        fixed (byte* i = input, o = output)
        {
            Piece from = new() { Start = i, Size = (nuint)input.Length };
            Piece to = new() { Start = o, Size = (nuint)output.Length };
            nuint hint = ZSTD_decompressStream(_state, &to, &from);
            consumed = (int)from.Position;
            produced = (int)to.Position;
            if (ZSTD_isError(hint) != 0)
            {
                throw new FetchException($"error in zstd data: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(hint))}");
            }

            // 0 says that a frame is decoded and all of it handed out; another may follow.
            _frameEnded = hint == 0;
            return false;
        }
    }

    /// <summary>All frames of the input, without the window that decompressing by steps has beside its output.</summary>
    /// <returns>The bytes written; -1 where there are more than the target holds.</returns>
    public static int DecompressWhole(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        fixed (byte* i = packed, o = target)
        {
            nuint length = ZSTD_decompress(o, (nuint)target.Length, i, (nuint)packed.Length);
            return ZSTD_isError(length) == 0 ? (int)length
                : ZSTD_getErrorCode(length) == TargetTooSmall ? -1
                : throw new FetchException($"error in zstd data: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(length))}");
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_state != 0)
        {
            _ = ZSTD_freeDStream(_state);
            _state = 0;
        }
    }

    [LibraryImport("libzstd")]
    private static partial nint ZSTD_createDStream();

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_freeDStream(nint state);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_decompressStream(nint state, Piece* output, Piece* input);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_decompress(byte* target, nuint capacity, byte* packed, nuint size);

    [LibraryImport("libzstd")]
    private static partial int ZSTD_getErrorCode(nuint code);

    [LibraryImport("libzstd")]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport("libzstd")]
    private static partial nint ZSTD_getErrorName(nuint code);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Piece
    {
        public byte* Start;
        public nuint Size, Position;
    }
}
