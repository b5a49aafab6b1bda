using System;
using System.Globalization;

namespace Firn.Eval.Builtins.Toml;

internal enum TomlNumberKind : byte
{
    None,
    Integer,
    Float,
    TooLarge,
}

/// <summary>Numbers of TOML.</summary>
internal static class TomlNumber
{
    public static TomlNumberKind Parse(string word, out long integer, out double number)
    {
        integer = 0;
        number = 0;
        string unsigned = word.TrimStart('+', '-');
        if (word.Length - unsigned.Length > 1 || unsigned.Length == 0)
        {
            return TomlNumberKind.None;
        }

        bool isNegative = word[0] == '-';
        bool isSigned = word.Length != unsigned.Length;
        if (unsigned is "inf" or "nan")
        {
            number = unsigned == "inf" ? double.PositiveInfinity : double.CopySign(double.NaN, 1);
            number = isNegative ? -number : number;
            return TomlNumberKind.Float;
        }

        if (unsigned.Length > 2 && unsigned[0] == '0' && unsigned[1] is 'x' or 'o' or 'b')
        {
            return isSigned ? TomlNumberKind.None : ParseBase(unsigned[2..], unsigned[1] switch { 'x' => 16, 'o' => 8, _ => 2 }, out integer);
        }

        int at = 0;
        if (!Digits(unsigned, ref at, out int whole) || (whole > 1 && unsigned[0] == '0'))
        {
            return TomlNumberKind.None;
        }

        if (at == unsigned.Length)
        {
            bool fits = long.TryParse(
                word.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer);
            return fits ? TomlNumberKind.Integer : TomlNumberKind.TooLarge;
        }

        if (unsigned[at] == '.')
        {
            at++;
            if (!Digits(unsigned, ref at, out _))
            {
                return TomlNumberKind.None;
            }
        }

        if (at < unsigned.Length && unsigned[at] is 'e' or 'E')
        {
            at++;
            if (at < unsigned.Length && unsigned[at] is '+' or '-')
            {
                at++;
            }

            if (!Digits(unsigned, ref at, out _))
            {
                return TomlNumberKind.None;
            }
        }

        if (at != unsigned.Length)
        {
            return TomlNumberKind.None;
        }

        number = double.Parse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
        return TomlNumberKind.Float;
    }

    /// <summary>Digits with single underscores between them.</summary>
    private static bool Digits(string text, ref int at, out int count)
    {
        count = 0;
        while (at < text.Length)
        {
            if (char.IsAsciiDigit(text[at]))
            {
                count++;
                at++;
            }
            else if (text[at] == '_' && count > 0 && text[at - 1] != '_' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
            {
                at++;
            }
            else
            {
                break;
            }
        }

        return count > 0;
    }

    private static TomlNumberKind ParseBase(string digits, int radix, out long value)
    {
        value = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            char c = digits[i];
            if (c == '_')
            {
                if (i == 0 || i + 1 == digits.Length || digits[i - 1] == '_')
                {
                    return TomlNumberKind.None;
                }

                continue;
            }

            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return TomlNumberKind.None;
            }

            if (value > (long.MaxValue - digit) / radix)
            {
                return TomlNumberKind.TooLarge;
            }

            value = (value * radix) + digit;
        }

        return TomlNumberKind.Integer;
    }
}
