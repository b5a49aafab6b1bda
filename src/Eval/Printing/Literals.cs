using System;
using System.Text;
using Firn.Eval.Errors;

namespace Firn.Eval.Printing;

/// <summary>Strings and names as the language writes them.</summary>
public static class Literals
{
    /// <summary>A string in quotes with escapes.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        Quote(text, bytes, int.MaxValue, false);
        return text.ToString();
    }

    /// <summary>An attribute name, quoted where it has to be.</summary>
    public static string AttributeName(ReadOnlySpan<byte> name) => IsPlainName(name) ? Encoding.UTF8.GetString(name) : Quote(name);

    /// <summary>Whether a name needs no quotes.</summary>
    public static bool IsPlainName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || IsKeyword(name) || name[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'\'')
        {
            return false;
        }

        foreach (byte b in name)
        {
            if (b is not ((>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')
                or (byte)'_' or (byte)'-' or (byte)'\''))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsKeyword(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("if"u8) || name.SequenceEqual("then"u8) || name.SequenceEqual("else"u8)
        || name.SequenceEqual("assert"u8) || name.SequenceEqual("with"u8) || name.SequenceEqual("let"u8)
        || name.SequenceEqual("in"u8) || name.SequenceEqual("rec"u8) || name.SequenceEqual("inherit"u8);

    internal static void Quote(ByteText text, ReadOnlySpan<byte> bytes)
    {
        text.Add((byte)'"');
        for (int i = 0; i < bytes.Length; i++)
        {
            byte b = bytes[i];
            switch (b)
            {
                case (byte)'"' or (byte)'\\':
                    text.Add((byte)'\\');
                    text.Add(b);
                    break;
                case (byte)'\n':
                    text.Add("\\n"u8);
                    break;
                case (byte)'\r':
                    text.Add("\\r"u8);
                    break;
                case (byte)'\t':
                    text.Add("\\t"u8);
                    break;
                case (byte)'$' when i + 1 < bytes.Length && bytes[i + 1] == '{':
                    text.Add("\\$"u8);
                    break;
                default:
                    text.Add(b);
                    break;
            }
        }

        text.Add((byte)'"');
    }

    internal static void Quote(StringBuilder text, ReadOnlySpan<byte> bytes, int max, bool colours)
    {
        if (colours)
        {
            text.Append("\e[35;1m");
        }

        text.Append('"');
        bool elided = bytes.Length > max;
        string shown = MessageText.Decode(elided ? bytes[..max] : bytes);
        for (int i = 0; i < shown.Length; i++)
        {
            char c = shown[i];
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '$' when i + 1 < shown.Length && shown[i + 1] == '{':
                    text.Append("\\$");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
        if (elided)
        {
            text.Append(' ');
            Elided(text, bytes.Length - max, "byte", "bytes", colours);
            return;
        }

        if (colours)
        {
            text.Append("\e[0m");
        }
    }

    internal static void Elided(StringBuilder text, int count, string one, string many, bool colours)
    {
        text.Append(colours ? "\e[2m" : "").Append('«').Append(count).Append(' ').Append(count == 1 ? one : many)
            .Append(" elided»").Append(colours ? "\e[0m" : "");
    }
}
