using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats.Nar;

namespace Firn.Store.BinaryCache;

/// <summary>Keeps one file of a NAR.</summary>
internal sealed class NarFile : INarSink
{
    private readonly string _wanted;
    private readonly List<string> _place = [];
    private MemoryStream? _content;
    private byte[]? _found;

    private NarFile(string wanted) => _wanted = wanted.Trim('/');

    /// <summary>The content of a regular file, or null where there is none.</summary>
    internal static byte[]? Find(Stream nar, string inside)
    {
        NarFile finder = new(inside);
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
