using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Text for terminals: escape sequences, and the columns that characters take.</summary>
internal static class TerminalText
{
    private const byte Escape = 0x1b;

    /// <summary>Bytes that cannot move the cursor: tabs become spaces, sequences but those for colours go, returns and bells too.</summary>
    /// <param name="colours">Whether sequences for colours stay.</param>
    /// <param name="width">Most columns; what follows them is cut off.</param>
    public static byte[] Filter(ReadOnlySpan<byte> text, bool colours, int width = int.MaxValue)
    {
        List<byte> kept = new(text.Length);
        int column = 0;
        while (!text.IsEmpty)
        {
            byte b = text[0];
            if (b == Escape)
            {
                int length = SequenceLength(text, out bool isColour);
                if (colours && isColour)
                {
                    kept.AddRange(text[..length]);
                }

                text = text[length..];
                continue;
            }

            if (b == (byte)'\t')
            {
                do
                {
                    if (++column > width)
                    {
                        return [.. kept];
                    }

                    kept.Add((byte)' ');
                }
                while (column % 8 != 0);
                text = text[1..];
                continue;
            }

            if (b is (byte)'\r' or 0x07)
            {
                text = text[1..];
                continue;
            }

            int bytes = 1, columns = 1;
            if (b >= 0x80 && Rune.DecodeFromUtf8(text, out Rune rune, out int used) == System.Buffers.OperationStatus.Done)
            {
                (bytes, columns) = (used, Columns(rune));
            }

            column += columns;
            if (column > width)
            {
                break;
            }

            kept.AddRange(text[..bytes]);
            text = text[bytes..];
        }

        return [.. kept];
    }

    /// <summary>The columns of a text without escape sequences.</summary>
    public static int Columns(string text)
    {
        int columns = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            columns += Columns(rune);
        }

        return columns;
    }

    /// <summary>The columns that a terminal gives a character.</summary>
    public static int Columns(Rune rune)
    {
        int c = rune.Value;
        if (c < 0x300)
        {
            return c is < 0x20 or (>= 0x7f and < 0xa0) ? 0 : 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control)
        {
            return 0;
        }

        return IsWide(c) ? 2 : 1;
    }

    /// <summary>The first columns of a text without escape sequences, with an ellipsis where something was cut off.</summary>
    public static string Cut(string text, int width)
    {
        if (width <= 0)
        {
            return "";
        }

        if (Columns(text) <= width)
        {
            return text;
        }

        StringBuilder kept = new();
        int column = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int columns = Columns(rune);
            if (column + columns > width - 1)
            {
                break;
            }

            column += columns;
            kept.Append(rune);
        }

        return kept.Append('…').ToString();
    }

    /// <summary>Text of which no character can move the cursor.</summary>
    public static string Plain(ReadOnlySpan<byte> text)
    {
        string plain = Encoding.UTF8.GetString(Filter(text, colours: false));
        StringBuilder kept = new(plain.Length);
        foreach (char c in plain)
        {
            if (!char.IsControl(c))
            {
                kept.Append(c);
            }
        }

        return kept.ToString();
    }

    // East Asian wide and full-width characters and emoji, by Unicode's EastAsianWidth.
    private static bool IsWide(int c) =>
        c is (>= 0x1100 and <= 0x115f) or 0x231a or 0x231b or 0x2329 or 0x232a or (>= 0x23e9 and <= 0x23ec) or 0x23f0 or 0x23f3
            or 0x25fd or 0x25fe or 0x2614 or 0x2615 or (>= 0x2648 and <= 0x2653) or 0x267f or 0x2693 or 0x26a1 or 0x26aa or 0x26ab
            or 0x26bd or 0x26be or 0x26c4 or 0x26c5 or 0x26ce or 0x26d4 or 0x26ea or 0x26f2 or 0x26f3 or 0x26f5 or 0x26fa or 0x26fd
            or 0x2705 or 0x270a or 0x270b or 0x2728 or 0x274c or 0x274e or (>= 0x2753 and <= 0x2755) or 0x2757 or (>= 0x2795 and <= 0x2797)
            or 0x27b0 or 0x27bf or 0x2b1b or 0x2b1c or 0x2b50 or 0x2b55
            or (>= 0x2e80 and <= 0x303e) or (>= 0x3041 and <= 0x33ff) or (>= 0x3400 and <= 0x4dbf) or (>= 0x4e00 and <= 0xa4cf)
            or (>= 0xa960 and <= 0xa97f) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff) or (>= 0xfe10 and <= 0xfe19)
            or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6)
            or (>= 0x16fe0 and <= 0x18cff) or (>= 0x1b000 and <= 0x1b2ff) or 0x1f004 or 0x1f0cf or 0x1f18e or (>= 0x1f191 and <= 0x1f19a)
            or (>= 0x1f200 and <= 0x1f265) or (>= 0x1f300 and <= 0x1f64f) or (>= 0x1f680 and <= 0x1f6ff) or (>= 0x1f7e0 and <= 0x1f7eb)
            or (>= 0x1f900 and <= 0x1f9ff) or (>= 0x1fa70 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd);

    private static int SequenceLength(ReadOnlySpan<byte> text, out bool isColour)
    {
        isColour = false;
        int i = 1;
        if (i < text.Length && text[i] == (byte)'[')
        {
            i++;
            while (i < text.Length && text[i] is >= 0x30 and <= 0x3f)
            {
                i++;
            }

            while (i < text.Length && text[i] is >= 0x20 and <= 0x2f)
            {
                i++;
            }

            if (i < text.Length && text[i] is >= 0x40 and <= 0x7e)
            {
                isColour = text[i] == (byte)'m';
                i++;
            }
        }
        else if (i < text.Length && text[i] == (byte)']')
        {
            // A link or a title: up to the bell or to ESC \.
            while (i < text.Length && text[i] is not (Escape or 0x07))
            {
                i++;
            }

            if (i < text.Length && text[i++] == Escape && i < text.Length && text[i] == (byte)'\\')
            {
                i++;
            }
        }
        else if (i < text.Length && text[i] is >= 0x40 and <= 0x5f)
        {
            i++;
        }

        return i;
    }
}
