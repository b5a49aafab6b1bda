using System;
using System.Globalization;

namespace Firn.Cli.Arguments;

/// <summary>Numbers of arguments that may have K, M, G or T behind them, for powers of 1024.</summary>
internal static class UnitNumber
{
    /// <exception cref="CliException">It is none, or too large.</exception>
    public static ulong Parse(string text)
    {
        string digits = text;
        int shift = 0;
        if (text.Length > 0 && char.IsAsciiLetter(text[^1]))
        {
            shift = char.ToUpperInvariant(text[^1]) switch
            {
                'K' => 10,
                'M' => 20,
                'G' => 30,
                'T' => 40,
                char other => throw CliException.Usage($"invalid unit specifier '{other}'"),
            };
            digits = text[..^1];
        }

        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number << shift >> shift == number
            ? number << shift
            : throw CliException.Usage($"'{digits}' is not an integer");
    }
}
