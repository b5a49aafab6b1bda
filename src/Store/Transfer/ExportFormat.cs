using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>
/// The stream of <c>nix-store --export</c>: for each path the number 1, its NAR, and a trailer of path, references
/// and deriver; then 0. Numbers and texts as in the worker protocol.
/// </summary>
/// <remarks>Nix manual, protocols/export-import</remarks>
public static class ExportFormat
{
    private const ulong TrailerMagic = 0x4558494e;
    private const int LongestText = 64 * 1024;

    /// <summary>Writes paths, each after those among them that it refers to.</summary>
    /// <exception cref="StoreException">A path is not valid, or its contents are no longer what they were.</exception>
    public static void Export<TStore>(TStore store, IReadOnlyCollection<StorePath> paths, IByteSink to) where TStore : IPathInfos, IStoreContents
    {
        List<StorePath> order = store.SortTopologically(paths);
        order.Reverse();
        var head = new ByteBuffer();
        foreach (StorePath path in order)
        {
            PathInfo info = store.Get(path);
            Number(head, 1);
            Flush(head, to);
            using var hasher = new BackgroundHasher(HashAlgorithm.Sha256);
            store.WriteNar(path, new TeeSink(to, hasher));
            Hash hash = hasher.Finish();
            if (hash != info.NarHash && info.NarHash != new Hash(HashAlgorithm.Sha256, new byte[32]))
                throw new StoreException("hash of path '" + store.StoreDir.Print(path) + "' has changed from '" + info.NarHash.ToString(HashFormat.Nix32, true) + "' to '" + hash.ToString(HashFormat.Nix32, true) + "'!");
            Number(head, TrailerMagic);
            Text(head, store.StoreDir.Print(path));
            Number(head, (ulong)info.References.Count);
            foreach (StorePath reference in info.References) Text(head, store.StoreDir.Print(reference));
            Text(head, info.Deriver is { } deriver ? store.StoreDir.Print(deriver) : "");
            Number(head, 0);
            Flush(head, to);
        }
        Number(head, 0);
        Flush(head, to);
    }

    private static void Flush(ByteBuffer buffer, IByteSink to)
    {
        to.Write(buffer.Span);
        buffer.Clear();
    }

    private static void Number(ByteBuffer to, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to.Reserve(8), value);
        to.Advance(8);
    }

    private static void Text(ByteBuffer to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Number(to, (ulong)bytes.Length);
        to.Write(bytes);
        to.Write(stackalloc byte[-bytes.Length & 7]);
    }

    /// <summary>Adds all paths of a stream and tells each as it becomes valid.</summary>
    /// <exception cref="StoreException">It is no such stream, or a path cannot be added.</exception>
    public static void Import<TStore>(TStore store, Stream from, Action<StorePath> added) where TStore : IPathInfos, INarAdder
    {
        while (true)
        {
            ulong more = Number(from);
            if (more == 0) return;
            if (more != 1) throw new StoreException("input doesn't look like something created by 'nix-store --export'");
            // The path comes after its contents, so they have to wait somewhere.
            using var spool = new Spool();
            using var hasher = new BackgroundHasher(HashAlgorithm.Sha256);
            NarReader.Read(from, new NarWriter(new TeeSink(hasher, spool)));
            if (Number(from) != TrailerMagic) throw new StoreException("Nix archive cannot be imported; wrong format");
            StorePath path = store.StoreDir.Parse(Text(from));
            var references = new SortedSet<StorePath>();
            for (ulong count = Number(from); count > 0; count--) references.Add(store.StoreDir.Parse(Text(from)));
            string deriver = Text(from);
            // A signature of an old kind may follow.
            ulong signed = Number(from);
            if (signed > uint.MaxValue) throw new StoreException("serialised integer " + signed + " is too large for type 'j'");
            if (signed == 1) Text(from);
            ulong size = hasher.Count;
            store.AddNar(new PathInfo
            {
                Path = path,
                NarHash = hasher.Finish(),
                NarSize = size,
                References = [.. references],
                Deriver = deriver.Length == 0 ? null : store.StoreDir.Parse(deriver),
            }, spool.Reopen());
            added(path);
        }
    }

    private static ulong Number(Stream from)
    {
        Span<byte> bytes = stackalloc byte[8];
        ReadExactly(from, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private static string Text(Stream from)
    {
        ulong length = Number(from);
        if (length > LongestText) throw new StoreException("string is too long");
        byte[] bytes = new byte[(length + 7) & ~7UL];
        ReadExactly(from, bytes);
        if (bytes.AsSpan((int)length).ContainsAnyExcept((byte)0)) throw new StoreException("non-zero padding");
        return Encoding.UTF8.GetString(bytes, 0, (int)length);
    }

    private static void ReadExactly(Stream from, Span<byte> bytes)
    {
        if (from.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw new UnexpectedEndException("unexpected end-of-file");
    }
}
