using System;
using System.Collections.Generic;

namespace Firn.Cli.Rendering;

/// <summary>Text that a shell reads back as one word.</summary>
internal static class ShellText
{
    /// <summary>The text in single quotes.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> text)
    {
        List<byte> quoted = [(byte)'\''];
        foreach (byte b in text)
        {
            if (b == '\'')
            {
                quoted.AddRange("'\\''"u8);
            }
            else
            {
                quoted.Add(b);
            }
        }

        quoted.Add((byte)'\'');
        return [.. quoted];
    }
}
