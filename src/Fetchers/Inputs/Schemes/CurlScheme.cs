using System;
using System.Globalization;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;

namespace Firn.Fetchers.Inputs.Schemes;

/// <summary>A downloaded file (<c>file</c>), or the tree in a downloaded archive (<c>tarball</c>).</summary>
internal sealed class CurlScheme(string name)
    : InputScheme(name, null, "url", "narHash", "name", "unpack", "rev", "revCount", "lastModified")
{
    internal override InputAttributes? FromUrl(Url url, bool requireTree)
    {
        bool mine = url.Application is { } application ? application == Name : (requireTree || HasArchiveExtension(url)) == (Name == "tarball");
        if (url.Transport is not ("file" or "http" or "https") || !mine)
        {
            return null;
        }

        InputAttributes attributes = new();
        foreach ((string parameter, string value) in url.Query)
        {
            attributes = parameter switch
            {
                "narHash" or "rev" => attributes.With(parameter, value),
                "revCount" or "lastModified" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) =>
                    attributes.With(parameter, number),
                _ => attributes,
            };
        }

        // What is meant for us does not go to the server.
        Url plain = (url with { Scheme = url.Transport }).WithoutQuery("url", "narHash", "name", "unpack", "rev", "revCount", "lastModified");
        return attributes.With("type", Name).With("url", plain.ToString());
    }

    internal override InputAttributes Check(InputAttributes attributes) => attributes;

    internal override Url ToUrl(Input input)
    {
        Url url = Url.Parse(input.Attributes.Text("url"));
        return input.NarHash is { } hash ? url.WithQuery("narHash", hash.ToString(HashFormat.Sri, true)) : url;
    }

    private static bool HasArchiveExtension(Url url)
    {
        string name = url.Path[^1];
        foreach (string extension in (ReadOnlySpan<string>)[".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"])
        {
            if (name.EndsWith(extension, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
