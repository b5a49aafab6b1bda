using System;
using System.Runtime.InteropServices;

namespace Firn.Fetchers.Compression;

/// <summary>libbz2. A file may hold several streams one after another.</summary>
/// <remarks>bzlib.h</remarks>
internal sealed unsafe partial class Bzip2Codec : ICodec
{
    private const int Ok = 0;
    private const int StreamEnd = 4;
    private const int Run = 0;
    private const int Finish = 2;

    private readonly bool _encodes;
    private State* _state;
    private bool _betweenStreams;

    private Bzip2Codec(bool encodes)
    {
        _encodes = encodes;
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
    }

    ~Bzip2Codec() => Release();

    public static Bzip2Codec Decoder()
    {
        Bzip2Codec codec = new(encodes: false);
        Check(BZ2_bzDecompressInit(codec._state, 0, 0));
        return codec;
    }

    public static Bzip2Codec Encoder(int blockSize)
    {
        Bzip2Codec codec = new(encodes: true);
        Check(BZ2_bzCompressInit(codec._state, blockSize, 0, 0));
        return codec;
    }

    public bool Step(ReadOnlySpan<byte> input, Span<byte> output, bool finish, out int consumed, out int produced)
    {
        if (_betweenStreams)
        {
            if (input.IsEmpty)
            {
                consumed = produced = 0;
                return finish;
            }

            _ = BZ2_bzDecompressEnd(_state);
            *_state = default;
            Check(BZ2_bzDecompressInit(_state, 0, 0));
            _betweenStreams = false;
        }

        fixed (byte* i = input, o = output)
        {
            _state->NextIn = i;
            _state->AvailableIn = (uint)input.Length;
            _state->NextOut = o;
            _state->AvailableOut = (uint)output.Length;
            int code = _encodes ? BZ2_bzCompress(_state, finish ? Finish : Run) : BZ2_bzDecompress(_state);
            consumed = input.Length - (int)_state->AvailableIn;
            produced = output.Length - (int)_state->AvailableOut;
            if (code < 0)
            {
                throw new FetchException($"error {code} in bzip2 data");
            }

            if (code != StreamEnd)
            {
                return false;
            }

            _betweenStreams = !_encodes;
            return _encodes;
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_state is not null)
        {
            _ = _encodes ? BZ2_bzCompressEnd(_state) : BZ2_bzDecompressEnd(_state);
            NativeMemory.Free(_state);
            _state = null;
        }
    }

    private static void Check(int code)
    {
        if (code != Ok)
        {
            throw new FetchException($"cannot start bzip2 (error {code})");
        }
    }

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzDecompressInit(State* state, int verbosity, int small);

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzDecompress(State* state);

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzDecompressEnd(State* state);

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzCompressInit(State* state, int blockSize, int verbosity, int workFactor);

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzCompress(State* state, int action);

    [LibraryImport("libbz2")]
    private static partial int BZ2_bzCompressEnd(State* state);

    /// <summary>bz_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public byte* NextIn;
        public uint AvailableIn, TotalInLow, TotalInHigh;
        public byte* NextOut;
        public uint AvailableOut, TotalOutLow, TotalOutHigh;
        public nint Internal, Allocate, Free, Opaque;
    }
}
