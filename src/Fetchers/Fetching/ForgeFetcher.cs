using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Fetchers.Fetching;

/// <summary>Fetches archives of commits from GitHub, GitLab and SourceHut.</summary>
internal sealed class ForgeFetcher(FetchSettings settings, FetchStore store, FetchCache cache, Lazy<DownloadCache> downloads, Action<string> warn)
{
    private const string Kind = "forgeCommit";

    internal (StorePath Path, Input Result) Fetch(Input input)
    {
        input = input.Ref is null ? input.With("ref", "HEAD") : input;
        string rev = input.RevText ?? FindRevision(input);
        input = input.Without("ref").With("rev", rev);

        // A commit never changes, so what is known about one is not asked for again.
        InputAttributes key = new InputAttributes().With("rev", rev).With("type", input.Type).With("host", Host(input))
            .With("owner", Owner(input)).With("repo", Repo(input));
        if (cache.Find(Kind, key) is { } known)
        {
            Input locked = input.With("narHash", known.Value.Text("narHash"));
            StorePath path = locked.StorePathIn(store.Dir);
            if (store.Infos.IsValid(path))
            {
                return (path, input.With("lastModified", known.Value.FindNumber("lastModified") ?? 0));
            }
        }

        IReadOnlyList<(string, string)> headers = Headers(input);
        DownloadedTree tree = downloads.Value.Tree(ArchiveUrl(input, rev, headers.Count > 0), "source", headers, input.ToString());
        cache.Put(Kind, key, new InputAttributes().With("narHash", tree.NarHash.ToString(HashFormat.Sri, true)).With("lastModified", tree.LastModified));
        return (tree.Path, input.With("lastModified", tree.LastModified));
    }

    /// <summary>Where the archive of a commit is.</summary>
    internal static string ArchiveUrl(Input input, string rev, bool authorised)
    {
        string host = Host(input), owner = Owner(input), repo = Repo(input);
        return input.Type switch
        {
            "github" when host != "github.com" => $"https://{host}/api/v3/repos/{owner}/{repo}/tarball/{rev}",
            // Without a token the limits of the API are low; these addresses have none.
            "github" when !authorised => $"https://{host}/{owner}/{repo}/archive/{rev}.tar.gz",
            "github" => $"https://api.{host}/repos/{owner}/{repo}/tarball/{rev}",
            "gitlab" => $"https://{host}/api/v4/projects/{owner}%2F{repo}/repository/archive.tar.gz?sha={rev}",
            _ => $"https://{host}/{owner}/{repo}/archive/{rev}.tar.gz",
        };
    }

    /// <summary>Headers with the token that fits best: that of the longest prefix of host and path, else of the host.</summary>
    internal IReadOnlyList<(string Name, string Value)> Headers(Input input)
    {
        string host = Host(input);
        string place = $"{host}/{Owner(input)}/{Repo(input)}";
        string? best = null;
        foreach ((string prefix, _) in settings.AccessTokens)
        {
            bool fits = place.StartsWith(prefix, StringComparison.Ordinal) && (place.Length == prefix.Length || place[prefix.Length] == '/');
            best = fits && prefix.Length > (best?.Length ?? 0) ? prefix : best;
        }

        if (settings.AccessTokens.GetValueOrDefault(best ?? host) is not { } token)
        {
            return [];
        }

        switch (input.Type)
        {
            case "github":
                return [("Authorization", "token " + token)];
            case "sourcehut":
                return [("Authorization", "Bearer " + token)];
            default:
                int colon = token.IndexOf(':', StringComparison.Ordinal);
                string kind = colon < 0 ? token : token[..colon];
                string value = token[(colon + 1)..];
                if (kind is not ("OAuth2" or "PAT"))
                {
                    warn($"Unrecognized GitLab token type {kind}");
                }

                return [kind switch { "OAuth2" => ("Authorization", "Bearer " + value), "PAT" => ("Private-token", value), _ => (kind, value) }];
        }
    }

    /// <summary>URL of the Git repository of an input.</summary>
    internal static string RepositoryUrl(Input input) =>
        $"git+https://{Host(input)}/{Owner(input)}/{Repo(input)}{(input.Type == "sourcehut" ? "" : ".git")}";

    private static string Host(Input input) => input.Attributes.FindText("host") ?? input.Type switch
    {
        "github" => "github.com",
        "gitlab" => "gitlab.com",
        _ => "git.sr.ht",
    };

    private static string Owner(Input input) => input.Attributes.Text("owner");

    private static string Repo(Input input) => input.Attributes.Text("repo");

    private string FindRevision(Input input)
    {
        string host = Host(input), owner = Owner(input), repo = Repo(input), reference = input.Ref!;
        try
        {
            switch (input.Type)
            {
                case "github":
                    string api = host == "github.com" ? "https://api.github.com" : $"https://{host}/api/v3";
                    using (JsonDocument commit = JsonDocument.Parse(Download(input, $"{api}/repos/{owner}/{repo}/commits/{reference}")))
                    {
                        return commit.RootElement.GetProperty("sha").GetString()!;
                    }

                case "gitlab":
                    using (JsonDocument commits = JsonDocument.Parse(Download(input, $"https://{host}/api/v4/projects/{owner}%2F{repo}/repository/commits?ref_name={reference}")))
                    {
                        return commits.RootElement.ValueKind != JsonValueKind.Array ? throw new FetchException($"Unexpected response received from GitLab: {commits.RootElement}")
                            : commits.RootElement.GetArrayLength() == 0 ? throw new FetchException("No commits returned by GitLab API -- does the git ref really exist?")
                            : commits.RootElement[0].GetProperty("id").GetString()!;
                    }

                default:
                    return FindSourceHutRevision(input, $"https://{host}/{owner}/{repo}", reference);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FetchException($"unexpected answer of '{host}' when asked for '{reference}' of '{owner}/{repo}': {e.Message}", e);
        }
    }

    private string FindSourceHutRevision(Input input, string url, string reference)
    {
        string pattern = reference == "HEAD"
            ? Regex.Escape(Text(Download(input, url + "/HEAD")).Split('\n')[0] is { } head && head.StartsWith("ref: ", StringComparison.Ordinal)
                ? head[5..].Trim()
                : throw new BadUrlException($"in '{input}', couldn't resolve HEAD ref '{reference}'"))
            : "refs/(heads|tags)/" + Regex.Escape(reference);
        foreach (string line in Text(Download(input, url + "/info/refs")).Split('\n'))
        {
            string[] parts = line.Split('\t', 2);
            if (parts.Length == 2 && Regex.IsMatch(parts[1], $"^{pattern}$", RegexOptions.CultureInvariant))
            {
                return parts[0];
            }
        }

        throw new BadUrlException($"in '{input}', couldn't find ref '{reference}'");
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private byte[] Download(Input input, string url) => store.Contents.ReadFile(downloads.Value.File(url, "source", Headers(input)).Path);
}
