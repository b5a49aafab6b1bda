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
    /// <exception cref="FetchException">It is none, or is of a kind that is not enabled.</exception>
    public static FlakeReference Parse(InputSchemes schemes, string text)
    {
        (FlakeReference reference, string fragment) = ParseWithFragment(schemes, text);
        return fragment.Length == 0 ? reference : throw new FetchException($"unexpected fragment '{fragment}' in flake reference '{text}'");
    }

    /// <summary>Parses a reference and what stands behind its <c>#</c>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static (FlakeReference Reference, string Fragment) ParseWithFragment(InputSchemes schemes, string text)
    {
        if (OfName(text) is { } name)
        {
            return Of(schemes, name);
        }

        try
        {
            return Of(schemes, schemes.ParseUrl(text, lenient: true));
        }
        catch (BadUrlException)
        {
            // It may still be a path.
        }

        return Of(schemes, OfPath(schemes, text));
    }

    /// <summary>The reference of a set of attributes, <c>dir</c> among them.</summary>
    /// <exception cref="FetchException">The attributes do not fit their kind.</exception>
    public static FlakeReference FromAttributes(InputSchemes schemes, InputAttributes attributes) =>
        new(schemes.FromAttributes(attributes.Without("dir")), attributes.FindText("dir") ?? "");

    /// <summary>The attributes of the input and <c>dir</c>.</summary>
    public InputAttributes ToAttributes() =>
        Directory.Length == 0 || Input.Attributes.Has("dir") ? Input.Attributes : Input.Attributes.With("dir", Directory);

    /// <inheritdoc/>
    public override string ToString()
    {
        Url url = Input.ToUrl();
        return (Directory.Length == 0 || url.Query.ContainsKey("dir") ? url : url.WithQuery("dir", Directory)).ToString();
    }

    private static (FlakeReference Reference, string Fragment) Of(InputSchemes schemes, Url url)
    {
        string directory = url.Query.GetValueOrDefault("dir", "");
        Url plain = url.WithoutQuery("dir") with { Fragment = "" };
        return (new FlakeReference(schemes.FromUrl(plain), directory), url.Fragment);
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

    private static bool IsId(string text)
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

    private static Url OfPath(InputSchemes schemes, string text)
    {
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        string rest = hash < 0 ? text : text[..hash];
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? rest : rest[..question];
        if (!path.StartsWith('/'))
        {
            throw new BadUrlException($"flake reference '{text}' is not an absolute path");
        }

        Url parameters = schemes.ParseUrl("x:" + text[path.Length..], lenient: true);
        return parameters with { Scheme = "path", Authority = new UrlAuthority(), Path = path.Split('/') };
    }
}
