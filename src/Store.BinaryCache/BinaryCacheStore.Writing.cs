using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Formats.Hashing;
using Firn.Formats.NarInfo;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.BinaryCache;

// Contents first, facts last: whoever sees a .narinfo file finds everything else.
public partial class BinaryCacheStore
{
    private const string DebugPrefix = "lib/debug/.build-id/";

    // Several are under way at once.
    private const ulong LongestInMemory = 8 << 20;

    private readonly ConcurrentBag<PieceCompressor> _compressors = [];

    public void AddNar(PathInfo info, Stream nar, bool repair = false) => AddNar(info, to => Copy(info, nar, to), repair);

    /// <summary>As the other, with contents that their owner writes.</summary>
    /// <param name="write">Writes the NAR.</param>
    /// <exception cref="StoreException">Hash or size differ, a reference is not in the cache, or the cache cannot be written.</exception>
    public void AddNar(PathInfo info, Action<IByteSink> write, bool repair = false)
    {
        Connect();
        if (!repair && IsValid(info.Path)) return;
        FileStream packed = _files.CreateTemporary();
        string temporary = packed.Name;
        try
        {
            NarInfoFile file = Pack(info, write, packed);
            CheckReferences(info);
            if (_options.WriteListing || _options.IndexDebugInfo) Describe(file, temporary);
            // The name is the hash of the contents.
            if (repair || !_files.ExistsAsync(file.Url, CancellationToken.None).GetAwaiter().GetResult())
                _files.Take(temporary, file.Url, "application/x-nix-nar");
            Write(Sign(file));
        }
        finally
        {
            packed.Dispose();
            File.Delete(temporary);
        }
    }

    private static void Copy(PathInfo info, Stream nar, IByteSink to)
    {
        if (info.NarSize == 0)
        {
            NarReader.Read(nar, new NarWriter(to));
            return;
        }

        byte[] buffer = new byte[1 << 16];
        for (ulong left = info.NarSize; left > 0;)
        {
            int n = nar.Read(buffer, 0, (int)Math.Min(left, (ulong)buffer.Length));
            if (n == 0) throw new StoreException("unexpected end-of-file");
            to.Write(buffer.AsSpan(0, n));
            left -= (ulong)n;
        }
    }

    private NarInfoFile Pack(PathInfo info, Action<IByteSink> write, FileStream packed)
    {
        long start = Stopwatch.GetTimestamp();
        if (!Compressed.TryParse(_options.Compression, out CompressionKind kind)) throw new StoreException(Compressed.Unsupported(_options.Compression));
        (Hash narHash, ulong narSize, Hash fileHash, ulong fileSize) = Pack(info, kind, write, packed);
        if (narHash != info.NarHash)
            throw new StoreException("hash mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarHash.ToString(HashFormat.Nix32, true) + "\n  got:       " + narHash.ToString(HashFormat.Nix32, true));
        if (info.NarSize != 0 && narSize != info.NarSize)
            throw new StoreException("size mismatch importing path '" + StoreDir.Print(info.Path) + "';\n  specified: " + info.NarSize + "\n  got:       " + narSize);
        double saved = (1.0 - ((double)fileSize / narSize)) * 100;
        _log.Write(StoreLogLevel.Talkative, string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"copying path '{StoreDir.Print(info.Path)}' ({narSize} bytes, compressed {saved:F1}% in {(long)Stopwatch.GetElapsedTime(start).TotalMilliseconds} ms) to binary cache"));
        List<Signature> signatures = [];
        foreach (string text in info.Signatures) signatures.Add(Signature.Parse(text));
        return new NarInfoFile
        {
            Path = info.Path,
            Url = "nar/" + fileHash.ToString(HashFormat.Nix32, false) + ".nar" + Extension(kind),
            Compression = _options.Compression,
            FileHash = fileHash,
            FileSize = fileSize,
            NarHash = narHash,
            NarSize = narSize,
            References = [.. info.References],
            Deriver = info.Deriver,
            Signatures = [.. signatures],
            ContentAddress = info.ContentAddress,
        };
    }

    private Packed Pack(PathInfo info, CompressionKind kind, Action<IByteSink> write, FileStream packed)
    {
        try
        {
            Packed result = kind == CompressionKind.None ? Store(write, packed)
                : PieceCompressor.Serves(kind) && !_options.ParallelCompression && info.NarSize is > 0 and <= LongestInMemory ? PackInMemory((int)info.NarSize, write, packed)
                : PackStream(info, kind, write, packed);
            packed.Flush();
            return result;
        }
        catch (Exception e) when (e is FetchException or IOException)
        {
            throw new StoreException("compressing '" + StoreDir.Print(info.Path) + "': " + e.Message, e);
        }
    }

    // The file is the NAR: one hash is both.
    private static Packed Store(Action<IByteSink> write, FileStream packed)
    {
        Hasher hasher = new(HashAlgorithm.Sha256);
        write(new TeeSink(hasher, new StreamSink(packed)));
        ulong size = hasher.Count;
        Hash hash = hasher.Finish();
        return new Packed(hash, size, hash, size);
    }

    private Packed PackStream(PathInfo info, CompressionKind kind, Action<IByteSink> write, FileStream packed)
    {
        Hasher narHasher = new(HashAlgorithm.Sha256);
        HashedFile hashed = new(packed);
        long length = info.NarSize is > 0 and <= long.MaxValue ? (long)info.NarSize : -1;
        using (Stream compressor = Compressed.Compress(hashed, kind, _options.CompressionLevel, _options.ParallelCompression, length))
            write(new TeeSink(narHasher, new StreamSink(compressor)));
        ulong narSize = narHasher.Count, fileSize = hashed.Count;
        return new Packed(narHasher.Finish(), narSize, hashed.Finish(), fileSize);
    }

    private Packed PackInMemory(int size, Action<IByteSink> write, FileStream packed)
    {
        Hasher narHasher = new(HashAlgorithm.Sha256);
        byte[] nar = ArrayPool<byte>.Shared.Rent(size), file = ArrayPool<byte>.Shared.Rent(PieceCompressor.Bound(size));
        PieceCompressor compressor = _compressors.TryTake(out PieceCompressor? idle) ? idle : PieceCompressor.Zstd(_options.CompressionLevel);
        try
        {
            Beginning kept = new(nar, size);
            write(new TeeSink(narHasher, kept));
            ReadOnlySpan<byte> result = file.AsSpan(0, compressor.Compress(nar.AsSpan(0, kept.Length), file));
            packed.Write(result);
            ulong narSize = narHasher.Count;
            return new Packed(narHasher.Finish(), narSize, Hash.Sha256(result), (ulong)result.Length);
        }
        finally
        {
            _compressors.Add(compressor);
            ArrayPool<byte>.Shared.Return(nar);
            ArrayPool<byte>.Shared.Return(file);
        }
    }

    // Of gzip there is none, as the field has it.
    private static string Extension(CompressionKind kind) => kind switch
    {
        CompressionKind.Xz => ".xz",
        CompressionKind.Bzip2 => ".bz2",
        CompressionKind.Zstd => ".zst",
        CompressionKind.Brotli => ".br",
        CompressionKind.Lzip => ".lzip",
        CompressionKind.Lz4 => ".lz4",
        CompressionKind.None or CompressionKind.Gzip or CompressionKind.Lzma => "",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private void CheckReferences(PathInfo info)
    {
        List<StorePath> others = new(info.References.Count);
        foreach (StorePath reference in info.References)
            if (reference != info.Path) others.Add(reference);
        IReadOnlySet<StorePath> valid = FilterValid(others);
        foreach (StorePath reference in others)
            if (!valid.Contains(reference))
                throw new StoreException("cannot add '" + StoreDir.Print(info.Path) + "' to the binary cache because the reference '" + StoreDir.Print(reference) + "' is not valid");
    }

    private void Describe(NarInfoFile file, string packed)
    {
        Compressed.TryParse(file.Compression, out CompressionKind kind);
        NarListing listing;
        using (Stream nar = Compressed.Decompress(new FileStream(packed, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), kind)) listing = NarListing.Read(nar);
        if (_options.WriteListing) _files.Write(file.Path.HashPart + ".ls", listing.Json, "application/json");
        if (!_options.IndexDebugInfo) return;
        foreach (byte[] path in listing.RegularFiles)
        {
            string member = Encoding.UTF8.GetString(path);
            if (BuildId(member) is not { } id) continue;
            string key = "debuginfo/" + id;
            if (_files.ExistsAsync(key, CancellationToken.None).GetAwaiter().GetResult()) continue;
            ByteBuffer text = new();
            Formats.Json.JsonTextWriter json = new(text);
            json.BeginObject();
            json.Name("archive"u8);
            json.String("../" + file.Url);
            json.Name("member"u8);
            json.String(member);
            json.EndObject();
            _files.Write(key, text.Memory, "application/json");
        }
    }

    /// <summary>The build id that a file of debug information is named by, with its extension; null where it is none.</summary>
    private static string? BuildId(string member)
    {
        const int start = 2, rest = 38;
        if (!member.StartsWith(DebugPrefix, StringComparison.Ordinal) || member.Length != DebugPrefix.Length + start + 1 + rest + ".debug".Length
            || member[DebugPrefix.Length + start] != '/' || !member.EndsWith(".debug", StringComparison.Ordinal)) return null;
        string digits = member.Substring(DebugPrefix.Length, start) + member.Substring(DebugPrefix.Length + start + 1, rest);
        return digits.AsSpan().ContainsAnyExcept("0123456789abcdef") ? null : digits + ".debug";
    }

    private NarInfoFile Sign(NarInfoFile file)
    {
        if (_options.SecretKeys.Count == 0) return file;
        byte[] text = file.ToFingerprint(StoreDir);
        SortedSet<string> signatures = new(StringComparer.Ordinal);
        foreach (Signature signature in file.Signatures) signatures.Add(signature.ToString());
        foreach (SecretKey key in _options.SecretKeys) signatures.Add(key.Sign(text).ToString());
        return WithSignatures(file, signatures);
    }

    private static NarInfoFile WithSignatures(NarInfoFile file, SortedSet<string> texts)
    {
        List<Signature> signatures = new(texts.Count);
        foreach (string text in texts) signatures.Add(Signature.Parse(text));
        return file with { Signatures = [.. signatures] };
    }

    private void Write(NarInfoFile file)
    {
        string text = file.ToText(StoreDir);
        _files.Write(file.Path.HashPart + ".narinfo", Encoding.UTF8.GetBytes(text), "text/x-nix-narinfo");
        _infos[file.Path.HashPart] = Task.FromResult<NarInfoFile?>(file);
        _answers?.Put(Url, file.Path.HashPart, text);
    }

    public void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures)
    {
        NarInfoFile file = FindInfo(path) ?? throw new InvalidPathException(StoreDir, path);
        SortedSet<string> all = new(signatures, StringComparer.Ordinal);
        foreach (Signature signature in file.Signatures) all.Add(signature.ToString());
        Write(WithSignatures(file, all));
    }

    public void AddLog(StorePath derivation, ReadOnlyMemory<byte> log)
    {
        Connect();
        _files.Write("log/" + derivation.BaseName, log, "text/plain; charset=utf-8");
    }

    public void RegisterRealisation(Realisation realisation)
    {
        Connect();
        byte[] text = realisation.ToJson();
        _files.Write(RealisationFile(realisation.Id), text, "application/json");
        _answers?.PutRealisation(Url, realisation.Id.ToString(), Encoding.UTF8.GetString(text));
    }

    /// <summary>What came of a NAR.</summary>
    private readonly record struct Packed(Hash NarHash, ulong NarSize, Hash FileHash, ulong FileSize);

    /// <summary>Keeps as much as was announced: what is longer is refused by its hash.</summary>
    private sealed class Beginning(byte[] target, int size) : IByteSink
    {
        internal int Length { get; private set; }

        public void Write(ReadOnlySpan<byte> data)
        {
            ReadOnlySpan<byte> taken = data[..Math.Min(data.Length, size - Length)];
            taken.CopyTo(target.AsSpan(Length));
            Length += taken.Length;
        }
    }

    /// <summary>Writes to a file that stays open, and hashes what it writes.</summary>
    private sealed class HashedFile(FileStream file) : ForwardWriter
    {
        private readonly Hasher _hasher = new(HashAlgorithm.Sha256);

        internal ulong Count => _hasher.Count;

        internal Hash Finish() => _hasher.Finish();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hasher.Write(buffer);
            file.Write(buffer);
        }
    }
}
