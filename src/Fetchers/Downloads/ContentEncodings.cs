using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Net.Http;
using Firn.Fetchers.Compression;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Downloads;

/// <summary>How servers pack what they send.</summary>
/// <remarks>RFC 9110, 8.4; docs/store/substitution.md</remarks>
internal static class ContentEncodings
{
    /// <summary>The header that says what may come.</summary>
    public static (string Name, string Value) Accepted => ("Accept-Encoding", "deflate, gzip, br, zstd");

    /// <summary>How an answer is packed; null where it is not.</summary>
    public static string? Of(HttpResponseMessage response)
    {
        List<string> names = [];
        foreach (string name in response.Content.Headers.ContentEncoding)
        {
            if (!name.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                names.Add(name.ToLowerInvariant());
            }
        }

        return names.Count == 0 ? null : string.Join(',', names);
    }

    /// <summary>Unpacks; disposing the result disposes <paramref name="packed"/>.</summary>
    /// <exception cref="DownloadException">Nobody knows this encoding. Reading throws it for damaged contents.</exception>
    public static Stream Open(string url, Stream packed, string encoding)
    {
        string[] names = encoding.Split(',');
        for (int i = names.Length - 1; i >= 0; i--)
        {
            packed = names[i] switch
            {
                "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
                "x-gzip" => new GZipStream(packed, CompressionMode.Decompress),
                _ when Compressed.TryParse(names[i], out CompressionKind kind) => Compressed.Decompress(packed, kind),
                _ => throw Bad(url, null),
            };
        }

        return new DecodedStream(url, packed);
    }

    private static DownloadException Bad(string url, Exception? cause) =>
        new(url, $"unable to download '{url}': HTTP error 200 (curl error: Unrecognized or bad HTTP Content or Transfer-Encoding)", 200, cause);

    private sealed class DecodedStream(string url, Stream inner) : ForwardReader
    {
        public override int Read(Span<byte> buffer)
        {
            try
            {
                return inner.Read(buffer);
            }
            catch (InvalidDataException e)
            {
                throw Bad(url, e);
            }
            catch (FetchException e) when (e is not DownloadException)
            {
                throw Bad(url, e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>A stream whose pieces somebody fetches on demand.</summary>
internal sealed class PulledStream(Func<Memory<byte>, int> pull) : ForwardReader
{
    private readonly byte[] _piece = new byte[1 << 16];

    public override int Read(Span<byte> buffer)
    {
        int n = pull(_piece.AsMemory(0, Math.Min(buffer.Length, _piece.Length)));
        _piece.AsSpan(0, n).CopyTo(buffer);
        return n;
    }
}
