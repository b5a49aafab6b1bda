using System;

namespace Firn.Eval.Values;

/// <summary>Absolute paths without <c>.</c>, <c>..</c>, doubled or trailing slashes; symlinks are not looked at.</summary>
public static class CanonPath
{
    /// <summary>The path in its canonical form; <c>..</c> at the root stays at the root. Gives the same array back when it is canonical.</summary>
    public static byte[] Make(byte[] path)
    {
        if (IsCanonical(path))
        {
            return path;
        }

        byte[] result = new byte[path.Length + 1];
        int n = 0;
        int at = 0;
        while (at < path.Length)
        {
            while (at < path.Length && path[at] == '/')
            {
                at++;
            }

            int end = at;
            while (end < path.Length && path[end] != '/')
            {
                end++;
            }

            ReadOnlySpan<byte> part = path.AsSpan(at, end - at);
            if (part.SequenceEqual(".."u8))
            {
                n = n == 0 ? 0 : result.AsSpan(0, n).LastIndexOf((byte)'/');
            }
            else if (part.Length != 0 && !part.SequenceEqual("."u8))
            {
                result[n++] = (byte)'/';
                part.CopyTo(result.AsSpan(n));
                n += part.Length;
            }

            at = end;
        }

        return n == 0 ? "/"u8.ToArray() : result[..n];
    }

    /// <summary>The last element of a canonical path; empty for the root.</summary>
    public static ReadOnlySpan<byte> BaseName(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The path without its last element; the root is its own parent.</summary>
    public static byte[] Parent(byte[] path)
    {
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        return slash <= 0 ? "/"u8.ToArray() : path[..slash];
    }

    /// <summary>A path below another.</summary>
    public static byte[] Join(ReadOnlySpan<byte> path, ReadOnlySpan<byte> below)
    {
        byte[] joined = new byte[path.Length + 1 + below.Length];
        path.CopyTo(joined);
        joined[path.Length] = (byte)'/';
        below.CopyTo(joined.AsSpan(path.Length + 1));
        return Make(joined);
    }

    private static bool IsCanonical(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        if (path.Length == 1)
        {
            return true;
        }

        int start = 1;
        for (int i = 1; i <= path.Length; i++)
        {
            if (i == path.Length || path[i] == '/')
            {
                int length = i - start;
                if (length == 0 || (path[start] == '.' && (length == 1 || (length == 2 && path[start + 1] == '.'))))
                {
                    return false;
                }

                start = i + 1;
            }
        }

        return true;
    }
}
