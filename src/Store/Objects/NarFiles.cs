using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;

namespace Firn.Store.Objects;

/// <summary>The files in a NAR.</summary>
public sealed class NarFiles : IObjectFiles
{
    private readonly Stream? _nar;
    private readonly NarNode _root;
    private readonly string _name;

    /// <param name="nar">For reading contents; null where none will be read. Closed with this.</param>
    /// <param name="name">What messages call the NAR.</param>
    public NarFiles(NarNode root, Stream? nar, string name)
    {
        _root = root;
        _nar = nar;
        _name = name;
    }

    internal static NarFiles Of(IStore store, StorePath path)
    {
        var spool = new Spool();
        try
        {
            store.WriteNar(path, spool);
            Stream nar = spool.Reopen();
            return new NarFiles(NarIndexer.Read(nar), nar, store.StoreDir.Print(path));
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    private NarNode? Node(ReadOnlySpan<byte> path)
    {
        NarNode? node = _root;
        while (node != null && !path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            node = node.Entry(slash < 0 ? path : path[..slash]);
            path = slash < 0 ? default : path[(slash + 1)..];
        }
        return node;
    }

    public NarFacts? Find(ReadOnlySpan<byte> path) => Node(path)?.Facts;

    public IReadOnlyList<byte[]> List(ReadOnlySpan<byte> path)
    {
        if (Node(path) is not { Facts.Kind: NarKind.Directory } node) throw new StoreException("path '" + Show(path) + "' is not a directory");
        var names = new List<byte[]>(node.Entries.Count);
        foreach (var (name, _) in node.Entries) names.Add(name);
        return names;
    }

    public void Read(ReadOnlySpan<byte> path, IByteSink to)
    {
        if (Node(path) is not { Facts.Kind: NarKind.Regular } node) throw new StoreException("path '/" + Encoding.UTF8.GetString(path) + "' is not a regular file");
        Stream nar = _nar ?? throw new InvalidOperationException("There is no NAR.");
        nar.Position = node.Facts.Offset;
        byte[] buffer = new byte[64 * 1024];
        for (long left = node.Facts.Size; left > 0;)
        {
            int n = nar.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (n == 0) throw new UnexpectedEndException("unexpected end-of-file");
            to.Write(buffer.AsSpan(0, n));
            left -= n;
        }
    }

    public string Show(ReadOnlySpan<byte> path) => path.IsEmpty ? _name : _name + "/" + Encoding.UTF8.GetString(path);

    public void Dispose() => _nar?.Dispose();
}
