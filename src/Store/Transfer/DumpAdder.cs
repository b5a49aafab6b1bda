using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Git;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>Adds contents that come as a stream, and are addressed by what they turn out to be.</summary>
public static class DumpAdder
{
    /// <summary>Adds contents that the stream gives as they are, or as a NAR.</summary>
    /// <param name="from">For a method that hashes the file alone its bytes, else its NAR; read to the end of either.</param>
    /// <param name="inNar">Even the bytes of a file come as a NAR.</param>
    /// <returns>What was added, or was there.</returns>
    /// <exception cref="StoreException">The store cannot take it, or the method does not go with what it is.</exception>
    public static PathInfo Add(
        IPathInfos store, INarAdder adder, Stream from, string name, ContentAddressMethod method, HashAlgorithm algorithm, IReadOnlyList<StorePath> references, bool repair, bool inNar = false)
    {
        StorePathName.Check(name);
        using var spool = new Spool();
        var narHasher = new Hasher(HashAlgorithm.Sha256);
        var nar = new NarWriter(new TeeSink(narHasher, spool));
        Hash contents;
        switch (method)
        {
            case ContentAddressMethod.Flat or ContentAddressMethod.Text when !inNar:
                contents = AddFile(from, algorithm, nar);
                break;
            case ContentAddressMethod.Flat or ContentAddressMethod.Text:
                var bytes = new Hasher(algorithm);
                NarReader.Read(from, new TeeNarSink(new FlatNarSink(bytes, name), new PlainFileNarSink(nar)));
                contents = bytes.Finish();
                break;
            case ContentAddressMethod.Git:
                var git = new GitTreeHasher(algorithm);
                NarReader.Read(from, new TeeNarSink(git, nar));
                contents = git.Finish();
                break;
            default:
                var hasher = new Hasher(algorithm);
                NarReader.Read(from, new NarWriter(new TeeSink(hasher, new TeeSink(narHasher, spool))));
                contents = hasher.Finish();
                break;
        }
        var address = new ContentAddress(method, contents);
        ulong size = narHasher.Count;
        var info = new PathInfo
        {
            Path = store.StoreDir.MakeFromContentAddress(name, address, references),
            NarHash = narHasher.Finish(),
            NarSize = size,
            References = references,
            ContentAddress = address,
        };
        adder.AddNar(info, spool.Reopen(), repair);
        return store.Find(info.Path) ?? info;
    }

    // The size stands before the contents, so those have to wait.
    private static Hash AddFile(Stream from, HashAlgorithm algorithm, NarWriter nar)
    {
        using var raw = new Spool();
        var hasher = new Hasher(algorithm);
        Copy(from, new TeeSink(hasher, raw));
        nar.BeginRegular(false, (long)hasher.Count);
        Copy(raw.Reopen(), new ContentsSink(nar));
        nar.EndRegular();
        return hasher.Finish();
    }

    private static void Copy(Stream from, IByteSink to)
    {
        byte[] piece = new byte[64 * 1024];
        for (int n; (n = from.Read(piece)) > 0;) to.Write(piece.AsSpan(0, n));
    }

    private sealed class ContentsSink(INarSink to) : IByteSink
    {
        public void Write(ReadOnlySpan<byte> data) => to.Contents(data);
    }
}
