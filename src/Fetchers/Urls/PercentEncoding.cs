using System;
using System.Text;

namespace Firn.Fetchers.Urls;

/// <summary>Percent-encoding of URL components.</summary>
/// <remarks>RFC 3986, section 2.1</remarks>
internal static class PercentEncoding
{
    private const string HexDigits = "0123456789ABCDEF";

    /// <summary>The text with everything encoded but unreserved characters and those to keep.</summary>
    internal static string Encode(string text, string keep = "")
    {
        StringBuilder encoded = new(text.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            if (IsUnreserved(c) || (b < 0x80 && keep.Contains(c)))
            {
                encoded.Append(c);
            }
            else
            {
                encoded.Append('%').Append(HexDigits[b >> 4]).Append(HexDigits[b & 15]);
            }
        }

        return encoded.ToString();
    }

    /// <summary>The text with its <c>%xx</c> decoded.</summary>
    /// <exception cref="BadUrlException">A percent sign without two hexadecimal digits.</exception>
    internal static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%'))
        {
            return text.ToString();
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = 0;
        for (int i = 0; i < text.Length;)
        {
            if (text[i] != '%')
            {
                int run = text[i..].IndexOf('%');
                ReadOnlySpan<char> plain = run < 0 ? text[i..] : text.Slice(i, run);
                length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
                i += plain.Length;
                continue;
            }

            if (i + 2 >= text.Length)
            {
                throw new BadUrlException($"invalid URI parameter '{text}': incomplete pct-encoding");
            }

            if (!char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new BadUrlException($"invalid URI parameter '{text}': bad pct-encoding digit");
            }

            bytes[length++] = Convert.FromHexString(text.Slice(i + 1, 2))[0];
            i += 3;
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    internal static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';

    /// <summary>Whether a character may stand in a path segment as it is.</summary>
    internal static bool IsPathCharacter(char c) => IsUnreserved(c) || "!$&'()*+,;=:@%".Contains(c);
}
