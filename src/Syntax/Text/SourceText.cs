using System;
using System.Collections.Generic;

namespace Firn.Syntax.Text;

/// <summary>Where a source came from; decides how its name is written in messages.</summary>
public enum SourceOrigin
{
    /// <summary>A file; <see cref="SourceText.Path"/> is its absolute path.</summary>
    File,

    /// <summary>An expression given as an argument, written <c>«string»</c>.</summary>
    String,

    /// <summary>Standard input, written <c>«stdin»</c>.</summary>
    Stdin,
}

/// <summary>A line and a column, both counted from 1; the column is in bytes.</summary>
public readonly record struct LineColumn(int Line, int Column);

/// <summary>One Nix source: its bytes and its origin. Positions in the tree are offsets into <see cref="Bytes"/>.</summary>
/// <remarks>Immutable; the table of line starts is made when the first position is asked for.</remarks>
public sealed class SourceText
{
    /// <summary>The offset that stands for "no position".</summary>
    public const int NoPosition = -1;

    private int[]? _lineStarts;

    private readonly string? _shown;

    private SourceText(byte[] bytes, SourceOrigin origin, string path, string? shown = null)
    {
        _shown = shown;
        Bytes = bytes;
        Origin = origin;
        Path = path;
    }

    /// <summary>The source as it was read, not normalised.</summary>
    public byte[] Bytes { get; }

    /// <summary>Where the source came from.</summary>
    public SourceOrigin Origin { get; }

    /// <summary>Absolute path for files, empty otherwise.</summary>
    public string Path { get; }

    /// <summary>The name of the source as messages write it: the path, <c>«string»</c> or <c>«stdin»</c>.</summary>
    public string DisplayName => Origin switch
    {
        SourceOrigin.File => _shown ?? Path,
        SourceOrigin.String => "«string»",
        SourceOrigin.Stdin => "«stdin»",
    };

    /// <summary>The source of a file; <paramref name="path"/> is absolute.</summary>
    /// <param name="shown">What messages call it; null for its path.</param>
    public static SourceText FromFile(byte[] bytes, string path, string? shown = null) => new(bytes, SourceOrigin.File, path, shown);

    /// <summary>The source of an expression given as text.</summary>
    public static SourceText FromString(byte[] bytes) => new(bytes, SourceOrigin.String, "");

    /// <summary>The source read from standard input.</summary>
    public static SourceText FromStdin(byte[] bytes) => new(bytes, SourceOrigin.Stdin, "");

    /// <summary>Line and column of an offset. CR, LF and CR LF each end one line.</summary>
    public LineColumn GetLineColumn(int offset)
    {
        // Computed twice by two threads at worst, with the same result.
        int[] starts = _lineStarts ??= FindLineStarts(Bytes);
        int index = Array.BinarySearch(starts, offset);
        int line = index >= 0 ? index : ~index - 1;
        return new LineColumn(line + 1, offset - starts[line] + 1);
    }

    /// <summary>The bytes of the line with this number (from 1), without its end; empty when there is no such line.</summary>
    public ReadOnlySpan<byte> GetLine(int line)
    {
        int[] starts = _lineStarts ??= FindLineStarts(Bytes);
        if (line < 1 || line > starts.Length)
        {
            return [];
        }

        ReadOnlySpan<byte> rest = Bytes.AsSpan(starts[line - 1]);
        int end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>How messages write a position: <c>name:line:column</c>.</summary>
    public string Describe(int offset)
    {
        if (offset == NoPosition)
        {
            return "«none»";
        }

        LineColumn at = GetLineColumn(offset);
        return $"{DisplayName}:{at.Line}:{at.Column}";
    }

    private static int[] FindLineStarts(ReadOnlySpan<byte> bytes)
    {
        List<int> starts = [0];
        int at = 0;
        while (true)
        {
            int next = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (next < 0)
            {
                return starts.ToArray();
            }

            at += next + 1;
            if (bytes[at - 1] == '\r' && at < bytes.Length && bytes[at] == '\n')
            {
                at++;
            }

            starts.Add(at);
        }
    }
}
