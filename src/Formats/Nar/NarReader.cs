using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Firn.Formats.Sinks;

namespace Firn.Formats.Nar;

/// <summary>
/// Reads a NAR as events. Iterative, with memory of its own that does not depend on what the NAR says; takes not a byte
/// beyond the end of the NAR, in many short reads, so a file or a connection wants a buffer.
/// </summary>
public sealed class NarReader
{
    // Tags have up to ten bytes; a little more makes the message about a wrong one useful.
    private const int MaxTag = 32;

    // What of a file is handed on at once, where it lies in memory.
    private const ulong MaxTaken = 1 << 20;

    private readonly Stream _source;
    private readonly ISpanSource? _spans;
    private readonly INarSink _sink;
    private readonly byte[] _text = new byte[((NarFormat.MaxTarget + 7) & ~7) + 8];
    private readonly byte[]?[] _last = new byte[]?[NarFormat.MaxDepth];
    private byte[]? _chunk;

    private NarReader(Stream source, INarSink sink)
    {
        _source = source;
        _spans = source as ISpanSource;
        _sink = sink;
    }

    /// <summary>Reads one NAR.</summary>
    /// <exception cref="UnexpectedEndException">The source ends before the NAR.</exception>
    /// <exception cref="SerialisationException">It is no NAR.</exception>
    public static void Read(Stream source, INarSink sink) => new NarReader(source, sink).Read();

    private void Read()
    {
        CheckMagic();
        int depth = 0;
        // Each turn reads a node; one that is no directory, or has ended, ends the entry around it.
        while (true)
        {
            Expect("("u8);
            Expect("type"u8);
            ReadOnlySpan<byte> type = Text(MaxTag);
            if (type.SequenceEqual("directory"u8))
            {
                _sink.BeginDirectory();
                _last[depth++] = null;
                if (NextEntry(ref depth))
                {
                    continue;
                }

                return;
            }

            if (type.SequenceEqual("regular"u8))
            {
                Regular();
            }
            else if (type.SequenceEqual("symlink"u8))
            {
                Symlink();
            }
            else
            {
                throw Bad($"unknown file type '{Show(type)}'");
            }

            if (depth == 0)
            {
                return;
            }

            Expect(")"u8);
            if (!NextEntry(ref depth))
            {
                return;
            }
        }
    }

    // Goes on to the next entry's node, out of as many directories as end here; false when the root has ended.
    private bool NextEntry(ref int depth)
    {
        while (true)
        {
            ReadOnlySpan<byte> tag = Text(MaxTag);
            if (tag.SequenceEqual(")"u8))
            {
                _sink.EndDirectory();
                if (--depth == 0)
                {
                    return false;
                }

                Expect(")"u8);
                continue;
            }

            if (!tag.SequenceEqual("entry"u8))
            {
                throw Bad($"expected tag 'entry' or ')', got '{Show(tag)}'");
            }

            Expect("("u8);
            Expect("name"u8);
            ReadOnlySpan<byte> name = Text(NarFormat.MaxName);
            if (!NarFormat.IsName(name))
            {
                throw Bad($"NAR contains invalid file name '{Show(name)}'");
            }

            if (_last[depth - 1] is byte[] last && last.AsSpan().SequenceCompareTo(name) >= 0)
            {
                throw Bad("NAR directory is not sorted");
            }

            byte[] kept = name.ToArray();
            _last[depth - 1] = kept;
            Expect("node"u8);
            if (depth == NarFormat.MaxDepth)
            {
                throw Bad($"NAR directory nesting exceeds maximum depth of {NarFormat.MaxDepth}");
            }

            _sink.Entry(kept);
            return true;
        }
    }

    private void Regular()
    {
        ReadOnlySpan<byte> tag = Text(MaxTag);
        bool executable = tag.SequenceEqual("executable"u8);
        if (executable)
        {
            Text(0);
            tag = Text(MaxTag);
        }

        if (!tag.SequenceEqual("contents"u8))
        {
            throw Bad($"expected tag 'contents', got '{Show(tag)}'");
        }

        ulong size = Number();
        if (size > long.MaxValue)
        {
            throw Bad($"a file of {size} bytes is too long");
        }

        _sink.BeginRegular(executable, (long)size);
        for (ulong left = size; left > 0;)
        {
            ReadOnlySpan<byte> data = Take(left);
            if (data.IsEmpty)
            {
                throw End();
            }

            _sink.Contents(data);
            left -= (ulong)data.Length;
        }

        Fill(_text.AsSpan(0, (int)(-(long)size & 7)));
        CheckPadding(_text.AsSpan(0, (int)(-(long)size & 7)));
        Expect(")"u8);
        _sink.EndRegular();
    }

    // Contents where they lie, if they can be had so.
    private ReadOnlySpan<byte> Take(ulong left)
    {
        if (_spans is not null)
        {
            return _spans.Take((int)Math.Min(left, MaxTaken));
        }

        _chunk ??= new byte[1 << 16];
        return _chunk.AsSpan(0, _source.Read(_chunk, 0, (int)Math.Min(left, (ulong)_chunk.Length)));
    }

    private void Symlink()
    {
        Expect("target"u8);
        ReadOnlySpan<byte> target = Text(NarFormat.MaxTarget);
        if (target.IsEmpty || target.Contains((byte)0))
        {
            throw Bad("NAR contains invalid symlink target");
        }

        _sink.Symlink(target);
        Expect(")"u8);
    }

    private void CheckMagic()
    {
        bool right;
        try
        {
            right = Text(NarFormat.Magic.Length).SequenceEqual(NarFormat.Magic);
        }
        catch (SerialisationException e) when (e is not UnexpectedEndException)
        {
            right = false;
        }

        if (!right)
        {
            throw Bad("input doesn't look like a Nix archive");
        }
    }

    private void Expect(ReadOnlySpan<byte> tag)
    {
        ReadOnlySpan<byte> read = Text(MaxTag);
        if (!read.SequenceEqual(tag))
        {
            throw Bad($"expected tag '{Show(tag)}', got '{Show(read)}'");
        }
    }

    // A string of at most max bytes; valid until the next one.
    private ReadOnlySpan<byte> Text(int max)
    {
        ulong length = Number();
        if (length > (ulong)max)
        {
            throw new SerialisationException("string is too long");
        }

        Span<byte> padded = _text.AsSpan(0, ((int)length + 7) & ~7);
        Fill(padded);
        CheckPadding(padded[(int)length..]);
        return padded[..(int)length];
    }

    private ulong Number()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = _source.Read(bytes);
            if (read <= 0)
            {
                throw End();
            }

            bytes = bytes[read..];
        }
    }

    private static void CheckPadding(ReadOnlySpan<byte> padding)
    {
        if (padding.IndexOfAnyExcept((byte)0) >= 0)
        {
            throw new SerialisationException("non-zero padding");
        }
    }

    private static string Show(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    private static SerialisationException Bad(string what) => new("bad archive: " + what);

    private static UnexpectedEndException End() => new("unexpected end-of-file");
}
