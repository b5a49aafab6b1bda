using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Formats.Nar;

/// <summary>Keeps one regular file of a NAR as it goes by.</summary>
public sealed class NarFileFinder : INarSink
{
    private readonly string _wanted;
    private readonly List<string> _place = [];
    private MemoryStream? _content;
    private byte[]? _found;

    private NarFileFinder(string wanted) => _wanted = wanted.Trim('/');

    /// <summary>The content of the regular file at a place in a NAR, or null where there is none.</summary>
    /// <param name="nar">The NAR, read to its end.</param>
    /// <param name="inside">Names separated by slashes; empty for a NAR that is a file.</param>
    /// <exception cref="SerialisationException">It is no NAR.</exception>
    public static byte[]? Find(Stream nar, string inside)
    {
        NarFileFinder finder = new(inside);
        NarReader.Read(nar, finder);
        return finder._found;
    }

    public void BeginRegular(bool executable, long size) => _content = string.Join('/', _place) == _wanted ? new MemoryStream() : null;

    public void Contents(ReadOnlySpan<byte> data) => _content?.Write(data);

    public void EndRegular()
    {
        _found ??= _content?.ToArray();
        Leave();
    }

    public void Symlink(ReadOnlySpan<byte> target) => Leave();

    public void BeginDirectory() { }

    public void Entry(ReadOnlySpan<byte> name) => _place.Add(Encoding.UTF8.GetString(name));

    public void EndDirectory() => Leave();

    private void Leave()
    {
        if (_place.Count > 0) _place.RemoveAt(_place.Count - 1);
    }
}
