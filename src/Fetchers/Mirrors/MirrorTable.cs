using System;
using System.Collections.Generic;

namespace Firn.Fetchers.Mirrors;

/// <summary>
/// What <c>mirror://NAME/path</c> stands for: the servers of NAME, in the order to try them. Nothing is built in,
/// for which servers a machine may use is the matter of who runs it.
/// </summary>
/// <param name="configured">The <c>mirrors</c> setting; see <see cref="ParseSetting"/>.</param>
/// <param name="environment">Looks up <c>NIX_MIRRORS_NAME</c>; its words come before the setting's.</param>
/// <param name="debian">The machine's own sources of Debian packages, asked for once and only where nothing names <c>debian</c>.</param>
public sealed class MirrorTable(
    IReadOnlyDictionary<string, IReadOnlyList<string>> configured, Func<string, string?> environment, Func<IReadOnlyList<string>> debian)
{
    private const string Scheme = "mirror://";

    private readonly Lazy<IReadOnlyList<string>> _debian = new(debian);

    /// <summary>Reads the <c>mirrors</c> setting: words, of which one with <c>NAME=</c> begins the servers of NAME.</summary>
    /// <exception cref="FetchException">The first word names nothing.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ParseSetting(string text)
    {
        Dictionary<string, IReadOnlyList<string>> table = new(StringComparer.Ordinal);
        List<string>? servers = null;
        foreach (string word in Words(text))
        {
            int equals = word.IndexOf('=');
            string url = word;
            if (equals > 0 && IsName(word.AsSpan(0, equals)))
            {
                string name = word[..equals];
                servers = table.TryGetValue(name, out IReadOnlyList<string>? before) ? (List<string>)before : [];
                table[name] = servers;
                url = word[(equals + 1)..];
            }

            if (servers is null)
            {
                throw new FetchException($"setting 'mirrors' must read 'NAME=URL URL...', but begins with '{word}'");
            }

            if (url.Length > 0)
            {
                servers.Add(url);
            }
        }

        return table;
    }

    /// <summary>Whether a URL needs <see cref="Resolve"/>.</summary>
    public static bool IsMirror(string url) => url.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>The URLs that a URL stands for, at least one; itself where it is no <c>mirror://</c>.</summary>
    /// <exception cref="FetchException">No server of that name is known.</exception>
    public IReadOnlyList<string> Resolve(string url)
    {
        if (!IsMirror(url))
        {
            return [url];
        }

        string rest = url[Scheme.Length..];
        int slash = rest.IndexOf('/');
        if (slash <= 0)
        {
            throw new FetchException($"'{url}' does not read mirror://NAME/PATH");
        }

        string name = rest[..slash], path = rest[(slash + 1)..];
        List<string> found = [];
        foreach (string server in Servers(name))
        {
            string one = server.EndsWith('/') ? server + path : server + "/" + path;
            if (!found.Contains(one))
            {
                found.Add(one);
            }
        }

        if (found.Count == 0)
        {
            string also = name == "debian" ? " (the package sources of this machine name none either)" : "";
            throw new FetchException(
                $"no server is known for '{url}'{also}; set 'mirrors = {name}=URL' in nix.conf or NIX_MIRRORS_{name} in the environment to the server that has '{path}'");
        }

        return found;
    }

    private IEnumerable<string> Servers(string name)
    {
        bool named = false;
        foreach (string server in Words(environment("NIX_MIRRORS_" + name) ?? ""))
        {
            named = true;
            yield return server;
        }

        if (configured.TryGetValue(name, out IReadOnlyList<string>? servers))
        {
            foreach (string server in servers)
            {
                named = true;
                yield return server;
            }
        }

        if (!named && name == "debian")
        {
            foreach (string server in _debian.Value)
            {
                yield return server;
            }
        }
    }

    private static string[] Words(string text) => text.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '+' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
