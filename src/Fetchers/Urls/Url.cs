using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firn.Fetchers.Urls;

/// <summary>What kind of host an authority names.</summary>
public enum UrlHostKind
{
    Name,
    IPv4,

    /// <summary>An IPv6 address or one of a future kind, in brackets.</summary>
    Bracketed,
}

/// <summary>Who serves a URL: <c>user:password@host:port</c>, decoded.</summary>
public sealed record UrlAuthority(string Host = "", UrlHostKind Kind = UrlHostKind.Name, string? User = null, string? Password = null, ushort? Port = null)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        StringBuilder text = new();
        if (User is not null)
        {
            text.Append(PercentEncoding.Encode(User));
            if (Password is not null)
            {
                text.Append(':').Append(PercentEncoding.Encode(Password));
            }

            text.Append('@');
        }

        text.Append(Kind switch
        {
            UrlHostKind.Name => PercentEncoding.Encode(Host),
            UrlHostKind.IPv4 => Host,
            UrlHostKind.Bracketed => "[" + PercentEncoding.Encode(Host, ":") + "]",
        });
        return Port is { } port ? text.Append(':').Append(port).ToString() : text.ToString();
    }
}

/// <summary>A URL in its decoded parts.</summary>
/// <remarks>RFC 3986; the lenient form also takes blanks and quotes in the query, and these and <c>^</c> in the fragment.</remarks>
public sealed record Url
{
    /// <summary>The scheme with its application prefix, such as <c>git+https</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Null where the URL has no <c>//</c>.</summary>
    public UrlAuthority? Authority { get; init; }

    /// <summary>Segments of the path; the first is empty where the path begins with a slash.</summary>
    public IReadOnlyList<string> Path { get; init; } = [""];

    /// <summary>Parameters by name, in byte order. Of equal names the first counts.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = NoQuery;

    public string Fragment { get; init; } = "";

    /// <summary>The scheme behind <c>+</c>: how the contents are transported.</summary>
    public string Transport => Scheme[(Scheme.IndexOf('+', StringComparison.Ordinal) + 1)..];

    /// <summary>The scheme before <c>+</c>; null for none.</summary>
    public string? Application => Scheme.IndexOf('+', StringComparison.Ordinal) is >= 0 and int plus ? Scheme[..plus] : null;

    private static SortedDictionary<string, string> NoQuery { get; } = new(StringComparer.Ordinal);

    /// <summary>Parses an absolute URL.</summary>
    /// <param name="warn">Told about parameters without a value, which are left out.</param>
    /// <exception cref="BadUrlException">It is none.</exception>
    public static Url Parse(string text, bool lenient = false, Action<string>? warn = null)
    {
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        ReadOnlySpan<char> rest = hash < 0 ? text : text.AsSpan(0, hash);
        ReadOnlySpan<char> fragment = hash < 0 ? "" : text.AsSpan(hash + 1);
        int question = rest.IndexOf('?');
        ReadOnlySpan<char> query = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        int colon = rest.IndexOf(':');
        int slash = rest.IndexOf('/');
        bool hasScheme = colon > 0 && (slash < 0 || colon < slash) && IsScheme(rest[..colon]);
        Check(text, fragment, lenient ? "/? \"^" : "/?");
        Check(text, query, lenient ? "/? \"" : "/?");
        if (!hasScheme)
        {
            Check(text, rest, "/");
            throw colon >= 0 && (slash < 0 || colon < slash)
                ? new BadUrlException($"'{text}' is not a valid URL: leftover")
                : new BadUrlException($"'{text}' doesn't have a scheme");
        }

        string scheme = rest[..colon].ToString();
        rest = rest[(colon + 1)..];
        UrlAuthority? authority = null;
        if (rest.StartsWith("//"))
        {
            rest = rest[2..];
            int end = rest.IndexOf('/');
            authority = ParseAuthority(text, end < 0 ? rest : rest[..end]);
            rest = end < 0 ? "" : rest[end..];
        }

        Check(text, rest, "/");
        Url url = new() { Scheme = scheme };
        bool isFile = url.Transport == "file";
        if (isFile && authority is { Host.Length: > 0 })
        {
            throw new BadUrlException($"file:// URL '{text}' has unexpected authority '{authority}'");
        }

        string[] path = (isFile && rest.IsEmpty ? "/" : rest.ToString()).Split('/');
        for (int i = 0; i < path.Length; i++)
        {
            path[i] = PercentEncoding.Decode(path[i]);
        }

        return url with { Authority = authority, Path = path, Query = ParseQuery(query, warn), Fragment = PercentEncoding.Decode(fragment) };
    }

    /// <summary>Reads <c>name=value&amp;…</c>.</summary>
    public static SortedDictionary<string, string> ParseQuery(ReadOnlySpan<char> text, Action<string>? warn = null)
    {
        SortedDictionary<string, string> query = new(StringComparer.Ordinal);
        if (text.IsEmpty)
        {
            return query;
        }

        foreach (Range range in text.Split('&'))
        {
            ReadOnlySpan<char> parameter = text[range];
            int equals = parameter.IndexOf('=');
            if (equals < 0)
            {
                warn?.Invoke($"dubious URI query '{parameter}' is missing equal sign '=', ignoring");
                continue;
            }

            query.TryAdd(PercentEncoding.Decode(parameter[..equals]), PercentEncoding.Decode(parameter[(equals + 1)..]));
        }

        return query;
    }

    /// <summary>A URL that Git understands of what users write for one: scp-like addresses, bare paths, <c>git+</c> schemes.</summary>
    /// <exception cref="BadUrlException">It cannot be one.</exception>
    public static Url OfGit(string text)
    {
        if (!text.StartsWith('/') && ScpToSsh(text) is { } ssh)
        {
            text = ssh;
        }

        if (!text.StartsWith("file:", StringComparison.Ordinal) && !text.StartsWith("git+file:", StringComparison.Ordinal) && !text.Contains("://", StringComparison.Ordinal))
        {
            string[] path = text.Split('/');
            return path[0].Contains(':', StringComparison.Ordinal)
                ? throw new BadUrlException($"SCP-like URL '{text}' is not supported; use SSH URL syntax instead (ssh://...)")
                : new Url { Scheme = "file", Authority = text.StartsWith('/') ? new UrlAuthority() : null, Path = path };
        }

        Url url = Parse(text);
        return url.Application == "git" ? url with { Scheme = url.Transport } : url;
    }

    /// <summary>The URL with a parameter added or replaced.</summary>
    public Url WithQuery(string name, string value)
    {
        SortedDictionary<string, string> query = CopyQuery();
        query[name] = value;
        return this with { Query = query };
    }

    /// <summary>The URL without some of its parameters.</summary>
    public Url WithoutQuery(params ReadOnlySpan<string> names)
    {
        SortedDictionary<string, string> query = CopyQuery();
        foreach (string name in names)
        {
            query.Remove(name);
        }

        return this with { Query = query };
    }

    /// <summary>The path as a file name.</summary>
    /// <exception cref="BadUrlException">A segment has a slash or a NUL in it.</exception>
    public string FilePath()
    {
        foreach (string segment in Path)
        {
            if (segment.Contains('/', StringComparison.Ordinal))
            {
                throw new BadUrlException($"URL path component '{segment}' contains '/', which is not allowed in file names");
            }

            if (segment.Contains('\0', StringComparison.Ordinal))
            {
                throw new BadUrlException($"URL path component '{segment.Replace('\0', '␀')}' contains NUL byte which is not allowed");
            }
        }

        return string.Join('/', Path);
    }

    /// <summary>Segments of the path that are not empty.</summary>
    public List<string> Segments()
    {
        List<string> segments = new(Path.Count);
        foreach (string segment in Path)
        {
            if (segment.Length > 0)
            {
                segments.Add(segment);
            }
        }

        return segments;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        StringBuilder text = new StringBuilder(Scheme).Append(':');
        if (Authority is not null)
        {
            text.Append("//").Append(Authority);
        }

        for (int i = 0; i < Path.Count; i++)
        {
            text.Append(i == 0 ? "" : "/").Append(PercentEncoding.Encode(Path[i], ":@"));
        }

        char separator = '?';
        foreach ((string name, string value) in Query)
        {
            text.Append(separator).Append(PercentEncoding.Encode(name, ":@/?")).Append('=').Append(PercentEncoding.Encode(value, ":@/?"));
            separator = '&';
        }

        return Fragment.Length == 0 ? text.ToString() : text.Append('#').Append(PercentEncoding.Encode(Fragment)).ToString();
    }

    private SortedDictionary<string, string> CopyQuery()
    {
        SortedDictionary<string, string> query = new(StringComparer.Ordinal);
        foreach ((string name, string value) in Query)
        {
            query.Add(name, value);
        }

        return query;
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return false;
            }
        }

        return char.IsAsciiLetter(text[0]);
    }

    private static void Check(string url, ReadOnlySpan<char> part, string more)
    {
        foreach (char c in part)
        {
            if (!PercentEncoding.IsPathCharacter(c) && !more.Contains(c))
            {
                throw new BadUrlException($"'{url}' is not a valid URL: leftover");
            }
        }
    }

    private static UrlAuthority ParseAuthority(string url, ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> rest = text;
        string? user = null, password = null;
        int at = rest.LastIndexOf('@');
        if (at >= 0)
        {
            ReadOnlySpan<char> userInfo = rest[..at];
            Check(url, userInfo, "");
            int colon = userInfo.IndexOf(':');
            user = PercentEncoding.Decode(colon < 0 ? userInfo : userInfo[..colon]);
            password = colon < 0 ? null : PercentEncoding.Decode(userInfo[(colon + 1)..]);
            rest = rest[(at + 1)..];
        }

        UrlHostKind kind = UrlHostKind.Name;
        string host;
        if (rest.StartsWith('['))
        {
            int close = rest.IndexOf(']');
            if (close < 0)
            {
                throw new BadUrlException($"'{url}' is not a valid URL: mismatch");
            }

            kind = UrlHostKind.Bracketed;
            host = PercentEncoding.Decode(rest[1..close]);
            rest = rest[(close + 1)..];
        }
        else
        {
            int colon = rest.IndexOf(':');
            ReadOnlySpan<char> name = colon < 0 ? rest : rest[..colon];
            Check(url, name, "");
            host = PercentEncoding.Decode(name);
            rest = colon < 0 ? "" : rest[colon..];
            if (host.Split('.').Length == 4 && IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork)
            {
                kind = UrlHostKind.IPv4;
            }
        }

        return new UrlAuthority(host, kind, user, password, ParsePort(url, rest));
    }

    private static ushort? ParsePort(string url, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text is ":")
        {
            return null;
        }

        if (text[0] != ':' || text[1..].ContainsAnyExceptInRange('0', '9'))
        {
            throw new BadUrlException($"'{url}' is not a valid URL: leftover");
        }

        return ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port != 0
            ? port
            : throw new BadUrlException($"port '{text[1..]}' is invalid");
    }

    // user@host:path
    private static string? ScpToSsh(string text)
    {
        int colon = text.LastIndexOf(':');
        int at = colon < 0 ? -1 : text.IndexOf('@', StringComparison.Ordinal);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (at < 0 || at > colon || (slash >= 0 && slash < at))
        {
            return null;
        }

        // The last sign that has no slash before it separates the user.
        int last = text.LastIndexOf('@', slash >= 0 && slash < colon ? slash : colon);
        return $"ssh://{text[..last]}@{text[(last + 1)..colon]}/{text[(colon + 1)..]}";
    }
}
