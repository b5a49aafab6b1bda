using System;

namespace Firn.Eval.Builtins.Json;

/// <summary>A text is not JSON, or JSON that the language has no value for.</summary>
public sealed class JsonException : Exception
{
    internal JsonException(string message, bool isSyntax)
        : base(message) => IsSyntax = isSyntax;

    /// <summary>Whether the text itself is wrong, not just a value in it.</summary>
    public bool IsSyntax { get; }
}
