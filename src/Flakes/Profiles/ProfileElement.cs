using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Eval.Store.Packages;
using Firn.Fetchers.Urls;
using Firn.Formats.StorePaths;

namespace Firn.Flakes.Profiles;

/// <summary>The output of a flake that a package of a profile came from.</summary>
/// <param name="Original">As the user named the flake.</param>
/// <param name="Locked">The tree that it was then.</param>
/// <param name="AttrPath">Where in it the package is.</param>
/// <param name="Outputs">The outputs that were asked for, <c>*</c> for all; null for those that the package wants installed.</param>
public sealed record ProfileSource(FlakeReference Original, FlakeReference Locked, string AttrPath, IReadOnlyList<string>? Outputs)
{
    /// <summary>The outputs as they are written behind an installable.</summary>
    public string OutputsText => Outputs is null ? "" : "^" + string.Join(',', Outputs);

    /// <summary>An installable that means the package as it is now.</summary>
    public override string ToString() => $"{Original}#{AttrPath}{OutputsText}";
}

/// <summary>A package of a profile: paths of the store, and where they came from.</summary>
public sealed record ProfileElement
{
    public const long UsualPriority = 5;

    public required IReadOnlyCollection<StorePath> StorePaths { get; init; }

    /// <summary>Null for what came from no flake.</summary>
    public ProfileSource? Source { get; init; }

    /// <summary>Whether its files are in the profile.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>Of two packages with a file in one place that with the lower number has it.</summary>
    public long Priority { get; init; } = UsualPriority;

    /// <summary>What tells it from others.</summary>
    public string Identifier => Source is { } source
        ? source.ToString()
        : string.Join(", ", new SortedSet<string>(StorePaths.Select(static path => PackageName.Parse(path.Name).Name).Where(static name => name.Length > 0), StringComparer.Ordinal));

    /// <summary>The versions of its paths.</summary>
    public SortedSet<string> Versions => new(StorePaths.Select(static path => PackageName.Parse(path.Name).Version), StringComparer.Ordinal);

    /// <summary>Installables that mean it.</summary>
    public IEnumerable<string> Installables(StoreDir dir) => Source is { } source ? [source.ToString()] : StorePaths.Order().Select(dir.Print);

    /// <summary>A short name: what its source suggests, else its identifier.</summary>
    public string SuggestedName => (Source is { } source ? NameOf(Url.Parse(source.ToString(), lenient: true)) : null) ?? Identifier;

    /// <summary>What a flake output may be called, by its URL; null where that says nothing.</summary>
    /// <remarks>Nix manual, command-ref/new-cli/nix3-profile</remarks>
    public static string? NameOf(Url url)
    {
        if (url.Query.TryGetValue("dir", out string? directory))
        {
            return directory;
        }

        int caret = url.Fragment.IndexOf('^', StringComparison.Ordinal);
        string attrPath = caret < 0 ? url.Fragment : url.Fragment[..caret];
        string[] attributes = attrPath.Split('.');
        if (Array.TrueForAll(attributes, IsWord) && attributes[^1] != "default" && !(attributes.Length == 2 && attributes[0] == "defaultPackage"))
        {
            return attributes[^1];
        }

        IReadOnlyList<string> path = url.Path;
        if (url.Scheme is "github" or "gitlab" or "sourcehut" && path.Count >= 2 && IsWord(path[0]) && IsWord(path[1]))
        {
            return path[1];
        }

        return path.Count >= 2 && IsWord(path[^1]) ? path[^1] : null;
    }

    private static bool IsWord(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
