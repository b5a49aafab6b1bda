using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Firn.Store.Local.Logs;

/// <summary>Whole bzip2 texts at once, for logs.</summary>
/// <remarks>https://sourceware.org/bzip2/manual/manual.html, "Low-level interface"</remarks>
internal static unsafe partial class Bzip2
{
    private const string Library = "libbz2";
    private const int OK = 0, STREAM_END = 4;

    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        internal byte* NextIn;
        internal uint AvailableIn, TotalInLow, TotalInHigh;
        internal byte* NextOut;
        internal uint AvailableOut, TotalOutLow, TotalOutHigh;
        internal nint Internal, Allocate, Free, Opaque;
    }

    [LibraryImport(Library)] private static partial int BZ2_bzDecompressInit(State* state, int verbosity, int small);
    [LibraryImport(Library)] private static partial int BZ2_bzDecompress(State* state);
    [LibraryImport(Library)] private static partial int BZ2_bzDecompressEnd(State* state);

    [LibraryImport(Library)] private static partial int BZ2_bzBuffToBuffCompress(byte* to, uint* toLength, byte* from, uint fromLength, int blockSize, int verbosity, int workFactor);

    internal static byte[] Compress(ReadOnlySpan<byte> text)
    {
        // No text grows by more than this.
        byte[] packed = new byte[text.Length + text.Length / 100 + 600];
        uint length = (uint)packed.Length;
        fixed (byte* from = text)
        fixed (byte* to = packed)
        {
            byte none = 0;
            if (BZ2_bzBuffToBuffCompress(to, &length, text.IsEmpty ? &none : from, (uint)text.Length, 9, 0, 0) != OK) throw new StoreException("error while compressing with bzip2");
        }
        return packed.AsSpan(0, (int)length).ToArray();
    }

    /// <exception cref="StoreException">Malformed, or it ends too early.</exception>
    internal static byte[] Decompress(byte[] packed)
    {
        var result = new MemoryStream();
        byte[] room = new byte[64 * 1024];
        fixed (byte* input = packed)
        fixed (byte* output = room)
        {
            State state = default;
            state.NextIn = input;
            state.AvailableIn = (uint)packed.Length;
            // A log is one or more streams, one after another.
            while (state.AvailableIn > 0)
            {
                State stream = new() { NextIn = state.NextIn, AvailableIn = state.AvailableIn };
                if (BZ2_bzDecompressInit(&stream, 0, 0) != OK) throw new StoreException("error initialising bzip2 decompression");
                int status;
                do
                {
                    stream.NextOut = output;
                    stream.AvailableOut = (uint)room.Length;
                    status = BZ2_bzDecompress(&stream);
                    result.Write(room, 0, room.Length - (int)stream.AvailableOut);
                }
                while (status == OK && (stream.AvailableIn > 0 || stream.AvailableOut == 0));
                BZ2_bzDecompressEnd(&stream);
                if (status != STREAM_END) throw new StoreException("error while decompressing bzip2 file");
                state.NextIn = stream.NextIn;
                state.AvailableIn = stream.AvailableIn;
            }
        }
        return result.ToArray();
    }
}
