using System;

namespace Firn.Syntax.Parsing;

/// <summary>What to do about a kind of literal that is legal but discouraged.</summary>
public enum LintLevel
{
    Ignore,
    Warn,
    Fatal,
}

/// <summary>What parsing depends on beyond the source.</summary>
public sealed record ParserOptions
{
    /// <summary>Absolute directory that relative path literals start from, canonical.</summary>
    public required byte[] BasePath { get; init; }

    /// <summary>What <c>~</c> stands for; null where home paths cannot be resolved (pure evaluation).</summary>
    public byte[]? HomeDirectory { get; init; }

    /// <summary>Whether <c>|&gt;</c> and <c>&lt;|</c> are enabled.</summary>
    public bool PipeOperators { get; init; }

    public LintLevel UrlLiterals { get; init; }

    public LintLevel ShortPathLiterals { get; init; }

    public LintLevel AbsolutePathLiterals { get; init; }

    /// <summary>Where names are interned, by one parse at a time; null for a table of the source's own.</summary>
    public NameTable? Names { get; init; }

    /// <summary>Called with the message and offset of each warning; null discards them.</summary>
    public Action<string, int>? Warn { get; init; }
}
