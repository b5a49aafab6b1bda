using System;
using System.Globalization;

namespace Firn.Eval.Builtins.Json;

/// <summary>Pieces of JSON text.</summary>
public static class JsonText
{
    /// <summary>
    /// A float as JSON: the shortest digits that read back as the same number, with <c>.0</c> where they would look
    /// like an integer and an exponent beyond 15 digits; null for what JSON has no number for.
    /// </summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return "null";
        }

        string sign = double.IsNegative(value) ? "-" : "";
        if (value == 0)
        {
            return sign + "0.0";
        }

        (string digits, int point) = Decompose(double.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        int length = digits.Length;
        if (length <= point && point <= 15)
        {
            return sign + digits + new string('0', point - length) + ".0";
        }

        if (point is > 0 and <= 15)
        {
            return sign + digits[..point] + "." + digits[point..];
        }

        if (point is > -4 and <= 0)
        {
            return sign + "0." + new string('0', -point) + digits;
        }

        int exponent = point - 1;
        string mantissa = length == 1 ? digits : digits[..1] + "." + digits[1..];
        return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{int.Abs(exponent):00}";
    }

    /// <summary>The significant digits of a number and where its point stands, counted from their start.</summary>
    private static (string Digits, int Point) Decompose(string text)
    {
        int exponent = 0;
        int e = text.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        int dot = text.IndexOf('.', StringComparison.Ordinal);
        int point = (dot < 0 ? text.Length : dot) + exponent;
        string digits = text.Replace(".", "", StringComparison.Ordinal);
        string trimmed = digits.TrimStart('0');
        point -= digits.Length - trimmed.Length;
        return (trimmed.TrimEnd('0'), point);
    }

    /// <summary>How a byte below 32, a quote or a backslash is written in a string; empty for all others.</summary>
    public static ReadOnlySpan<byte> Escape(byte c) => c switch
    {
        (byte)'"' => "\\\""u8,
        (byte)'\\' => "\\\\"u8,
        (byte)'\b' => "\\b"u8,
        (byte)'\f' => "\\f"u8,
        (byte)'\n' => "\\n"u8,
        (byte)'\r' => "\\r"u8,
        (byte)'\t' => "\\t"u8,
        < 32 => System.Text.Encoding.ASCII.GetBytes($"\\u{c:x4}"),
        _ => default,
    };
}
