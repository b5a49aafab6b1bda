using System;

namespace Firn.Eval.Builtins.Versions;

/// <summary>Versions of packages as text: how they are cut and ordered.</summary>
/// <remarks>
/// A version is cut at dots and dashes and between digits and other characters. Numbers compare by value, text by
/// bytes; <c>pre</c> comes before everything, the end before numbers, and text before numbers.
/// </remarks>
public static class PackageVersion
{
    /// <summary>-1, 0 or 1 as the first version is older than, equal to or newer than the second.</summary>
    public static int Compare(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int i = 0;
        int j = 0;
        while (i < first.Length || j < second.Length)
        {
            TryNext(first, ref i, out ReadOnlySpan<byte> a);
            TryNext(second, ref j, out ReadOnlySpan<byte> b);
            if (IsOlder(a, b))
            {
                return -1;
            }

            if (IsOlder(b, a))
            {
                return 1;
            }
        }

        return 0;
    }

    /// <summary>The next component from an offset on; false and empty at the end.</summary>
    public static bool TryNext(ReadOnlySpan<byte> version, ref int at, out ReadOnlySpan<byte> component)
    {
        while (at < version.Length && IsSeparator(version[at]))
        {
            at++;
        }

        int start = at;
        if (at < version.Length)
        {
            bool digits = IsDigit(version[at]);
            while (at < version.Length && IsDigit(version[at]) == digits && !IsSeparator(version[at]))
            {
                at++;
            }
        }

        component = version[start..at];
        return at > start;
    }

    /// <summary>Where the version of a package name begins: the offset of the first dash that no letter follows; -1 for none.</summary>
    public static int FindVersion(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i + 1 < name.Length; i++)
        {
            if (name[i] == '-' && !char.IsAsciiLetter((char)name[i + 1]))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsOlder(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        bool aIsNumber = TryNumber(a, out int x);
        bool bIsNumber = TryNumber(b, out int y);
        if (aIsNumber && bIsNumber)
        {
            return x < y;
        }

        if (a.IsEmpty && bIsNumber)
        {
            return true;
        }

        bool aIsPre = a.SequenceEqual("pre"u8);
        bool bIsPre = b.SequenceEqual("pre"u8);
        if (aIsPre || bIsPre)
        {
            return aIsPre && !bIsPre;
        }

        return bIsNumber || (!aIsNumber && a.SequenceCompareTo(b) < 0);
    }

    /// <summary>Numbers beyond 32 bits count as text.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out int number)
    {
        long value = 0;
        number = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        foreach (byte c in text)
        {
            if (!IsDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
            if (value > int.MaxValue)
            {
                return false;
            }
        }

        number = (int)value;
        return true;
    }

    private static bool IsSeparator(byte c) => c is (byte)'.' or (byte)'-';

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';
}
