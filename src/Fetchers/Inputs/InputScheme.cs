using System;
using System.Collections.Generic;
using Firn.Fetchers.Urls;
using Firn.Formats;
using Firn.Formats.Hashing;

namespace Firn.Fetchers.Inputs;

/// <summary>A kind of input: how its URLs and attributes read.</summary>
internal abstract class InputScheme(string name, string? feature, params string[] allowed)
{
    private readonly HashSet<string> _allowed = new(allowed, StringComparer.Ordinal);

    /// <summary>The value of <c>type</c>.</summary>
    internal string Name { get; } = name;

    /// <summary>The experimental feature without which it cannot be used; null for none.</summary>
    internal string? Feature { get; } = feature;

    /// <summary>Whether its inputs say where they are.</summary>
    internal virtual bool IsDirect => true;

    /// <summary>Whether its inputs may have an attribute of this name.</summary>
    internal bool Allows(string attribute) => attribute is "type" or Input.FinalAttribute || _allowed.Contains(attribute);

    /// <summary>The attributes of a URL of this kind; null when the URL is of another kind.</summary>
    /// <param name="requireTree">Whether only a tree will do, not a single file.</param>
    internal abstract InputAttributes? FromUrl(Url url, bool requireTree);

    /// <summary>Checks attributes and brings them into their usual form.</summary>
    /// <exception cref="FetchException">They do not fit the kind.</exception>
    internal abstract InputAttributes Check(InputAttributes attributes);

    internal abstract Url ToUrl(Input input);

    internal virtual bool IsLocked(Input input) => input.NarHash is not null;

    internal virtual bool IsRelative(Input input) => false;

    internal virtual string? SourcePath(Input input) => null;

    internal virtual Input Override(Input input, string? reference, string? rev) =>
        reference is not null ? throw new FetchException($"don't know how to set branch/tag name of input '{input}' to '{reference}'")
        : rev is not null ? throw new FetchException($"don't know how to set revision of input '{input}' to '{rev}'")
        : input;

    protected static Input SetBoth(Input input, string? reference, string? rev)
    {
        input = rev is null ? input : input.With("rev", rev);
        return reference is null ? input : input.With("ref", reference);
    }

    protected static void CheckRevision(string rev)
    {
        try
        {
            _ = Hash.Parse(rev, HashAlgorithm.Sha1);
        }
        catch (FormatsException e)
        {
            throw new BadUrlException(e.Message);
        }
    }
}
