using System;

namespace Firn.Formats.Hashing;

/// <summary>Lower-case hexadecimal; upper case is read too.</summary>
public static class Base16
{
    public static string Encode(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(data);

    /// <summary>Writes two ASCII characters a byte.</summary>
    public static void Encode(ReadOnlySpan<byte> data, Span<byte> text)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        for (int i = 0; i < data.Length; i++)
        {
            text[2 * i] = digits[data[i] >> 4];
            text[(2 * i) + 1] = digits[data[i] & 15];
        }
    }

    /// <summary>The bytes of a text of even length, or null where a character is no hexadecimal digit.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        byte[] data = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, data, out _, out _) == System.Buffers.OperationStatus.Done ? data : null;
    }
}
