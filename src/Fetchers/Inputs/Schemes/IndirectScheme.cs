using System.Collections.Generic;
using Firn.Fetchers.Urls;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A name that registries know: <c>flake:nixpkgs/nixos-23.05</c>.</summary>
internal sealed class IndirectScheme() : InputScheme("indirect", "flakes", "id", "ref", "rev", "narHash")
{
    internal override bool IsDirect => false;

    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        if (url.Scheme != "flake")
        {
            return null;
        }

        List<string> path = url.Segments();
        string? reference = null, rev = null;
        switch (path.Count)
        {
            case 1:
                break;
            case 2 when GitRefName.IsRevision(path[1]):
                rev = path[1];
                break;
            case 2:
                reference = GitRefName.IsLegal(path[1])
                    ? path[1]
                    : throw new BadUrlException($"in flake URL '{url}', '{path[1]}' is not a commit hash or branch/tag name");
                break;
            case 3:
                reference = GitRefName.IsLegal(path[1]) ? path[1] : throw new BadUrlException($"in flake URL '{url}', '{path[1]}' is not a branch/tag name");
                rev = GitRefName.IsRevision(path[2]) ? path[2] : throw new BadUrlException($"in flake URL '{url}', '{path[2]}' is not a commit hash");
                break;
            default:
                throw new BadUrlException($"GitHub URL '{url}' is invalid");
        }

        InputAttributes attributes = new InputAttributes().With("type", "indirect").With("id", Id(path[0]));
        attributes = rev is null ? attributes : attributes.With("rev", rev.ToLowerInvariant());
        return reference is null ? attributes : attributes.With("ref", reference);
    }

    internal override InputAttributes Check(InputAttributes attributes)
    {
        _ = Id(attributes.Text("id"));
        return attributes;
    }

    internal override Url ToUrl(Input input)
    {
        List<string> path = [input.Attributes.Text("id")];
        if (input.Ref is { } reference)
        {
            path.Add(reference);
        }

        if (input.RevText is { } rev)
        {
            path.Add(rev);
        }

        return new Url { Scheme = "flake", Path = path };
    }

    internal override bool IsLocked(Input input) => false;

    internal override Input Override(Input input, string? reference, string? rev) => SetBoth(input, reference, rev);

    internal static bool IsId(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return false;
            }
        }

        return text.Length > 0 && char.IsAsciiLetter(text[0]);
    }

    private static string Id(string text) => IsId(text) ? text : throw new BadUrlException($"'{text}' is not a valid flake ID");
}
