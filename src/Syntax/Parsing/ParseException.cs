using System;
using Firn.Syntax.Text;

namespace Firn.Syntax.Parsing;

/// <summary>The source is not an expression of the language.</summary>
/// <remarks>The message is one line as users read it; the position is rendered by whoever reports it.</remarks>
public sealed class ParseException : Exception
{
    internal ParseException(string message, SourceText source, int position)
        : base(message)
    {
        SourceText = source;
        Position = position;
    }

    /// <summary>The source with the mistake.</summary>
    public SourceText SourceText { get; }

    /// <summary>Offset of the mistake, or <see cref="SourceText.NoPosition"/>.</summary>
    public int Position { get; }
}
