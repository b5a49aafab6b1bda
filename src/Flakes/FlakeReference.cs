using System;
using System.Collections.Generic;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;

namespace Firn.Flakes;

/// <summary>Where a flake is: an input and a directory in it.</summary>
/// <param name="Directory">Relative to the top of the input; empty for the top.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake: flake references</remarks>
public sealed record FlakeReference(Input Input, string Directory)
{
    /// <summary>Parses a reference as URL, as name in the registries, or as absolute path.</summary>
    /// <param name="isFlake">Whether a tree is meant: else a URL without a known ending means a single file.</param>
    /// <param name="allowRelative">Whether a path may be relative, to be resolved beside the flake that names it.</param>
    /// <exception cref="FetchException">It is none, or is of a kind that is not enabled.</exception>
    public static FlakeReference Parse(InputSchemes schemes, string text, bool isFlake = true, bool allowRelative = false)
    {
        (FlakeReference reference, string fragment) = ParseWithFragment(schemes, text, isFlake, allowRelative);
        return RequireNoFragment(text, reference, fragment);
    }

    /// <summary>Parses a reference and what stands behind its <c>#</c>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static (FlakeReference Reference, string Fragment) ParseWithFragment(InputSchemes schemes, string text, bool isFlake = true, bool allowRelative = false) =>
        TryParseUrl(schemes, text, isFlake, null) ?? Of(schemes, OfPath(schemes, text, allowRelative), isFlake);

    /// <summary>Parses a reference of a user, for whom a path also means the repository around it.</summary>
    /// <param name="folder">Absolute; what relative paths start at.</param>
    /// <param name="searcher">Finds the flake that a path means.</param>
    /// <inheritdoc cref="Parse"/>
    public static FlakeReference ParseFrom(InputSchemes schemes, string text, string folder, FlakeSearcher searcher, bool allowMissing = false)
    {
        (FlakeReference reference, string fragment) = ParseFromWithFragment(schemes, text, folder, searcher, allowMissing);
        return RequireNoFragment(text, reference, fragment);
    }

    /// <inheritdoc cref="ParseFrom"/>
    public static (FlakeReference Reference, string Fragment) ParseFromWithFragment(
        InputSchemes schemes, string text, string folder, FlakeSearcher searcher, bool allowMissing = false)
    {
        if (TryParseUrl(schemes, text, true, folder) is { } found)
        {
            return found;
        }

        (string path, Url parameters) = SplitPath(schemes, text);
        return Of(schemes, searcher.Find(text, System.IO.Path.GetFullPath(path, folder), parameters, allowMissing), true);
    }

    /// <summary>The reference of a set of attributes, <c>dir</c> among them.</summary>
    /// <exception cref="FetchException">The attributes do not fit their kind.</exception>
    public static FlakeReference FromAttributes(InputSchemes schemes, InputAttributes attributes) =>
        new(schemes.FromAttributes(attributes.Without("dir")), attributes.FindText("dir") ?? "");

    /// <summary>The reference of a name in the registries.</summary>
    public static FlakeReference OfId(InputSchemes schemes, string id) =>
        FromAttributes(schemes, new InputAttributes().With("type", "indirect").With("id", id));

    /// <summary>The attributes of the input and <c>dir</c>.</summary>
    public InputAttributes ToAttributes() =>
        Directory.Length == 0 || Input.Attributes.Has("dir") ? Input.Attributes : Input.Attributes.With("dir", Directory);

    /// <summary>The same without a directory that its URL names again, as lock files of old have it.</summary>
    public FlakeReference Canonical()
    {
        if (Input.Attributes.Find("url") is not InputValue.Text text)
        {
            return this;
        }

        try
        {
            Url url = Url.Parse(text.Value, lenient: true);
            url = Directory.Length > 0 && url.Query.GetValueOrDefault("dir") == Directory ? url.WithoutQuery("dir") : url;
            return this with { Input = Input.With("url", url.ToString()) };
        }
        catch (BadUrlException)
        {
            return this;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Url url = Input.ToUrl();
        return (Directory.Length == 0 || url.Query.ContainsKey("dir") ? url : url.WithQuery("dir", Directory)).ToString();
    }

    /// <summary>Whether a text may name a flake in the registries, or an input.</summary>
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

    private static FlakeReference RequireNoFragment(string text, FlakeReference reference, string fragment) =>
        fragment.Length == 0 ? reference : throw new FetchException($"unexpected fragment '{fragment}' in flake reference '{text}'");

    // Null for what is neither a name nor a URL; it may still be a path.
    private static (FlakeReference Reference, string Fragment)? TryParseUrl(InputSchemes schemes, string text, bool isFlake, string? folder)
    {
        if (OfName(text) is { } name)
        {
            return Of(schemes, name, isFlake);
        }

        try
        {
            Url url = schemes.ParseUrl(text, lenient: true);
            if (folder is not null && url.Scheme is "path" or "git+file" && !url.FilePath().StartsWith('/'))
            {
                url = url with { Path = System.IO.Path.GetFullPath(url.FilePath(), folder!).Split('/') };
            }

            return Of(schemes, url, isFlake);
        }
        catch (BadUrlException)
        {
            return null;
        }
    }

    private static (FlakeReference Reference, string Fragment) Of(InputSchemes schemes, Url url, bool isFlake)
    {
        string directory = url.Query.GetValueOrDefault("dir", "");
        Url plain = url.WithoutQuery("dir") with { Fragment = "" };
        return (new FlakeReference(schemes.FromUrl(plain, isFlake), directory), url.Fragment);
    }

    // id, id/ref, id/rev or id/ref/rev, each perhaps with a fragment.
    private static Url? OfName(string text)
    {
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        string name = hash < 0 ? text : text[..hash];
        string fragment = hash < 0 ? "" : text[(hash + 1)..];
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string id = slash < 0 ? name : name[..slash];
        if (!IsId(id) || (slash >= 0 && !GitRefName.IsPlain(name[(slash + 1)..])) || !IsFragment(fragment))
        {
            return null;
        }

        return new Url { Scheme = "flake", Path = name.Split('/'), Fragment = Url.Parse("x:#" + fragment, lenient: true).Fragment };
    }

    private static bool IsFragment(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool percent = c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]);
            if (!percent && !char.IsAsciiLetterOrDigit(c) && !"-._~!$&'\"()*+,;=:@/? ^".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static Url OfPath(InputSchemes schemes, string text, bool allowRelative)
    {
        (string path, Url parameters) = SplitPath(schemes, text);
        bool absolute = path.StartsWith('/');
        if (!absolute && !allowRelative)
        {
            throw new BadUrlException($"flake reference '{text}' is not an absolute path");
        }

        return parameters with { Scheme = "path", Authority = absolute ? new UrlAuthority() : null, Path = path.Split('/') };
    }

    // The path, and a URL with the query and the fragment.
    private static (string Path, Url Parameters) SplitPath(InputSchemes schemes, string text)
    {
        int end = text.AsSpan().IndexOfAny('?', '#');
        string path = end < 0 ? text : text[..end];
        return (path, schemes.ParseUrl("x:" + text[path.Length..], lenient: true));
    }
}
