using System;
using System.Globalization;

namespace Firn.Store;

/// <summary>Sizes as people read them.</summary>
public static class ByteSize
{
    private const string Units = "KMGTPEZY";

    /// <summary>Such as <c>5.0 KiB</c>: never in bytes, one digit after the point.</summary>
    public static string Render(long bytes)
    {
        double value = bytes / 1024.0;
        int unit = 0;
        for (; Math.Abs(value) >= 1024 && unit < Units.Length - 1; unit++) value /= 1024;
        return value.ToString("F1", CultureInfo.InvariantCulture) + " " + Units[unit] + "iB";
    }
}
