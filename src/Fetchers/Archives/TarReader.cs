using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Firn.Fetchers.Archives;

/// <summary>What an entry of a tar archive is.</summary>
public enum TarKind
{
    Regular,
    HardLink,
    Symlink,
    Directory,
    /// <summary>A device, a pipe, or what a vendor invented.</summary>
    Other,
}

/// <summary>One entry of a tar archive.</summary>
/// <param name="Name">Path as written, bytes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Size">Length of the contents, bytes.</param>
/// <param name="LinkName">Target of a link, bytes.</param>
/// <param name="ModifiedSeconds">Seconds since 1970.</param>
public sealed record TarEntry(byte[] Name, TarKind Kind, int Mode, long Size, byte[] LinkName, long ModifiedSeconds);

/// <summary>Reads tar archives: ustar, GNU (long names, binary numbers) and pax (paths, sizes).</summary>
/// <remarks>tar(5), pax in POSIX.1-2001</remarks>
public sealed class TarReader(Stream source)
{
    private const int Block = 512;
    private const int MaxMetadata = 1 << 20;

    private Piece? _contents;
    private long _padding;
    private long _entries;

    /// <summary>The contents of the entry that <see cref="Next"/> returned last.</summary>
    public Stream Contents => _contents ?? Stream.Null;

    /// <summary>The next entry, or null at the end.</summary>
    /// <exception cref="FetchException">The archive is damaged.</exception>
    public TarEntry? Next()
    {
        byte[]? longName = null, longLink = null;
        Dictionary<string, byte[]> pax = [];
        while (true)
        {
            SkipRest();
            byte[] header = new byte[Block];
            int n = source.ReadAtLeast(header, Block, throwOnEndOfStream: false);
            if (n == 0 || (n == Block && !header.AsSpan().ContainsAnyExcept((byte)0)))
            {
                return null;
            }

            if (n < Block || !ChecksumHolds(header))
            {
                throw new FetchException(_entries == 0 ? "Failed to open archive (Unrecognized archive format)" : "damaged tar archive");
            }

            _entries++;

            long size = Number(header.AsSpan(124, 12));
            if (size < 0)
            {
                throw new FetchException("damaged tar archive");
            }

            byte type = header[156];
            if (pax.TryGetValue("size", out byte[]? paxSize) && type is not ((byte)'x' or (byte)'g'))
            {
                size = long.Parse(Encoding.ASCII.GetString(paxSize), NumberStyles.None, CultureInfo.InvariantCulture);
            }

            // A link or directory has no contents, whatever its size says.
            bool empty = type is (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'5' or (byte)'6';
            Begin(empty ? 0 : size);
            switch (type)
            {
                case (byte)'L':
                    longName = Metadata();
                    continue;
                case (byte)'K':
                    longLink = Metadata();
                    continue;
                case (byte)'x':
                    ReadPax(Metadata(long.MaxValue), pax);
                    continue;
                case (byte)'g':
                    continue;
            }

            byte[] name = pax.GetValueOrDefault("path") ?? longName ?? Name(header);
            byte[] link = pax.GetValueOrDefault("linkpath") ?? longLink ?? Text(header.AsSpan(157, 100)).ToArray();
            TarKind kind = type switch
            {
                0 or (byte)'0' or (byte)'7' => name is [.., (byte)'/'] ? TarKind.Directory : TarKind.Regular,
                (byte)'1' => TarKind.HardLink,
                (byte)'2' => TarKind.Symlink,
                (byte)'5' => TarKind.Directory,
                _ => TarKind.Other,
            };
            return new TarEntry(name, kind, (int)Number(header.AsSpan(100, 8)) & 0xfff, empty ? 0 : size, link, Number(header.AsSpan(136, 12)));
        }
    }

    private void Begin(long size)
    {
        _contents = new Piece(source, size);
        _padding = (Block - (size % Block)) % Block;
    }

    private void SkipRest()
    {
        if (_contents is not null)
        {
            _contents.Skip();
            new Piece(source, _padding).Skip();
            _contents = null;
        }
    }

    private byte[] Metadata(long max = MaxMetadata)
    {
        if (_contents!.Length > Math.Min(max, MaxMetadata))
        {
            throw new FetchException("tar archive with metadata beyond all measure");
        }

        byte[] bytes = new byte[_contents.Length];
        _contents.ReadExactly(bytes);
        return max == MaxMetadata ? Text(bytes).ToArray() : bytes;
    }

    /// <summary>Records <c>LENGTH KEY=VALUE\n</c>, where LENGTH counts the whole record.</summary>
    private static void ReadPax(ReadOnlySpan<byte> records, Dictionary<string, byte[]> into)
    {
        while (!records.IsEmpty)
        {
            int space = records.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(Encoding.ASCII.GetString(records[..space]), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length > records.Length || length < space + 3)
            {
                throw new FetchException("damaged tar archive");
            }

            ReadOnlySpan<byte> pair = records[(space + 1)..(length - 1)];
            int equals = pair.IndexOf((byte)'=');
            if (equals < 0)
            {
                throw new FetchException("damaged tar archive");
            }

            into[Encoding.UTF8.GetString(pair[..equals])] = pair[(equals + 1)..].ToArray();
            records = records[length..];
        }
    }

    private static bool ChecksumHolds(ReadOnlySpan<byte> header)
    {
        long unsigned = 0, signed = 0;
        for (int i = 0; i < Block; i++)
        {
            byte b = i is >= 148 and < 156 ? (byte)' ' : header[i];
            unsigned += b;
            signed += (sbyte)b;
        }

        long written = Number(header.Slice(148, 8));
        return written == unsigned || written == signed;
    }

    private static byte[] Name(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> name = Text(header[..100]);
        ReadOnlySpan<byte> prefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.Slice(345, 155)) : [];
        return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>Octal digits, or with the top bit set a big-endian number.</summary>
    private static long Number(ReadOnlySpan<byte> field)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            value = (field[0] & 0x40) != 0 ? -1 : field[0] & 0x3f;
            foreach (byte b in field[1..])
            {
                value = (value << 8) | b;
            }

            return value;
        }

        foreach (byte b in field)
        {
            if (b is >= (byte)'0' and <= (byte)'7')
            {
                value = (value << 3) | (uint)(b - '0');
            }
            else if (b is not (byte)' ' || value != 0)
            {
                break;
            }
        }

        return value;
    }
}
