using System;
using System.Globalization;
using Firn.Fetchers.Urls;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Fetchers.Inputs;

/// <summary>
/// Something that can be fetched: a kind and attributes, from a URL or a set. Fetching it gives the same with more
/// attributes, which say exactly what came.
/// </summary>
/// <remarks>Nix manual, language/builtins: fetchTree</remarks>
public sealed record Input
{
    /// <summary>What marks an input as one whose attributes came from fetching it.</summary>
    public const string FinalAttribute = "__final";

    internal Input(InputAttributes attributes, InputScheme? scheme)
    {
        Attributes = attributes;
        Scheme = scheme;
    }

    /// <summary>All attributes, <c>type</c> among them.</summary>
    public InputAttributes Attributes { get; init; }

    /// <summary>How its tree differs from that of a revision; null where it does not, or that is not known.</summary>
    internal InputChanges? Changes { get; init; }

    /// <summary>The kind; null for one that is not known, of which only the attributes can be looked at.</summary>
    internal InputScheme? Scheme { get; }

    /// <summary>The name of the kind.</summary>
    public string Type => Attributes.Text("type");

    /// <summary>A branch or tag; null for none.</summary>
    public string? Ref => Attributes.FindText("ref");

    /// <summary>A revision; null for none.</summary>
    /// <exception cref="FetchException">It is no hash.</exception>
    public Hash? Rev
    {
        get
        {
            if (Attributes.FindText("rev") is not { } text)
            {
                return null;
            }

            try
            {
                return text.AsSpan().IndexOfAny(':', '-') >= 0 ? Hash.ParsePrefixed(text) : Hash.Parse(text, HashAlgorithm.Sha1);
            }
            catch (FormatsException e)
            {
                throw new FetchException(e.Message, e);
            }
        }
    }

    /// <summary>The revision as Git writes it; null for none.</summary>
    public string? RevText => Rev?.ToString(HashFormat.Base16, false);

    /// <summary>The hash of the NAR of the tree; null for none. An empty text counts as zeroes.</summary>
    /// <exception cref="FetchException">It is no SHA-256 in SRI form.</exception>
    public Hash? NarHash
    {
        get
        {
            if (Attributes.FindText("narHash") is not { } text)
            {
                return null;
            }

            try
            {
                Hash hash = text.Length == 0 ? new Hash(HashAlgorithm.Sha256, new byte[HashAlgorithm.Sha256.Size()]) : Hash.ParseSri(text);
                return hash.Algorithm == HashAlgorithm.Sha256 ? hash : throw new FetchException("narHash must use SHA-256");
            }
            catch (FormatsException e)
            {
                throw new FetchException(e.Message, e);
            }
        }
    }

    /// <summary>How many revisions there are up to this one; null where that is not known.</summary>
    public ulong? RevCount => Attributes.FindNumber("revCount");

    /// <summary>When it was changed last, seconds since 1970; null where that is not known.</summary>
    public ulong? LastModified => Attributes.FindNumber("lastModified");

    /// <summary>The name part of its store path.</summary>
    public string Name => Attributes.FindText("name") ?? "source";

    /// <summary>Whether the attributes came from fetching it.</summary>
    public bool IsFinal => Attributes.FindFlag(FinalAttribute) ?? false;

    /// <summary>Whether it says where it is, rather than having to be looked up in a registry.</summary>
    public bool IsDirect => Scheme is null || Scheme.IsDirect;

    /// <summary>Whether it is a path that only means something beside the flake that names it.</summary>
    public bool IsRelative => Scheme is not null && Scheme.IsRelative(this);

    /// <summary>The folder of this machine that it is fetched from as it is now; null for none.</summary>
    public string? SourcePath => Scheme?.SourcePath(this);

    /// <summary>What messages call the folder of its tree, fetched as another input: where a working tree is, else the URL; null for a path of this machine.</summary>
    public string? ShownAs(Input fetched) =>
        Type == "path" ? null
        : Ref is null && Rev is null && SourcePath is { } folder ? folder
        : $"«{fetched.Without(FinalAttribute).Without("narHash")}»";

    /// <summary>What tells its contents from others without looking at them; null where nothing does.</summary>
    public string? Fingerprint => Type switch
    {
        "git" => RevText is { } rev ? Marked(rev) : Changes is { } changes ? $"{Marked(changes.Rev)};d={changes.Hash}" : null,
        "path" => NarHash is { } hash ? "path:" + hash.ToString(HashFormat.Sri, true) : null,
        "tarball" or "file" => NarHash?.ToString(HashFormat.Sri, true) ?? RevText,
        _ => RevText,
    };

    // A commit with how its tree was made of it.
    private string Marked(string rev) =>
        rev + (Attributes.FindFlag("submodules") == true ? ";s" : "") + (Attributes.FindFlag("exportIgnore") == true ? ";e" : "") + (Attributes.FindFlag("lfs") == true ? ";l" : "");

    /// <summary>Whether it always means the same contents.</summary>
    public bool IsLocked => Scheme is not null && Scheme.IsLocked(this);

    /// <summary>The same with another value of an attribute.</summary>
    public Input With(string name, string value) => this with { Attributes = Attributes.With(name, value) };

    /// <inheritdoc cref="With(string, string)"/>
    public Input With(string name, ulong value) => this with { Attributes = Attributes.With(name, value) };

    /// <inheritdoc cref="With(string, string)"/>
    public Input With(string name, bool value) => this with { Attributes = Attributes.With(name, value) };

    /// <summary>The same with a branch or revision put in place of its own.</summary>
    /// <exception cref="FetchException">Its kind does not have them.</exception>
    public Input WithOverrides(string? reference, string? rev) => Scheme is null ? this : Scheme.Override(this, reference, rev);

    /// <summary>The same without an attribute.</summary>
    public Input Without(string name) => this with { Attributes = Attributes.Without(name) };

    /// <summary>Its URL.</summary>
    /// <exception cref="FetchException">The kind is not known or an attribute is missing.</exception>
    public Url ToUrl() => Scheme is null
        ? throw new FetchException($"cannot show unsupported input '{Attributes.ToJson()}'")
        : Scheme.ToUrl(this);

    /// <summary>The store path that follows from the NAR hash.</summary>
    /// <exception cref="FetchException">There is none.</exception>
    public StorePath StorePathIn(StoreDir dir) => NarHash is { } hash
        ? dir.MakeFromContentAddress(Name, new ContentAddress(ContentAddressMethod.NixArchive, hash))
        : throw new FetchException($"cannot compute store path for unlocked input '{this}'");

    /// <summary>Its URL as text.</summary>
    public override string ToString() => ToUrl().ToString();

    /// <summary>Holds what was fetched against what was asked for.</summary>
    /// <returns>The attributes to go on with: for a final input those that were asked for.</returns>
    /// <exception cref="FetchException">They disagree.</exception>
    public Input CheckedAgainst(Input specified)
    {
        if (specified.IsFinal)
        {
            specified = specified.NarHash is { } known ? specified.With("narHash", known.ToString(HashFormat.Sri, true)) : specified;
            Input result = NarHash is { } own ? With("narHash", own.ToString(HashFormat.Sri, true)) : this;
            foreach ((string name, InputValue value) in specified.Attributes)
            {
                if (result.Attributes.Find(name) is { } got && got != value)
                {
                    throw new FetchException($"mismatch in field '{name}' of input '{specified.Attributes.ToJson()}', got '{result.Attributes.ToJson()}'");
                }
            }

            return specified;
        }

        if (specified.NarHash is { } expected && NarHash != expected)
        {
            string sri = expected.ToString(HashFormat.Sri, true);
            throw new HashMismatchException(NarHash is { } got
                ? $"NAR hash mismatch in input '{specified}', expected '{sri}' but got '{got.ToString(HashFormat.Sri, true)}'"
                : $"NAR hash mismatch in input '{specified}', expected '{sri}' but got none");
        }

        if (specified.LastModified is { } modified && LastModified != modified)
        {
            string got = LastModified?.ToString(CultureInfo.InvariantCulture) ?? "-1";
            throw new FetchException($"'lastModified' attribute mismatch in input '{this}', expected {modified}, got {got}");
        }

        if (specified.Rev is { } rev && Rev != rev)
        {
            throw new FetchException($"'rev' attribute mismatch in input '{this}', expected {specified.RevText}");
        }

        if (specified.RevCount is { } count && RevCount != count)
        {
            throw new FetchException($"'revCount' attribute mismatch in input '{this}', expected {count}");
        }

        return this;
    }
}

/// <summary>What makes a tree differ from that of a revision.</summary>
/// <param name="Rev">The revision in base 16.</param>
/// <param name="Hash">A hash of the changes in base 16.</param>
internal sealed record InputChanges(string Rev, string Hash);

/// <summary>What was fetched has another hash than was asked for.</summary>
/// <param name="inStore">Whether it was found out only when the tree was in the store.</param>
public sealed class HashMismatchException(string message, bool inStore = false) : FetchException(message)
{
    /// <summary>Whether it was found out only when the tree was in the store, after fetching.</summary>
    public bool InStore { get; } = inStore;
}
