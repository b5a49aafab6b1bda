using System;
using System.Collections.Generic;
using Firn.Fetchers.Inputs.Schemes;
using Firn.Fetchers.Urls;

namespace Firn.Fetchers.Inputs;

/// <summary>Every kind of input, under the settings of this process.</summary>
public sealed class InputSchemes
{
    private readonly InputScheme[] _all;
    private readonly IReadOnlySet<string> _features;
    private readonly Action<string> _warn;

    /// <param name="features">The experimental features that are on.</param>
    /// <param name="trustForges">Whether a commit of a forge's tarball needs no NAR hash to be exact (<c>trust-tarballs-from-git-forges</c>).</param>
    /// <param name="warn">Receives the text of each warning.</param>
    public InputSchemes(IReadOnlySet<string> features, bool trustForges, Action<string> warn)
    {
        _features = features;
        _warn = warn;

        // In the order of their names: the first that takes a URL has it.
        _all =
        [
            new CurlScheme("file"),
            new GitScheme(Require),
            new ForgeScheme("github", trustForges),
            new ForgeScheme("gitlab", trustForges),
            new MercurialScheme(),
            new IndirectScheme(),
            new PathScheme(),
            new ForgeScheme("sourcehut", trustForges),
            new CurlScheme("tarball"),
        ];
    }

    /// <summary>Parses a URL; the user is told about what is ignored in it.</summary>
    /// <param name="lenient">Whether blanks and quotes may stand in the query and the fragment.</param>
    /// <exception cref="BadUrlException">It is none.</exception>
    public Url ParseUrl(string text, bool lenient = false) => Url.Parse(text, lenient, _warn);

    /// <summary>The input of a URL.</summary>
    /// <param name="requireTree">Whether a URL without a known ending means an archive rather than a file.</param>
    /// <exception cref="FetchException">It is of no known kind, or of one that is not enabled.</exception>
    public Input FromUrl(string url, bool requireTree = true) => FromUrl(ParseUrl(url), requireTree);

    /// <inheritdoc cref="FromUrl(string, bool)"/>
    public Input FromUrl(Url url, bool requireTree = true)
    {
        foreach (InputScheme scheme in _all)
        {
            if (scheme.FromUrl(url, requireTree) is { } attributes)
            {
                Require(scheme.Feature);
                return Known(attributes, scheme);
            }
        }

        throw new FetchException(url is { Application: "file", Transport: "git" }
            ? $"input '{url}' is unsupported; did you mean 'git+file' instead of 'file+git'?"
            : $"input '{url}' is unsupported");
    }

    /// <summary>The input of a set of attributes.</summary>
    /// <exception cref="FetchException">They do not fit their kind, or it is not enabled.</exception>
    public Input FromAttributes(InputAttributes attributes)
    {
        string type = attributes.FindText("type") ?? throw new FetchException("'type' attribute to specify input scheme is required but not provided");
        InputScheme? scheme = Array.Find(_all, s => s.Name == type);
        if (scheme is null)
        {
            return Known(attributes, null);
        }

        Require(scheme.Feature);
        foreach ((string name, _) in attributes)
        {
            if (!scheme.Allows(name))
            {
                throw new FetchException($"input attribute '{name}' not supported by scheme '{type}'");
            }
        }

        return Known(scheme.Check(attributes), scheme);
    }

    // Attributes that all kinds share have their types.
    private static Input Known(InputAttributes attributes, InputScheme? scheme)
    {
        Input input = new(attributes, scheme);
        _ = input.Type;
        _ = input.Ref;
        _ = input.RevCount;
        _ = input.LastModified;
        return input;
    }

    private void Require(string? feature)
    {
        if (feature is not null && !_features.Contains(feature))
        {
            throw new FetchException($"experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it");
        }
    }
}
