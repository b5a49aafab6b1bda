using System;

namespace Firn.Formats.Hashing;

/// <summary>Base-64 as the store reads it: padding may be missing, newlines are skipped, the rest after '=' is ignored.</summary>
public static class Base64
{
    public static string Encode(ReadOnlySpan<byte> data) => Convert.ToBase64String(data);

    /// <summary>The bytes of a text, or null where a character is no digit.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        byte[] data = new byte[(text.Length * 3 / 4) + 1];
        int length = 0, bits = 0;
        uint pending = 0;
        foreach (char c in text)
        {
            if (c == '=')
            {
                break;
            }

            if (c == '\n')
            {
                continue;
            }

            int digit = c switch
            {
                >= 'A' and <= 'Z' => c - 'A',
                >= 'a' and <= 'z' => c - 'a' + 26,
                >= '0' and <= '9' => c - '0' + 52,
                '+' => 62,
                '/' => 63,
                _ => -1,
            };
            if (digit < 0)
            {
                return null;
            }

            pending = (pending << 6) | (uint)digit;
            bits += 6;
            if (bits >= 8)
            {
                data[length++] = (byte)(pending >> (bits - 8));
                bits -= 8;
            }
        }

        return data[..length];
    }
}
