using System.Collections.Generic;
using System.Linq;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A commit of a repository on a forge, fetched as the archive that the forge makes: <c>github:owner/repo/ref</c>.</summary>
internal sealed class ForgeScheme(string name, bool trusted)
    : InputScheme(name, "flakes", "owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash")
{
    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        if (url.Scheme != Name)
        {
            return null;
        }

        List<string> path = url.Segments();
        string? reference = null, rev = null;
        if (path.Count < 2)
        {
            throw new BadUrlException($"URL '{url}' is invalid");
        }

        if (path.Count == 3 && GitRefName.IsRevision(path[2]))
        {
            rev = path[2];
        }
        else if (path.Count > 2)
        {
            reference = string.Join('/', path.Skip(2));
        }

        if (url.Query.TryGetValue("ref", out string? asked))
        {
            reference = reference is null ? asked : throw new BadUrlException($"URL '{url}' contains multiple branch/tag names");
        }

        if (url.Query.TryGetValue("rev", out asked))
        {
            rev = rev is null ? asked : throw new BadUrlException($"URL '{url}' contains multiple commit hashes");
        }

        InputAttributes attributes = new InputAttributes().With("type", Name).With("owner", path[0]).With("repo", path[1]);
        attributes = rev is null ? attributes : attributes.With("rev", rev);
        attributes = reference is null ? attributes : attributes.With("ref", reference);
        attributes = url.Query.TryGetValue("host", out string? host) ? attributes.With("host", host) : attributes;
        return Check(url.Query.TryGetValue("narHash", out string? hash) ? attributes.With("narHash", hash) : attributes);
    }

    internal override InputAttributes Check(InputAttributes attributes)
    {
        _ = attributes.Text("owner");
        _ = attributes.Text("repo");
        string? reference = attributes.FindText("ref");
        string? rev = attributes.FindText("rev");
        if (reference is not null && rev is not null)
        {
            throw new BadUrlException($"input {attributes.ToJson()} contains both a commit hash ('{rev}') and a branch/tag name ('{reference}')");
        }

        if (rev is not null)
        {
            CheckRevision(rev);
        }

        if (reference is not null && !GitRefName.IsLegal(reference))
        {
            throw new BadUrlException($"input {attributes.ToJson()} contains an invalid branch/tag name");
        }

        if (attributes.FindText("host") is { } host && !host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
        {
            throw new BadUrlException($"input {attributes.ToJson()} contains an invalid instance host");
        }

        return attributes;
    }

    internal override Url ToUrl(Input input)
    {
        List<string> path = [input.Attributes.Text("owner"), input.Attributes.Text("repo")];
        if ((input.Ref ?? input.RevText) is { } version)
        {
            path.Add(version);
        }

        Url url = new() { Scheme = Name, Path = path };
        url = input.NarHash is { } hash ? url.WithQuery("narHash", hash.ToString(HashFormat.Sri, true)) : url;
        return input.Attributes.FindText("host") is { } host ? url.WithQuery("host", host) : url;
    }

    internal override bool IsLocked(Input input) => input.Rev is not null && (trusted || input.NarHash is not null);

    internal override Input Override(Input input, string? reference, string? rev)
    {
        if (reference is not null && rev is not null)
        {
            throw new BadUrlException($"cannot apply both a commit hash ({rev}) and a branch/tag name ('{reference}') to input '{input}'");
        }

        return rev is not null ? input.With("rev", rev).Without("ref")
            : reference is not null ? input.With("ref", reference).Without("rev")
            : input;
    }
}
