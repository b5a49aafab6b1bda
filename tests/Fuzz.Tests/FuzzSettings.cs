using System;
using System.Globalization;

namespace Firn.Fuzz.Tests;

/// <summary><c>FIRN_SEED</c> and <c>FIRN_COUNT</c> make other and more inputs.</summary>
internal static class FuzzSettings
{
    public static int Seed => Number("FIRN_SEED", 1);

    public static int Count(int otherwise) => Number("FIRN_COUNT", otherwise);

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
