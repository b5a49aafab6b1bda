using System;
using System.Collections.Generic;
using System.Text.Json;
using Firn.Fetchers.Urls;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A tree of a Git repository: <c>git+https://…?ref=main</c>.</summary>
/// <param name="require">Asks for an experimental feature.</param>
internal sealed class GitScheme(Action<string> require) : InputScheme(
    "git", null, "url", "ref", "rev", "shallow", "submodules", "lfs", "exportIgnore", "lastModified", "revCount", "narHash", "allRefs",
    "name", "dirtyRev", "dirtyShortRev", "verifyCommit", "keytype", "publicKey", "publicKeys")
{
    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        if (url.Scheme != "git" && url.Application != "git")
        {
            return null;
        }

        InputAttributes attributes = new InputAttributes().With("type", "git");
        SortedDictionary<string, string> query = new(StringComparer.Ordinal);
        foreach ((string name, string value) in url.Query)
        {
            switch (name)
            {
                case "rev" or "ref" or "keytype" or "publicKey" or "publicKeys":
                    attributes = attributes.With(name, value);
                    break;
                case "shallow" or "submodules" or "lfs" or "exportIgnore" or "allRefs" or "verifyCommit":
                    attributes = attributes.With(name, value == "1");
                    break;
                default:
                    query.Add(name, value);
                    break;
            }
        }

        return Check(attributes.With("url", (url with { Query = query }).ToString()));
    }

    internal override InputAttributes Check(InputAttributes attributes)
    {
        foreach ((string name, _) in attributes)
        {
            if (name is "verifyCommit" or "keytype" or "publicKey" or "publicKeys")
            {
                require("verified-fetches");
            }
        }

        _ = attributes.FindFlag("verifyCommit");
        if (attributes.FindText("ref") is { } reference && !GitRefName.IsLegal(reference))
        {
            throw new BadUrlException($"invalid Git branch/tag name '{reference}'");
        }

        attributes = attributes.With("url", Url.OfGit(attributes.Text("url")).ToString());
        foreach (string flag in (ReadOnlySpan<string>)["shallow", "submodules", "allRefs"])
        {
            _ = attributes.FindFlag(flag);
        }

        return attributes;
    }

    internal override Url ToUrl(Input input)
    {
        InputAttributes attributes = input.Attributes;
        Url url = Url.Parse(attributes.Text("url"));
        url = url.Scheme == "git" ? url : url with { Scheme = "git+" + url.Scheme };
        url = input.RevText is { } rev ? url.WithQuery("rev", rev) : url;
        url = input.Ref is { } reference ? url.WithQuery("ref", reference) : url;
        foreach (string flag in (ReadOnlySpan<string>)["shallow", "lfs", "submodules", "exportIgnore", "verifyCommit"])
        {
            url = attributes.FindFlag(flag) ?? false ? url.WithQuery(flag, "1") : url;
        }

        if (attributes.FindText("publicKey") is { } key && !attributes.Has("publicKeys"))
        {
            return url.WithQuery("keytype", attributes.FindText("keytype") ?? "ssh-ed25519").WithQuery("publicKey", key);
        }

        return attributes.FindText("publicKeys") is { } keys ? WithKeys(url, keys) : url;
    }

    internal override bool IsLocked(Input input) => input.RevText is { } rev && rev.AsSpan().ContainsAnyExcept('0');

    // A repository with a working tree: others are fetched into the cache.
    internal override string? SourcePath(Input input)
    {
        Url url = Url.Parse(input.Attributes.Text("url"));
        return url.Scheme == "file" && url.FilePath() is var path && System.IO.Path.Exists(System.IO.Path.Combine(path, ".git"))
            ? System.IO.Path.GetFullPath(path)
            : null;
    }

    internal override Input Override(Input input, string? reference, string? rev)
    {
        Input result = SetBoth(input, reference, rev);
        return result.Ref is null && result.Rev is not null
            ? throw new FetchException($"Git input '{result}' has a commit hash but no branch/tag name")
            : result;
    }

    // One key goes into parameters of its own.
    private static Url WithKeys(Url url, string keys)
    {
        try
        {
            using JsonDocument list = JsonDocument.Parse(keys);
            switch (list.RootElement.GetArrayLength())
            {
                case 0:
                    return url;
                case 1:
                    JsonElement only = list.RootElement[0];
                    string type = only.TryGetProperty("type", out JsonElement given) ? given.GetString()! : "ssh-ed25519";
                    return url.WithQuery("keytype", type).WithQuery("publicKey", only.GetProperty("key").GetString()!);
                default:
                    return url.WithQuery("publicKeys", keys);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FetchException($"'publicKeys' is not a list of keys: {e.Message}", e);
        }
    }
}
