using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Store;

/// <summary>Which store: a URL such as <c>https://cache.example.org?priority=10</c>, a directory, or a word.</summary>
/// <remarks>Nix manual, store/types</remarks>
public sealed record StoreReference
{
    private const string PlainInQuery = "-._~!$'()*+,;:@/?";
    private const string PlainInPath = "-._~!$&'()*+,;=:@/";

    /// <summary>Without a scheme: the words <c>auto</c>, <c>daemon</c>, <c>local</c>.</summary>
    public string? Word { get; init; }

    /// <summary>Such as <c>https</c>; <c>local</c> for a directory.</summary>
    public string Scheme { get; init; } = "";

    /// <summary>Host and path as they stand in the URL, percent signs included.</summary>
    public string Place { get; init; } = "";

    /// <summary>What stands after the question mark, decoded.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary><see cref="Place"/> with the percent signs resolved: a path of this machine, for schemes that have one.</summary>
    public string DecodedPlace => Uri.UnescapeDataString(Place);

    /// <exception cref="StoreException">It is no reference to a store.</exception>
    public static StoreReference Parse(string text)
    {
        int question = text.IndexOf('?', StringComparison.Ordinal);
        string place = question < 0 ? text : text[..question];
        SortedDictionary<string, string> parameters = Query(question < 0 ? "" : text[(question + 1)..]);
        int colon = place.IndexOf("://", StringComparison.Ordinal);
        if (colon > 0 && IsScheme(place.AsSpan(0, colon)))
            return new StoreReference { Scheme = place[..colon], Place = InUrl(text, place[(colon + 3)..]), Parameters = parameters };
        if (place is "" or "auto") return new StoreReference { Word = "auto", Parameters = parameters };
        if (place is "daemon" or "local")
        {
            string scheme = place == "daemon" ? "unix" : "local";
            return new StoreReference { Word = parameters.Count == 0 ? place : null, Scheme = scheme, Parameters = parameters };
        }
        int only = place.IndexOf(':', StringComparison.Ordinal);
        if (only > 0 && IsScheme(place.AsSpan(0, only)))
            return new StoreReference { Scheme = place[..only], Place = InUrl(text, place[(only + 1)..]), Parameters = parameters };
        if (colon < 0 && place.Contains('/', StringComparison.Ordinal))
            return new StoreReference { Scheme = "local", Place = Encode(Path.GetFullPath(place), PlainInPath), Parameters = parameters };
        throw new StoreException("Cannot parse Nix store '" + text + "'");
    }

    /// <summary>The URL.</summary>
    public string Render(bool withParameters)
    {
        string url = Word ?? Scheme + "://" + Place;
        if (!withParameters || Parameters.Count == 0) return url;
        var query = new StringBuilder(url);
        char mark = '?';
        foreach (var (name, value) in Parameters)
        {
            query.Append(mark).Append(Encode(name, PlainInQuery)).Append('=').Append(Encode(value, PlainInQuery));
            mark = '&';
        }
        return query.ToString();
    }

    public override string ToString() => Render(withParameters: true);

    /// <summary>A part of a URL without percent signs that nothing needs.</summary>
    /// <exception cref="StoreException">It has characters that URLs do not have.</exception>
    private static string InUrl(string text, string part)
    {
        var plain = new StringBuilder(part.Length);
        for (int i = 0; i < part.Length; i++)
        {
            char c = part[i];
            if (c <= ' ' || "\"<>\\^`{|}#".Contains(c, StringComparison.Ordinal))
                throw new StoreException("Cannot parse Nix store '" + text + "'");
            if (c == '%' && i + 2 < part.Length && char.IsAsciiHexDigit(part[i + 1]) && char.IsAsciiHexDigit(part[i + 2])
                && (char)Convert.ToInt32(part.Substring(i + 1, 2), 16) is var meant && (char.IsAsciiLetterOrDigit(meant) || meant is '-' or '.' or '_' or '~'))
            {
                plain.Append(meant);
                i += 2;
                continue;
            }
            plain.Append(c);
        }
        return plain.ToString();
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        return char.IsAsciiLetter(text[0]);
    }

    private static SortedDictionary<string, string> Query(string query)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) parameters.TryAdd(part[..equals], Uri.UnescapeDataString(part[(equals + 1)..]));
        }
        return parameters;
    }

    private static string Encode(string text, string plain)
    {
        var encoded = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || plain.Contains((char)b, StringComparison.Ordinal)) encoded.Append((char)b);
            else encoded.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return encoded.ToString();
    }
}
