using System;

namespace Firn.Formats.Nar;

/// <summary>
/// Takes a file system object as events. A node is <see cref="BeginRegular"/>, any number of <see cref="Contents"/>,
/// <see cref="EndRegular"/>; or <see cref="Symlink"/>; or <see cref="BeginDirectory"/>, then for each entry
/// <see cref="Entry"/> and its node, and <see cref="EndDirectory"/>. Spans are valid during a call only.
/// </summary>
public interface INarSink
{
    /// <param name="size">Length of the contents, bytes.</param>
    void BeginRegular(bool executable, long size);

    /// <summary>The next bytes of a file.</summary>
    void Contents(ReadOnlySpan<byte> data);

    void EndRegular();

    void Symlink(ReadOnlySpan<byte> target);

    void BeginDirectory();

    /// <summary>The name of the node that follows. Names of one directory are sorted by byte and differ.</summary>
    void Entry(ReadOnlySpan<byte> name);

    void EndDirectory();
}
