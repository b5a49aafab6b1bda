using System;
using System.Runtime.InteropServices;

namespace Firn.Fetchers.Compression;

/// <summary>liblzma.</summary>
/// <remarks>lzma/base.h and lzma/container.h</remarks>
internal sealed unsafe partial class XzCodec : ICodec
{
    private const int Ok = 0;
    private const int StreamEnd = 1;
    private const int BufferError = 10;
    private const uint Concatenated = 8;
    private const int CheckCrc64 = 4;
    private const ulong Lzma2 = 0x21, Lzma1 = 0x4000000000000001;
    private const int HashChain4 = 4;
    private const uint SmallestDictionary = 4096;

    // More than any preset needs: a header may ask for a dictionary of 4 GiB.
    private const ulong MemoryLimit = 1 << 30;

    private State* _state;

    private XzCodec() => _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));

    ~XzCodec() => Release();

    public static XzCodec Decoder()
    {
        XzCodec codec = new();
        Check(lzma_stream_decoder(codec._state, MemoryLimit, Concatenated));
        return codec;
    }

    /// <summary>The format before xz.</summary>
    public static XzCodec LzmaDecoder()
    {
        XzCodec codec = new();
        Check(lzma_alone_decoder(codec._state, MemoryLimit));
        return codec;
    }

    /// <summary>The format of lzip.</summary>
    public static XzCodec LzipDecoder()
    {
        XzCodec codec = new();
        Check(lzma_lzip_decoder(codec._state, MemoryLimit, Concatenated));
        return codec;
    }

    /// <summary>The format before xz.</summary>
    public static XzCodec LzmaEncoder(uint preset)
    {
        XzCodec codec = new();
        LzmaOptions options;
        if (lzma_lzma_preset((byte*)&options, preset) != 0)
        {
            throw new FetchException($"compression method 'lzma' has no level {preset}");
        }

        Check(lzma_alone_encoder(codec._state, (byte*)&options));
        return codec;
    }

    /// <summary>What lzip puts between its header and trailer, with a marker at the end.</summary>
    public static XzCodec RawLzmaEncoder(uint preset, out uint dictionarySize)
    {
        LzmaOptions options;
        if (lzma_lzma_preset((byte*)&options, preset) != 0)
        {
            throw new FetchException($"compression method 'lzip' has no level {preset}");
        }

        dictionarySize = options.DictionarySize;
        Filter* filters = stackalloc Filter[2];
        filters[0] = new Filter { Id = Lzma1, Options = &options };
        filters[1] = new Filter { Id = ulong.MaxValue };
        XzCodec codec = new();
        Check(lzma_raw_encoder(codec._state, filters));
        return codec;
    }

    /// <summary>The checksum of lzip, going on from what came before.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes, uint before)
    {
        fixed (byte* b = bytes)
        {
            return lzma_crc32(b, (nuint)bytes.Length, before);
        }
    }

    /// <param name="preset">The library's preset; null for its sixth with another search (docs/decisions/0023).</param>
    /// <param name="parallel">Compress blocks on all processors.</param>
    /// <param name="length">Most bytes that will come, or -1: the dictionary and its tables are not made for more.</param>
    public static XzCodec Encoder(uint? preset, bool parallel = false, long length = -1)
    {
        LzmaOptions options;
        if (lzma_lzma_preset((byte*)&options, preset ?? 6) != 0)
        {
            throw new FetchException($"compression method 'xz' has no level {preset}");
        }

        if (preset is null)
        {
            (options.MatchFinder, options.NiceLength, options.Depth) = (HashChain4, 32, 6);
        }

        if (length >= 0)
        {
            options.DictionarySize = (uint)Math.Clamp(length, SmallestDictionary, options.DictionarySize);
        }

        Filter* filters = stackalloc Filter[2];
        filters[0] = new Filter { Id = Lzma2, Options = &options };
        filters[1] = new Filter { Id = ulong.MaxValue };
        XzCodec codec = new();
        if (parallel && lzma_cputhreads() is > 1 and uint threads)
        {
            Threads several = new() { Count = threads, Filters = (nint)filters, Check = CheckCrc64 };
            Check(lzma_stream_encoder_mt(codec._state, &several));
        }
        else
        {
            Check(lzma_stream_encoder(codec._state, filters, CheckCrc64));
        }

        return codec;
    }

    public bool Step(ReadOnlySpan<byte> input, Span<byte> output, bool finish, out int consumed, out int produced)
    {
        fixed (byte* i = input, o = output)
        {
            _state->NextIn = i;
            _state->AvailableIn = (nuint)input.Length;
            _state->NextOut = o;
            _state->AvailableOut = (nuint)output.Length;
            int code = lzma_code(_state, finish ? 3 : 0);
            consumed = input.Length - (int)_state->AvailableIn;
            produced = output.Length - (int)_state->AvailableOut;
            return code switch
            {
                StreamEnd => true,
                Ok or BufferError => false,
                _ => throw new FetchException($"error {code} in xz data"),
            };
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
            lzma_end(_state);
            NativeMemory.Free(_state);
            _state = null;
        }
    }

    private static void Check(int code)
    {
        if (code != Ok)
        {
            throw new FetchException($"cannot start xz (error {code})");
        }
    }

    [LibraryImport("liblzma")]
    private static partial int lzma_stream_decoder(State* state, ulong memoryLimit, uint flags);

    [LibraryImport("liblzma")]
    private static partial int lzma_alone_decoder(State* state, ulong memoryLimit);

    [LibraryImport("liblzma")]
    private static partial int lzma_lzip_decoder(State* state, ulong memoryLimit, uint flags);

    [LibraryImport("liblzma")]
    private static partial byte lzma_lzma_preset(byte* options, uint preset);

    [LibraryImport("liblzma")]
    private static partial int lzma_alone_encoder(State* state, byte* options);

    [LibraryImport("liblzma")]
    private static partial int lzma_stream_encoder(State* state, Filter* filters, int check);

    [LibraryImport("liblzma")]
    private static partial int lzma_stream_encoder_mt(State* state, Threads* options);

    [LibraryImport("liblzma")]
    private static partial int lzma_raw_encoder(State* state, Filter* filters);

    [LibraryImport("liblzma")]
    private static partial uint lzma_crc32(byte* bytes, nuint length, uint before);

    [LibraryImport("liblzma")]
    private static partial uint lzma_cputhreads();

    [LibraryImport("liblzma")]
    private static partial int lzma_code(State* state, int action);

    [LibraryImport("liblzma")]
    private static partial void lzma_end(State* state);

    /// <summary>lzma_stream, with its reserved members.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public nint Allocator;
        public nint Internal;
        public nint Reserved1, Reserved2, Reserved3, Reserved4;
        public ulong SeekPosition, Reserved5;
        public nuint Reserved6, Reserved7;
        public int Reserved8, Reserved9;
    }

    /// <summary>lzma_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ulong Id;
        public void* Options;
    }

    /// <summary>lzma_options_lzma, with room for its reserved members.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct LzmaOptions
    {
        [FieldOffset(0)]
        public uint DictionarySize;

        [FieldOffset(36)]
        public uint NiceLength;

        [FieldOffset(40)]
        public int MatchFinder;

        [FieldOffset(44)]
        public uint Depth;
    }

    /// <summary>lzma_mt, with its reserved members.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Threads
    {
        public uint Flags, Count;
        public ulong BlockSize;
        public uint Timeout, Preset;
        public nint Filters;
        public int Check, Reserved1, Reserved2, Reserved3;
        public uint Reserved4, Reserved5, Reserved6, Reserved7;
        public ulong MemoryLimitThreading, MemoryLimitStop, Reserved8, Reserved9;
        public nint Reserved10, Reserved11, Reserved12, Reserved13;
    }
}
