using System;
using System.Text;
using Firn.Eval.Errors;

namespace Firn.Eval.Builtins;

/// <summary>Strings of the language cannot hold the byte 0.</summary>
internal static class NulBytes
{
    /// <summary>Gives a text back that has none.</summary>
    /// <exception cref="EvalError">It has one.</exception>
    public static byte[] Refuse(byte[] text)
    {
        if (!text.AsSpan().Contains((byte)0))
        {
            return text;
        }

        string shown = Encoding.UTF8.GetString(text).Replace("\0", "␀", StringComparison.Ordinal);
        throw new EvalError(EvalErrorKind.Error, $"input string '{shown}' cannot be represented as Nix string because it contains null bytes");
    }
}
