using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats.Json;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Store.BinaryCache;

/// <summary>The text of a <c>.ls</c> file: what a NAR holds, and where.</summary>
/// <remarks>Nix manual, protocols/json/nar-listing</remarks>
internal sealed class NarListing : INarSink
{
    private readonly ByteBuffer _text = new();
    private readonly JsonTextWriter _json;
    private readonly CountedStream _source;
    private readonly List<byte[]> _place = [];
    private readonly List<byte[]> _regularFiles = [];

    private NarListing(CountedStream source)
    {
        _source = source;
        _json = new JsonTextWriter(_text);
    }

    /// <summary>Reads a NAR to its end.</summary>
    internal static NarListing Read(Stream nar)
    {
        CountedStream counted = new(nar);
        NarListing listing = new(counted);
        listing._json.BeginObject();
        listing._json.Name("root"u8);
        NarReader.Read(counted, listing);
        listing._json.Name("version"u8);
        listing._json.Number(1L);
        listing._json.EndObject();
        return listing;
    }

    internal ReadOnlyMemory<byte> Json => _text.Memory;

    /// <summary>Paths of regular files below the root, without a slash at the start.</summary>
    internal IReadOnlyList<byte[]> RegularFiles => _regularFiles;

    public void BeginRegular(bool executable, long size)
    {
        _json.BeginObject();
        if (executable)
        {
            _json.Name("executable"u8);
            _json.Bool(true);
        }
        _json.Name("narOffset"u8);
        _json.Number(_source.Position);
        _json.Name("size"u8);
        _json.Number(size);
        End("regular"u8);
        if (_place.Count > 0) _regularFiles.Add(Place());
    }

    private byte[] Place()
    {
        ByteBuffer path = new();
        for (int i = 0; i < _place.Count; i++)
        {
            if (i > 0) path.Write((byte)'/');
            path.Write(_place[i]);
        }
        return path.ToArray();
    }

    public void Contents(ReadOnlySpan<byte> data) { }

    public void EndRegular() => Leave();

    public void Symlink(ReadOnlySpan<byte> target)
    {
        _json.BeginObject();
        _json.Name("target"u8);
        _json.String(target);
        End("symlink"u8);
        Leave();
    }

    public void BeginDirectory()
    {
        _json.BeginObject();
        _json.Name("entries"u8);
        _json.BeginObject();
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        _json.Name(name);
        _place.Add(name.ToArray());
    }

    public void EndDirectory()
    {
        _json.EndObject();
        End("directory"u8);
        Leave();
    }

    private void End(ReadOnlySpan<byte> type)
    {
        _json.Name("type"u8);
        _json.String(type);
        _json.EndObject();
    }

    private void Leave()
    {
        if (_place.Count > 0) _place.RemoveAt(_place.Count - 1);
    }

    /// <summary>Knows how far it was read.</summary>
    private sealed class CountedStream(Stream inner) : ForwardReader
    {
        private readonly BufferedStream _inner = new(inner, 1 << 16);
        private long _position;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int n = _inner.Read(buffer);
            _position += n;
            return n;
        }
    }
}
