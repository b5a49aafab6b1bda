using System.Collections.Generic;
using System.Globalization;
using Firn.Fetchers.Urls;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A file tree of this machine: <c>path:/a/b</c>.</summary>
internal sealed class PathScheme() : InputScheme("path", "flakes", "path", "rev", "revCount", "lastModified", "narHash")
{
    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        if (url.Scheme != "path")
        {
            return null;
        }

        if (url.Authority is { Host.Length: > 0 } authority)
        {
            throw new FetchException($"path URL '{url}' should not have an authority ('{authority}')");
        }

        InputAttributes attributes = new InputAttributes().With("type", "path").With("path", url.FilePath());
        foreach ((string name, string value) in url.Query)
        {
            attributes = name switch
            {
                "rev" or "narHash" => attributes.With(name, value),
                "revCount" or "lastModified" => attributes.With(
                    name,
                    ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                        ? number
                        : throw new FetchException($"path URL '{url}' has invalid parameter '{name}'")),
                _ => throw new FetchException($"path URL '{url}' has unsupported parameter '{name}'"),
            };
        }

        return attributes;
    }

    internal override InputAttributes Check(InputAttributes attributes)
    {
        _ = attributes.Text("path");
        return attributes;
    }

    internal override bool IsRelative(Input input) => !input.Attributes.Text("path").StartsWith('/');

    internal override string? SourcePath(Input input) => IsRelative(input) ? null : input.Attributes.Text("path");

    internal override Url ToUrl(Input input)
    {
        SortedDictionary<string, string> query = new(System.StringComparer.Ordinal);
        foreach ((string name, InputValue value) in input.Attributes)
        {
            if (name is not ("path" or "type" or Input.FinalAttribute))
            {
                query.Add(name, InputAttributes.AsParameter(value));
            }
        }

        return new Url { Scheme = "path", Path = input.Attributes.Text("path").Split('/'), Query = query };
    }
}
