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

    [Fact]
    public void Xz_is_compressed_to_the_very_bytes_of_the_program()
    {
        MemoryStream packed = new();
        using (Stream s = Compressed.Compress(packed, CompressionKind.Xz))
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
