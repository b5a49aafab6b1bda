using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Fetchers.Compression;
using Xunit;

namespace Firn.Fetchers.Tests;

/// <summary>Our codecs against the field's own programs.</summary>
public sealed class CompressionTests
{
    private static readonly byte[] s_text = [.. Enumerable.Range(0, 300_000).Select(i => (byte)((i * 7919) >> (i % 11)))];

    private static byte[] Pipe(string program, byte[] input, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task feed = System.Threading.Tasks.Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        feed.Wait();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    private static byte[] Decompress(byte[] bytes, CompressionKind kind)
    {
        using Stream s = Compressed.Decompress(new MemoryStream(bytes), kind);
        MemoryStream output = new();
        s.CopyTo(output);
        return output.ToArray();
    }

    /// <summary>3,000 lines "line N of a text", N from 0 to 36 over and over, as lz4 (linked blocks), lzma and lzip pack them.</summary>
    public static TheoryData<string, CompressionKind> Packed => new()
    {
        { "BCJNGGRAp3gBAADxAmxpbmUgMCBvZiBhIHRleHQKEQAcMREAHDIRABwzEQAcNBEAHDURABw2EQAcNxEAHDgRAB05mQAOqwANrAAdMa0AHTGuAB0xrwAdMbAA" +
        "HTGxAB0xsgAdMbMAHTG0AB0ytAAeMmABDbQAHTK0AB0ytAAdMrQAHTK0AB0ytAAdMrQAHTK0AB0ztAAdM7QAHjMVAg20AB0ztAAdM7QAHTO0AA+QAv//////" +
        "////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////" +
        "////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////" +
        "///////////////////////////jUHRleHQKAAAAAGsDmpE=", CompressionKind.Lz4 },
        { "XQAAgAD//////////wA2GkofCKAmA00Gne/tjKE/yCoP8v/mLouHq1DpDKpDt389fACRVSGR16dFuR0rJYSjfYgGbViyF8lN7hS4eEkWSleDjW3Tt45Mp2zK" +
        "8kxJWRPaPXcGk5lHSXZaMmOo5fpCfUBTRLikrZVYvk1ft66adJWiq0LuiK4syoMFS34wnHI1Yh4jpkpBGcnyYIGmcl8x6dGEzO8POTQa3M9T0ov//yzxwAA=", CompressionKind.Lzma },
        { "TFpJUAEQADYaSh8IoCYDTQad7+2MoT/IKg/y/+Yui4erUOkMqkO3fz18AJFVIZHXp0W5HSslhKN9iAZtWLIXyU3uFLh4SRZKV4ONbdO3jkynbMryTElZE9o9" +
        "dwaTmUdJdloyY6jl+kJ9QFNEuKStlVi+TV+3rpp0laKrQu6IrizKgwVLfjCccjViHiOmSkEZyfJggaZyXzHp0YTM7w85NBrcz1PSi///LPHAANmUKr7DzwAA" +
        "AAAAAMAAAAAAAAAA", CompressionKind.Lzip },
    };

    [Theory]
    [MemberData(nameof(Packed))]
    public void Methods_of_other_caches_are_read(string packed, CompressionKind kind)
    {
        byte[] bytes = Convert.FromBase64String(packed);
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i % 37} of a text\n")));
        Assert.Equal(text, Decompress(bytes, kind));
        if (kind != CompressionKind.Lzma)
        {
            Assert.Equal(kind, Compressed.Detect(bytes));
            Assert.Equal([.. text, .. text], Decompress([.. bytes, .. bytes], kind));
        }

        for (int cut = 1; cut < bytes.Length; cut += 7)
        {
            Assert.Throws<FetchException>(() => Decompress(bytes[..cut], kind));
        }

        // Whatever the bytes: an error of ours, or other contents, which their hash tells.
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.True(Decompress(damaged, kind).Length < 100_000_000);
            }
            catch (FetchException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Theory]
    [InlineData(CompressionKind.Lzma)]
    [InlineData(CompressionKind.Lzip)]
    [InlineData(CompressionKind.Lz4)]
    public void Methods_of_other_caches_are_written(CompressionKind kind)
    {
        Random random = new(3);
        byte[] noise = new byte[70_000], mixed = [.. s_text, .. noise, .. s_text, .. new byte[3 << 20], .. noise];
        random.NextBytes(noise);
        foreach (byte[] text in (byte[][])[[], [1], noise[..11], noise[..17], new byte[13], new byte[300], s_text, noise, [.. noise, .. s_text, .. noise], mixed])
        {
            MemoryStream packed = new();
            using (Stream s = Compressed.Compress(packed, kind))
            {
                for (int at = 0; at < text.Length;)
                {
                    int n = Math.Min(random.Next(1, 100_000), text.Length - at);
                    s.Write(text, at, n);
                    at += n;
                }
            }

            Assert.Equal(text, Decompress(packed.ToArray(), kind));
            Assert.InRange(packed.ToArray().Length, 1, text.Length + (text.Length / 50) + 100);
        }
    }

    [Fact]
    public void What_repeats_is_short_in_lz4()
    {
        MemoryStream packed = new();
        using (Stream s = Compressed.Compress(packed, CompressionKind.Lz4))
        {
            s.Write(new byte[1 << 20]);
        }

        Assert.InRange(packed.ToArray().Length, 1, 1 << 14);
    }

    [Theory]
    [InlineData("", 0x02cc5d05u)]
    [InlineData("a", 0x550d7456u)]
    [InlineData("abc", 0x32d153ffu)]
    [InlineData("Nobody inspects the spammish repetition", 0xe2293b2fu)]
    public void The_checksum_of_lz4_is_the_one_it_should_be(string text, uint sum)
    {
        XxHash32 whole = new(), pieces = new();
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        whole.Write(bytes);
        foreach (byte b in bytes) pieces.Write([b]);
        Assert.Equal(sum, whole.Finish());
        Assert.Equal(sum, pieces.Finish());
    }

    [Fact]
    public void Frames_to_be_skipped_are_no_way_to_fill_the_stack()
    {
        byte[] frames = new byte[8 * 1_000_000];
        for (int i = 0; i < frames.Length; i += 8) new byte[] { 0x50, 0x2a, 0x4d, 0x18 }.CopyTo(frames, i);
        Assert.Empty(Decompress(frames, CompressionKind.Lz4));
    }

    [Theory]
    [InlineData("gzip", CompressionKind.Gzip)]
    [InlineData("xz", CompressionKind.Xz)]
    [InlineData("bzip2", CompressionKind.Bzip2)]
    [InlineData("zstd", CompressionKind.Zstd)]
    public void What_the_program_compresses_is_read(string program, CompressionKind kind)
    {
        byte[] packed = Pipe(program, s_text, "-c");
        Assert.Equal(kind, Compressed.Detect(packed));
        Assert.Equal(s_text, Decompress(packed, kind));
        Assert.Equal([.. s_text, .. s_text], Decompress([.. packed, .. packed], kind));
        Assert.Empty(Decompress(Pipe(program, [], "-c"), kind));
        if (kind != CompressionKind.Gzip)
        {
            Assert.Throws<FetchException>(() => Decompress(packed[..^5], kind));
            byte[] damaged = (byte[])packed.Clone();
            damaged[packed.Length / 2] ^= 0x55;
            Assert.Throws<FetchException>(() => Decompress(damaged, kind));
        }
    }

    [Theory]
    [InlineData("xz", CompressionKind.Xz, -1, false)]
    [InlineData("xz", CompressionKind.Xz, -1, true)]
    [InlineData("xz", CompressionKind.Xz, 1, true)]
    [InlineData("bzip2", CompressionKind.Bzip2, -1, false)]
    [InlineData("gzip", CompressionKind.Gzip, 9, false)]
    [InlineData("zstd", CompressionKind.Zstd, -1, false)]
    [InlineData("zstd", CompressionKind.Zstd, 12, true)]
    public void What_is_compressed_here_the_program_reads(string program, CompressionKind kind, int level, bool parallel)
    {
        foreach (byte[] text in (byte[][])[s_text, [], Encoding.UTF8.GetBytes("short")])
        {
            MemoryStream packed = new();
            using (Stream s = Compressed.Compress(packed, kind, level, parallel))
            {
                s.Write(text.AsSpan(0, text.Length / 2));
                s.Write(text.AsSpan(text.Length / 2));
            }

            Assert.Equal(text, Pipe(program, packed.ToArray(), "-dc"));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(int.MaxValue)]
    public void Xz_is_right_whatever_length_was_announced(int announced)
    {
        MemoryStream packed = new();
        using (Stream s = Compressed.Compress(packed, CompressionKind.Xz, length: announced))
        {
            s.Write(s_text);
        }

        Assert.Equal(s_text, Pipe("xz", packed.ToArray(), "-dc"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(19)]
    public void Pieces_are_whole_files_each(int level)
    {
        byte[][] pieces = [s_text, [], [7], [.. s_text, .. s_text]];
        using PieceCompressor compressor = PieceCompressor.Zstd(level);
        foreach (byte[] piece in pieces)
        {
            byte[] target = new byte[PieceCompressor.Bound(piece.Length)];
            byte[] packed = target[..compressor.Compress(piece, target)];
            Assert.Equal(piece, Pipe("zstd", packed, "-dc"));
            Assert.Equal(piece, Decompress(packed, CompressionKind.Zstd));
        }
    }

    [Fact]
    public void A_piece_that_does_not_fit_is_an_error()
    {
        using PieceCompressor compressor = PieceCompressor.Zstd(-1);
        Assert.Throws<FetchException>(() => compressor.Compress(s_text, new byte[3]));
        byte[] target = new byte[PieceCompressor.Bound(s_text.Length)];
        Assert.Equal(s_text, Decompress(target[..compressor.Compress(s_text, target)], CompressionKind.Zstd));
    }

    [Fact]
    public void Xz_is_compressed_to_the_very_bytes_of_the_program()
    {
        MemoryStream packed = new();
        using (Stream s = Compressed.Compress(packed, CompressionKind.Xz, 6))
        {
            s.Write(s_text);
        }

        Assert.Equal(Pipe("xz", s_text, "-6", "-c", "-T1", "--check=crc64"), packed.ToArray());
    }

    [Fact]
    public void Brotli_is_read_back()
    {
        MemoryStream packed = new();
        using (Stream s = Compressed.Compress(packed, CompressionKind.Brotli))
        {
            s.Write(s_text);
        }

        Assert.InRange(packed.ToArray().Length, 1, s_text.Length - 1);
        Assert.Equal(s_text, Decompress(packed.ToArray(), CompressionKind.Brotli));
    }

    [Fact]
    public void A_level_that_a_method_does_not_have_is_refused() =>
        Assert.Throws<FetchException>(() => Compressed.Compress(new MemoryStream(), CompressionKind.Xz, 10));
}
