using System.Runtime.CompilerServices;
using System.Text;

namespace Firn.Eval.Errors;

/// <summary>Text that a hint shows without highlighting.</summary>
public readonly record struct Plain(string Text);

/// <summary>
/// The text of a message: what is put into an interpolated string is highlighted on terminals, unless it is
/// <see cref="Plain"/>. Renderers drop the escapes where there is no terminal.
/// </summary>
[InterpolatedStringHandler]
public readonly ref struct HintText
{
    internal const string Highlight = "\e[35;1m";
    internal const string Normal = "\e[0m";

    private readonly StringBuilder _text;

    /// <summary>Made by the compiler.</summary>
    public HintText(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (formattedCount * 24));

    /// <summary>Made by the compiler.</summary>
    public void AppendLiteral(string text) => _text.Append(text);

    /// <summary>A highlighted part.</summary>
    public void AppendFormatted(string? text) => _text.Append(Highlight).Append(text).Append(Normal);

    /// <summary>A highlighted part of bytes.</summary>
    public void AppendFormatted(byte[] text) => AppendFormatted(MessageText.Decode(text));

    /// <summary>A highlighted number.</summary>
    public void AppendFormatted(long number) => _text.Append(Highlight).Append(number).Append(Normal);

    /// <summary>A part as it is.</summary>
    public void AppendFormatted(Plain text) => _text.Append(text.Text);

    /// <summary>The text with its escapes.</summary>
    public override string ToString() => _text.ToString();
}
