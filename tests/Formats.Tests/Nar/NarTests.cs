using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Xunit;

namespace Firn.Formats.Tests.Nar;

public sealed class NarTests
{
    private static byte[] Tree()
    {
        ByteBuffer nar = new();
        NarWriter writer = new(nar);
        writer.BeginDirectory();
        writer.Entry("a"u8);
        writer.BeginRegular(true, 1);
        writer.Contents("x"u8);
        writer.EndRegular();
        writer.Entry("b"u8);
        writer.Symlink("a"u8);
        writer.Entry("c"u8);
        writer.BeginDirectory();
        writer.Entry("d"u8);
        writer.BeginRegular(false, 11);
        writer.Contents("hello "u8);
        writer.Contents("world"u8);
        writer.EndRegular();
        writer.EndDirectory();
        writer.Entry("e"u8);
        writer.BeginDirectory();
        writer.EndDirectory();
        writer.EndDirectory();
        return nar.ToArray();
    }

    // What a NAR is made of, written by hand: texts are padded, numbers are not.
    private static byte[] Bytes(params string[] texts)
    {
        ByteBuffer nar = new();
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(text);
            nar.Write(BitConverter.GetBytes((ulong)bytes.Length));
            nar.Write(bytes);
            nar.Write(new byte[-bytes.Length & 7]);
        }

        return nar.ToArray();
    }

    private static string[] Directory(params string[] inner) => ["nix-archive-1", "(", "type", "directory", .. inner, ")"];

    private static string[] Entry(string name, params string[] node) => ["entry", "(", "name", name, "node", "(", "type", .. node, ")", ")"];

    private static byte[] Copy(byte[] nar, int readSize = int.MaxValue)
    {
        ByteBuffer copy = new();
        MemoryStream source = new(nar);
        NarReader.Read(new SlowStream(source, readSize), new NarWriter(copy));
        Assert.Equal(copy.Length, source.Position);
        return copy.ToArray();
    }

    [Fact]
    public void A_tree_has_the_known_hash()
    {
        Assert.Equal(1048, Tree().Length);
        Assert.Equal("610f8eb0d1c58177d9f3675e319daacde313ed8ba0bbf1ace3c061eb4214245a", Hash.Sha256(Tree()).ToString(HashFormat.Base16, false));
    }

    [Fact]
    public void A_file_has_the_known_hash()
    {
        Assert.Equal("eaff00051b3cdbf91fef060292c2e5cf5a82890c70c045b678599779d5028b05", NarWriter.HashFile("firn"u8).ToString(HashFormat.Base16, false));
        foreach (int size in (int[])[0, 1, 7, 8, 9, 100_000])
        {
            CountingSink count = new();
            NarWriter.WriteFile(new byte[size], false, count);
            Assert.Equal((ulong)NarFormat.SizeOfFile(size), count.Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    public void A_tree_reads_back_from_reads_of_any_size(int readSize) => Assert.Equal(Tree(), Copy([.. Tree(), 1, 2, 3], readSize));

    [Fact]
    public void Large_files_pass_through()
    {
        byte[] contents = new byte[300_001];
        new Random(5).NextBytes(contents);
        ByteBuffer nar = new();
        NarWriter.WriteFile(contents, true, nar);
        Assert.Equal(nar.ToArray(), Copy(nar.ToArray(), 70_000));
    }

    public static TheoryData<string[], string> Bad() => new()
    {
        { ["nix-archive-2"], "bad archive: input doesn't look like a Nix archive" },
        { ["nix-archive-10"], "bad archive: input doesn't look like a Nix archive" },
        { ["nix-archive-1", "["], "bad archive: expected tag '(', got '['" },
        { ["nix-archive-1", "(", "type", "socket"], "bad archive: unknown file type 'socket'" },
        { ["nix-archive-1", "(", "type", "symlink", "target", ""], "bad archive: NAR contains invalid symlink target" },
        { ["nix-archive-1", "(", "type", "symlink", "target", "a\0"], "bad archive: NAR contains invalid symlink target" },
        { ["nix-archive-1", "(", "type", "symlink", "target", new string('a', 4096)], "string is too long" },
        { ["nix-archive-1", "(", "type", "regular", "executable", "x"], "string is too long" },
        { ["nix-archive-1", "(", "type", "regular", "contents", "abc", "executable", "", ")"], "bad archive: expected tag ')', got 'executable'" },
        { ["nix-archive-1", "(", "type", "regular", ")"], "bad archive: expected tag 'contents', got ')'" },
        { Directory(Entry("")), "bad archive: NAR contains invalid file name ''" },
        { Directory(Entry(".")), "bad archive: NAR contains invalid file name '.'" },
        { Directory(Entry("..")), "bad archive: NAR contains invalid file name '..'" },
        { Directory(Entry("a/b")), "bad archive: NAR contains invalid file name 'a/b'" },
        { Directory(Entry("a\0b")), "bad archive: NAR contains invalid file name 'a\0b'" },
        { Directory(Entry(new string('a', 256))), "string is too long" },
        { Directory([.. Entry("b", "symlink", "target", "x"), .. Entry("a", "symlink", "target", "x")]), "bad archive: NAR directory is not sorted" },
        { Directory([.. Entry("a", "symlink", "target", "x"), .. Entry("a", "symlink", "target", "x")]), "bad archive: NAR directory is not sorted" },
        { Directory("x"), "bad archive: expected tag 'entry' or ')', got 'x'" },
        { ["nix-archive-1", "(", "type", "regular", "contents", "abc"], "unexpected end-of-file" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_breaks_the_format_is_refused(string[] texts, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<SerialisationException>(() => Copy(Bytes(texts))).Message);

    [Fact]
    public void Padding_has_to_be_zero()
    {
        byte[] nar = Bytes("nix-archive-1", "(", "type", "regular", "contents", "abc", ")");
        Assert.Equal(nar, Copy(nar));
        nar[^17] = 1;
        Assert.Equal("non-zero padding", Assert.ThrowsAny<SerialisationException>(() => Copy(nar)).Message);
        nar = Bytes("nix-archive-1", "(", "type", "regular", "contents", "abc", ")");
        nar[^1] = 1;
        Assert.Equal("non-zero padding", Assert.ThrowsAny<SerialisationException>(() => Copy(nar)).Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 40)]
    public void A_length_beyond_the_input_is_refused(ulong length)
    {
        byte[] nar = [.. Bytes("nix-archive-1", "(", "type", "regular", "contents"), .. BitConverter.GetBytes(length), .. "abc"u8];
        Assert.ThrowsAny<SerialisationException>(() => Copy(nar));
        nar = [.. Bytes("nix-archive-1", "("), .. BitConverter.GetBytes(length), .. "abc"u8];
        Assert.Equal("string is too long", Assert.ThrowsAny<SerialisationException>(() => Copy(nar)).Message);
    }

    [Fact]
    public void Depth_ends_at_64()
    {
        static byte[] Nested(int directories)
        {
            List<string> texts = ["nix-archive-1"];
            for (int i = 0; i < directories; i++)
            {
                texts.AddRange(["(", "type", "directory", "entry", "(", "name", "a", "node"]);
            }

            texts.AddRange(["(", "type", "symlink", "target", "x", ")"]);
            texts.AddRange(Enumerable.Repeat(")", 2 * directories));
            return Bytes([.. texts]);
        }

        Assert.Equal(Nested(63), Copy(Nested(63)));
        Assert.Equal("bad archive: NAR directory nesting exceeds maximum depth of 64", Assert.ThrowsAny<SerialisationException>(() => Copy(Nested(64))).Message);
        Assert.ThrowsAny<SerialisationException>(() => Copy(Nested(100_000)));
    }

    [Fact]
    public void Damaged_archives_never_do_worse_than_being_refused()
    {
        Random random = new(6);
        byte[] tree = Tree();
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] nar = [.. tree];
            nar[random.Next(nar.Length)] = (byte)random.Next(256);
            nar = random.Next(8) == 0 ? nar[..random.Next(nar.Length)] : nar;
            try
            {
                // What is accepted is written back as it was.
                byte[] copy = Copy(nar, random.Next(1, 50));
                Assert.Equal(nar, copy);
            }
            catch (SerialisationException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2000, 4000);
    }

    private sealed class SlowStream(Stream inner, int readSize) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, readSize));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
