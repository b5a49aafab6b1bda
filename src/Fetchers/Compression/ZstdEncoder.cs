using System;
using System.Runtime.InteropServices;

namespace Firn.Fetchers.Compression;

/// <summary>The writing side of libzstd.</summary>
/// <remarks>zstd.h</remarks>
internal sealed unsafe partial class ZstdEncoder : ICodec
{
    private const int LevelParameter = 100;
    private const int MinMatchParameter = 105;
    private const int WorkersParameter = 400;
    private const int Continue = 0;
    private const int End = 2;

    private nint _state = ZSTD_createCCtx();

    /// <param name="level">The library's level; null for ours between its second and third (docs/decisions/0023).</param>
    public ZstdEncoder(int? level, bool parallel)
    {
        Check(ZSTD_CCtx_setParameter(_state, LevelParameter, level ?? 2));
        if (level is null)
        {
            Check(ZSTD_CCtx_setParameter(_state, MinMatchParameter, 5));
        }

        if (parallel)
        {
            // A library built without threads refuses; one thread does the same then.
            _ = ZSTD_CCtx_setParameter(_state, WorkersParameter, Environment.ProcessorCount);
        }
    }

    ~ZstdEncoder() => Release();

    public bool Step(ReadOnlySpan<byte> input, Span<byte> output, bool finish, out int consumed, out int produced)
    {
        fixed (byte* i = input, o = output)
        {
            Piece from = new() { Start = i, Size = (nuint)input.Length };
            Piece to = new() { Start = o, Size = (nuint)output.Length };
            nuint left = ZSTD_compressStream2(_state, &to, &from, finish ? End : Continue);
            consumed = (int)from.Position;
            produced = (int)to.Position;
            Check(left);
            return finish && left == 0;
        }
    }

    /// <summary>One frame of all that is there, without the copy of it that compressing by steps makes.</summary>
    /// <param name="target">Takes the frame; as long as <see cref="Bound"/> says.</param>
    /// <returns>The length of the frame, bytes.</returns>
    public int CompressWhole(ReadOnlySpan<byte> contents, Span<byte> target)
    {
        fixed (byte* i = contents, o = target)
        {
            nuint length = ZSTD_compress2(_state, o, (nuint)target.Length, i, (nuint)contents.Length);
            Check(length);
            return (int)length;
        }
    }

    /// <summary>The longest that so many bytes become.</summary>
    public static int Bound(int length) => checked((int)ZSTD_compressBound((nuint)length));

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_state != 0)
        {
            _ = ZSTD_freeCCtx(_state);
            _state = 0;
        }
    }

    private static void Check(nuint code)
    {
        if (ZSTD_isError(code) != 0)
        {
            throw new FetchException($"error in zstd compression: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(code))}");
        }
    }

    [LibraryImport("libzstd")]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_freeCCtx(nint state);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_CCtx_setParameter(nint state, int parameter, int value);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_compressStream2(nint state, Piece* output, Piece* input, int end);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_compress2(nint state, byte* target, nuint capacity, byte* contents, nuint size);

    [LibraryImport("libzstd")]
    private static partial nuint ZSTD_compressBound(nuint size);

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
