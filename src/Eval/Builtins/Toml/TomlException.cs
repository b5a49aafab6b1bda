using System;

namespace Firn.Eval.Builtins.Toml;

/// <summary>A text is not TOML, or TOML that the language has no value for.</summary>
public sealed class TomlException : Exception
{
    internal TomlException(string message)
        : base(message)
    {
    }
}
