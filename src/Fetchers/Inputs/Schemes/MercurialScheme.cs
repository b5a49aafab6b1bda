using System;
using System.Collections.Generic;
using Firn.Fetchers.Urls;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A tree of a Mercurial repository: <c>hg+https://…?ref=default</c>.</summary>
internal sealed class MercurialScheme() : InputScheme("hg", null, "url", "ref", "rev", "revCount", "narHash", "name")
{
    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        if (url.Scheme is not ("hg+http" or "hg+https" or "hg+ssh" or "hg+file"))
        {
            return null;
        }

        InputAttributes attributes = new InputAttributes().With("type", "hg");
        SortedDictionary<string, string> query = new(StringComparer.Ordinal);
        foreach ((string name, string value) in url.Query)
        {
            if (name is "rev" or "ref")
            {
                attributes = attributes.With(name, value);
            }
            else
            {
                query.Add(name, value);
            }
        }

        return Check(attributes.With("url", (url with { Scheme = url.Transport, Query = query }).ToString()));
    }

    internal override InputAttributes Check(InputAttributes attributes)
    {
        _ = Url.Parse(attributes.Text("url"));
        return attributes.FindText("ref") is { } reference && !GitRefName.IsPlain(reference)
            ? throw new BadUrlException($"invalid Mercurial branch/tag name '{reference}'")
            : attributes;
    }

    internal override Url ToUrl(Input input)
    {
        Url url = Url.Parse(input.Attributes.Text("url"));
        url = url with { Scheme = "hg+" + url.Scheme };
        url = input.RevText is { } rev ? url.WithQuery("rev", rev) : url;
        return input.Ref is { } reference ? url.WithQuery("ref", reference) : url;
    }

    internal override bool IsLocked(Input input) => input.Rev is not null;

    internal override string? SourcePath(Input input) =>
        Url.Parse(input.Attributes.Text("url")) is { Scheme: "file" } url && input.Ref is null && input.Rev is null ? url.FilePath() : null;

    internal override Input Override(Input input, string? reference, string? rev) => SetBoth(input, reference, rev);
}
