using System;

namespace Firn.Formats.Nar;

/// <summary>Limits of the format.</summary>
/// <remarks>Nix manual, protocols/nix-archive</remarks>
public static class NarFormat
{
    /// <summary>Most nodes from the root to a leaf, both counted.</summary>
    public const int MaxDepth = 64;

    /// <summary>Longest name of an entry, bytes.</summary>
    public const int MaxName = 255;

    /// <summary>Longest target of a symbolic link, bytes.</summary>
    public const int MaxTarget = 4095;

    internal static ReadOnlySpan<byte> Magic => "nix-archive-1"u8;

    /// <summary>Length of a NAR of one file that is not executable.</summary>
    /// <param name="contents">Length of the file, bytes.</param>
    public static long SizeOfFile(long contents) => 24 + 16 + 16 + 16 + 16 + 8 + ((contents + 7) & ~7L) + 16;

    internal static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && name.Length <= MaxName && name.IndexOfAny((byte)'/', (byte)0) < 0 && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);
}
