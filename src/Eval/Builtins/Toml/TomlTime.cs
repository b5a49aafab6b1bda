using System;
using System.Globalization;

namespace Firn.Eval.Builtins.Toml;

/// <summary>Dates and times of TOML.</summary>
internal static class TomlTime
{
    /// <summary>Reads a date, a time or both from the start of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">How much of it was read.</param>
    /// <param name="normal">The same in its normal form, null when there is no such date or time.</param>
    /// <returns>Whether the text starts like one at all.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out int length, out string? normal)
    {
        length = 0;
        normal = null;
        if (Number(text, 0, 4) is int year && At(text, 4) == '-')
        {
            length = 5;
            if (Number(text, 5, 2) is not int month || At(text, 7) != '-' || Number(text, 8, 2) is not int day
                || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            {
                return true;
            }

            string date = string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}");
            length = 10;
            bool hasTime = At(text, 10) is 'T' or 't' || (At(text, 10) == ' ' && Number(text, 11, 2) is not null);
            if (!hasTime)
            {
                normal = date;
                return true;
            }

            length = 11;
            string? time = ReadTime(text, ref length);
            string? offset = time is null ? null : ReadOffset(text, ref length);
            normal = offset is null ? null : $"{date}T{time}{offset}";
            return true;
        }

        if (Number(text, 0, 2) is not null && At(text, 2) == ':')
        {
            normal = ReadTime(text, ref length);
            return true;
        }

        return false;
    }

    private static char At(ReadOnlySpan<byte> text, int at) => at < text.Length ? (char)text[at] : '\0';

    private static int? Number(ReadOnlySpan<byte> text, int at, int digits)
    {
        int value = 0;
        for (int i = 0; i < digits; i++)
        {
            char c = At(text, at + i);
            if (!char.IsAsciiDigit(c))
            {
                return null;
            }

            value = (value * 10) + (c - '0');
        }

        return value;
    }

    private static string? ReadTime(ReadOnlySpan<byte> text, ref int at)
    {
        if (Number(text, at, 2) is not int hour || At(text, at + 2) != ':' || Number(text, at + 3, 2) is not int minute
            || At(text, at + 5) != ':' || Number(text, at + 6, 2) is not int second
            || hour > 23 || minute > 59 || second > 60)
        {
            return null;
        }

        at += 8;
        string time = string.Create(CultureInfo.InvariantCulture, $"{hour:00}:{minute:00}:{second:00}");
        if (At(text, at) != '.')
        {
            return time;
        }

        int start = ++at;
        while (char.IsAsciiDigit(At(text, at)))
        {
            at++;
        }

        if (at == start)
        {
            return null;
        }

        // Nanoseconds at most, in groups of three digits.
        string digits = System.Text.Encoding.ASCII.GetString(text[start..at]);
        digits = digits.Length > 9 ? digits[..9] : digits.PadRight(9, '0');
        string kept = digits.EndsWith("000000000", StringComparison.Ordinal) ? ""
            : digits.EndsWith("000000", StringComparison.Ordinal) ? digits[..3]
            : digits.EndsWith("000", StringComparison.Ordinal) ? digits[..6]
            : digits;
        return kept.Length == 0 ? time : $"{time}.{kept}";
    }

    private static string? ReadOffset(ReadOnlySpan<byte> text, ref int at)
    {
        char sign = At(text, at);
        if (sign is 'Z' or 'z')
        {
            at++;
            return "Z";
        }

        if (sign is not ('+' or '-'))
        {
            return "";
        }

        if (Number(text, at + 1, 2) is not int hour || At(text, at + 3) != ':' || Number(text, at + 4, 2) is not int minute
            || hour > 23 || minute > 59)
        {
            return null;
        }

        at += 6;
        return hour == 0 && minute == 0 ? "Z" : string.Create(CultureInfo.InvariantCulture, $"{sign}{hour:00}:{minute:00}");
    }
}
