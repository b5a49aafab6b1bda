using System;
using System.Globalization;

namespace Firn.Eval.Values;

/// <summary>Floating point numbers as text, in the forms that C gives them.</summary>
public static class FloatText
{
    /// <summary>Like <c>%f</c>: six digits after the point. What <c>toString</c> gives.</summary>
    public static string Fixed(double number) => Special(number) ?? number.ToString("F6", CultureInfo.InvariantCulture);

    /// <summary>Like <c>%g</c>: six significant digits, no trailing zeros. How values are printed.</summary>
    public static string General(double number)
    {
        if (Special(number) is { } special)
        {
            return special;
        }

        if (number == 0)
        {
            return double.IsNegative(number) ? "-0" : "0";
        }

        // Rounding to six digits decides the exponent, so it comes first.
        string scientific = number.ToString("E5", CultureInfo.InvariantCulture);
        int e = scientific.IndexOf('E');
        int exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is >= -4 and < 6)
        {
            return TrimZeros(number.ToString("F" + (5 - exponent), CultureInfo.InvariantCulture));
        }

        string digits = TrimZeros(scientific[..e]);
        return $"{digits}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string? Special(double number) =>
        double.IsNaN(number) ? (double.IsNegative(number) ? "-nan" : "nan")
        : double.IsPositiveInfinity(number) ? "inf"
        : double.IsNegativeInfinity(number) ? "-inf"
        : null;

    private static string TrimZeros(string digits) => digits.Contains('.') ? digits.TrimEnd('0').TrimEnd('.') : digits;
}
