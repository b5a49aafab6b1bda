using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Firn.Fetchers.Archives;

/// <summary>Reads the members of an ar archive one after another, as a .deb is one.</summary>
/// <remarks>ar(5): a 60-byte header in ASCII, the contents, a newline where their length is odd.</remarks>
public sealed class ArReader
{
    private readonly Stream _source;
    private Piece? _member;
    private bool _odd;

    /// <summary>Starts at the beginning of the archive.</summary>
    /// <exception cref="FetchException">It is no ar archive.</exception>
    public ArReader(Stream source)
    {
        _source = source;
        Span<byte> magic = stackalloc byte[8];
        if (source.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual("!<arch>\n"u8))
        {
            throw new FetchException("not an ar archive");
        }
    }

    /// <summary>The next member, or null at the end. Its contents can be read until the next call.</summary>
    /// <exception cref="FetchException">The archive is damaged.</exception>
    public (string Name, Stream Contents)? Next()
    {
        Span<byte> header = stackalloc byte[60];
        if (_member is not null)
        {
            _member.Skip();
            if (_odd && _source.ReadByte() < 0)
            {
                return null;
            }
        }

        int n = _source.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (n == 0)
        {
            return null;
        }

        if (n < header.Length || header[58] != '`' || header[59] != '\n'
            || !long.TryParse(Encoding.ASCII.GetString(header[48..58]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long size))
        {
            throw new FetchException("damaged ar archive");
        }

        _member = new Piece(_source, size);
        _odd = size % 2 == 1;
        return (Encoding.ASCII.GetString(header[..16]).TrimEnd(' ').TrimEnd('/'), _member);
    }
}
