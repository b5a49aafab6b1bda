using System;

namespace Firn.Formats.Hashing;

/// <summary>
/// The base-32 form of store paths: the bytes as one little-endian number, most significant digit first, five bits a
/// digit, without the letters e, o, u and t.
/// </summary>
public static class Nix32
{
    /// <summary>The digits by value.</summary>
    public static ReadOnlySpan<byte> Alphabet => "0123456789abcdfghijklmnpqrsvwxyz"u8;

    /// <summary>Characters that so many bytes need.</summary>
    public static int EncodedLength(int bytes) => bytes == 0 ? 0 : ((bytes * 8) - 1) / 5 + 1;

    public static bool IsDigit(int character) => Value(character) >= 0;

    /// <summary>The value of a digit, or -1.</summary>
    public static int Value(int character) => (uint)character < 128 ? Reverse[character] : -1;

    private static ReadOnlySpan<sbyte> Reverse =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, -1, 14, 15, 16, 17, 18, 19, 20, 21, 22, -1,
        23, 24, 25, 26, -1, -1, 27, 28, 29, 30, 31, -1, -1, -1, -1, -1,
    ];

    public static string Encode(ReadOnlySpan<byte> data)
    {
        Span<byte> text = stackalloc byte[EncodedLength(data.Length)];
        Encode(data, text);
        return System.Text.Encoding.ASCII.GetString(text);
    }

    /// <summary>Writes <see cref="EncodedLength"/> ASCII characters.</summary>
    public static void Encode(ReadOnlySpan<byte> data, Span<byte> text)
    {
        int length = EncodedLength(data.Length);
        for (int n = 0; n < length; n++)
        {
            int bit = n * 5, i = bit / 8, shift = bit % 8;
            int digit = data[i] >> shift;
            if (i + 1 < data.Length)
            {
                digit |= data[i + 1] << (8 - shift);
            }

            text[length - 1 - n] = Alphabet[digit & 31];
        }
    }

    /// <summary>
    /// The bytes of a text, or null where a character is no digit. Bits beyond the last whole byte make one more byte
    /// when they are not zero, so a caller that checks the length refuses them.
    /// </summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        byte[] data = new byte[(text.Length * 5 / 8) + 2];
        int used = 0;
        for (int n = 0; n < text.Length; n++)
        {
            int digit = Value(text[text.Length - 1 - n]);
            if (digit < 0)
            {
                return null;
            }

            int bit = n * 5, i = bit / 8, shift = bit % 8;
            data[i] |= (byte)(digit << shift);
            used = Math.Max(used, i + 1);
            if (digit >> (8 - shift) != 0)
            {
                data[i + 1] |= (byte)(digit >> (8 - shift));
                used = i + 2;
            }
        }

        // The last digit begins inside the last whole byte, or carries only zero bits into one more.
        int whole = text.Length * 5 / 8;
        return data[..(used > whole && data.AsSpan(whole, used - whole).IndexOfAnyExcept((byte)0) < 0 ? whole : used)];
    }
}
