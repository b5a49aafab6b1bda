using System;
using Firn.Formats.Hashing;

namespace Firn.Formats.StorePaths;

/// <summary>How the contents of a store object become one stream to hash.</summary>
public enum ContentAddressMethod
{
    /// <summary>A file without references; hashed as it is.</summary>
    Flat,

    /// <summary>Anything; its NAR is hashed.</summary>
    NixArchive,

    /// <summary>A file that may have references, as derivations are; hashed as it is.</summary>
    Text,

    /// <summary>Anything; hashed as a Git object.</summary>
    Git,
}

/// <summary>The text forms of a method.</summary>
public static class ContentAddressMethods
{
    /// <summary>The name in JSON and settings: <c>flat</c>, <c>nar</c>, <c>text</c>, <c>git</c>.</summary>
    public static string Name(this ContentAddressMethod method) => method switch
    {
        ContentAddressMethod.Flat => "flat",
        ContentAddressMethod.NixArchive => "nar",
        ContentAddressMethod.Text => "text",
        ContentAddressMethod.Git => "git",
    };

    /// <exception cref="FormatsException">The name is of no method.</exception>
    public static ContentAddressMethod Parse(string name) => name switch
    {
        "flat" => ContentAddressMethod.Flat,
        "nar" or "recursive" => ContentAddressMethod.NixArchive,
        "text" => ContentAddressMethod.Text,
        "git" => ContentAddressMethod.Git,
        _ => throw new FormatsException($"unknown file ingestion method, expect `flat`, `nar`, or `git`"),
    };

    /// <summary>What stands before the algorithm in a derivation's output: nothing, <c>r:</c>, <c>text:</c>, <c>git:</c>.</summary>
    public static string Prefix(this ContentAddressMethod method) => method switch
    {
        ContentAddressMethod.Flat => "",
        ContentAddressMethod.NixArchive => "r:",
        ContentAddressMethod.Text => "text:",
        ContentAddressMethod.Git => "git:",
    };

    /// <summary>The method and the algorithm, as content addresses and the store protocols begin: <c>fixed:r:sha256</c>, <c>text:sha256</c>.</summary>
    public static string RenderWithAlgorithm(this ContentAddressMethod method, HashAlgorithm algorithm) =>
        (method == ContentAddressMethod.Text ? "text:" : "fixed:" + method.Prefix()) + algorithm.Name();

    /// <summary>Reads what <see cref="RenderWithAlgorithm"/> writes.</summary>
    /// <exception cref="FormatsException">It is something else.</exception>
    public static (ContentAddressMethod Method, HashAlgorithm Algorithm) ParseWithAlgorithm(string text)
    {
        ReadOnlySpan<char> rest = text;
        if (rest.StartsWith("text:", StringComparison.Ordinal))
        {
            return (ContentAddressMethod.Text, HashAlgorithms.Parse(rest["text:".Length..]));
        }

        if (!rest.StartsWith("fixed:", StringComparison.Ordinal))
        {
            throw new FormatsException($"not a content address because it is not in the form '<prefix>:<rest>': {text}");
        }

        rest = rest["fixed:".Length..];
        ContentAddressMethod method = ParsePrefix(ref rest);
        return (method, HashAlgorithms.Parse(rest));
    }

    /// <summary>Takes the prefix off a text.</summary>
    public static ContentAddressMethod ParsePrefix(ref ReadOnlySpan<char> text)
    {
        foreach (ContentAddressMethod method in (ReadOnlySpan<ContentAddressMethod>)[ContentAddressMethod.NixArchive, ContentAddressMethod.Git, ContentAddressMethod.Text])
        {
            if (text.StartsWith(method.Prefix(), StringComparison.Ordinal))
            {
                text = text[method.Prefix().Length..];
                return method;
            }
        }

        return ContentAddressMethod.Flat;
    }
}

/// <summary>What a content-addressed store object is addressed by: <c>fixed:r:sha256:…</c>, <c>text:sha256:…</c>.</summary>
public readonly record struct ContentAddress(ContentAddressMethod Method, Hash Hash)
{
    /// <summary>The method and the algorithm as a derivation's output names them, such as <c>r:sha256</c>.</summary>
    public string MethodAlgorithm => Method.Prefix() + Hash.Algorithm.Name();

    /// <exception cref="FormatsException">It is no content address.</exception>
    public static ContentAddress Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            throw new FormatsException($"not a content address because it is not in the form '<prefix>:<rest>': {text}");
        }

        ReadOnlySpan<char> rest = text.AsSpan(colon + 1);
        ContentAddressMethod method = text.AsSpan(0, colon) switch
        {
            "text" => ContentAddressMethod.Text,
            "fixed" => ParseFixed(ref rest),
            _ => throw new FormatsException($"content address prefix '{text.AsSpan(0, colon)}' is unrecognized. Recogonized prefixes are 'text' or 'fixed'"),
        };
        int end = rest.IndexOf(':');
        if (end < 0)
        {
            throw new FormatsException($"content address hash must be in form '<algo>:<hash>', but found: {text}");
        }

        HashAlgorithm algorithm = HashAlgorithms.Parse(rest[..end]);
        return new ContentAddress(method, Hash.ParseUnprefixed(rest[(end + 1)..], algorithm));
    }

    public override string ToString() => (Method == ContentAddressMethod.Text ? "text:" : "fixed:" + Method.Prefix()) + Hash.ToString(HashFormat.Nix32, true);

    private static ContentAddressMethod ParseFixed(ref ReadOnlySpan<char> rest)
    {
        // "text:" is no method of "fixed:"; it stays and fails as the name of an algorithm.
        ReadOnlySpan<char> whole = rest;
        ContentAddressMethod method = ContentAddressMethods.ParsePrefix(ref rest);
        if (method == ContentAddressMethod.Text)
        {
            rest = whole;
            return ContentAddressMethod.Flat;
        }

        return method;
    }
}
