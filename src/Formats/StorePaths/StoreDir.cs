using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;

namespace Firn.Formats.StorePaths;

/// <summary>
/// The logical folder of a store (its real one may be elsewhere), which takes part in every store path. Reads and prints
/// store paths, and computes them.
/// </summary>
/// <remarks>Nix manual, protocols/store-path</remarks>
public sealed record StoreDir
{
    private readonly byte[] _path;

    /// <summary>The usual folder, <c>/nix/store</c>.</summary>
    public static readonly StoreDir Default = new("/nix/store");

    /// <param name="path">Absolute and canonical.</param>
    public StoreDir(string path)
    {
        Path = path;
        _path = Encoding.UTF8.GetBytes(path);
    }

    public string Path { get; }

    /// <summary>The folder as bytes.</summary>
    public ReadOnlySpan<byte> PathBytes => _path;

    /// <summary>The whole path of a store object.</summary>
    public string Print(StorePath path) => string.Concat(Path, "/", path.BaseName);

    /// <summary>The whole path of a store object, as bytes.</summary>
    public byte[] PrintBytes(StorePath path)
    {
        string name = path.BaseName;
        byte[] text = GC.AllocateUninitializedArray<byte>(_path.Length + 1 + name.Length);
        _path.CopyTo(text, 0);
        text[_path.Length] = (byte)'/';
        Encoding.ASCII.GetBytes(name, text.AsSpan(_path.Length + 1));
        return text;
    }

    /// <summary>Writes the whole path of a store object.</summary>
    public void Print(StorePath path, ByteBuffer to)
    {
        to.Write(_path);
        to.Write((byte)'/');
        to.WriteAscii(path.BaseName);
    }

    /// <summary>Reads the whole path of a store object.</summary>
    /// <exception cref="BadStorePathException">It is none.</exception>
    public StorePath Parse(string path)
    {
        string canonical = Canonical(path);
        int slash = canonical.LastIndexOf('/');
        return canonical.AsSpan(0, slash).Equals(Path, StringComparison.Ordinal)
            ? new StorePath(canonical[(slash + 1)..])
            : throw new BadStorePathException($"path \"{canonical}\" is not in the Nix store");
    }

    /// <inheritdoc cref="Parse(string)"/>
    public StorePath Parse(ReadOnlySpan<byte> path) => Parse(Encoding.UTF8.GetString(path));

    /// <summary>Whether it is the whole path of a store object, and which.</summary>
    public bool TryParse(string path, out StorePath storePath)
    {
        try
        {
            storePath = path.StartsWith('/') ? Parse(path) : default;
            return path.StartsWith('/');
        }
        catch (BadStorePathException)
        {
            storePath = default;
            return false;
        }
    }

    /// <summary>Whether a canonical path lies in the store, below the folder itself.</summary>
    public bool Contains(string path) => path.Length > Path.Length + 1 && path.StartsWith(Path, StringComparison.Ordinal) && path[Path.Length] == '/';

    /// <summary>Splits a path in the store into the store object and what follows it (empty, or beginning with a slash).</summary>
    /// <exception cref="BadStorePathException">It does not lie in the store.</exception>
    public (StorePath Path, string Inside) Split(string path)
    {
        string canonical = Canonical(path);
        if (!Contains(canonical))
        {
            throw new BadStorePathException($"path \"{canonical}\" is not in the Nix store");
        }

        int slash = canonical.IndexOf('/', Path.Length + 1);
        return slash < 0
            ? (new StorePath(canonical[(Path.Length + 1)..]), "")
            : (new StorePath(canonical[(Path.Length + 1)..slash]), canonical[slash..]);
    }

    /// <summary>The path of a type, a hash in text form and a name.</summary>
    public StorePath Make(ReadOnlySpan<byte> type, Hash hash, string name)
    {
        ByteBuffer text = ByteBuffer.Borrow(256);
        text.Write(type);
        return Make(text, hash, name);
    }

    /// <summary>The path of an output of a derivation.</summary>
    /// <param name="hash">The derivation's hash modulo fixed outputs.</param>
    /// <param name="name">Name of the derivation.</param>
    public StorePath MakeOutput(string output, Hash hash, string name)
    {
        ByteBuffer text = ByteBuffer.Borrow(256);
        text.Write("output:"u8);
        text.WriteUtf8(output);
        return Make(text, hash, OutputName(name, output));
    }

    /// <summary>The path of a file hashed as it is, with references.</summary>
    /// <param name="hash">SHA-256.</param>
    /// <param name="references">Sorted.</param>
    public StorePath MakeText(string name, Hash hash, IReadOnlyList<StorePath> references)
    {
        ByteBuffer text = ByteBuffer.Borrow(256);
        text.Write("text"u8);
        return Make(References(text, references, false), hash, name);
    }

    /// <summary>The path of a content-addressed object, with references where the method has them.</summary>
    /// <param name="references">Sorted, without the object itself.</param>
    /// <param name="self">Whether the object refers to itself.</param>
    /// <exception cref="FormatsException">The method has no references and some are given, or the hash does not fit.</exception>
    public StorePath MakeFromContentAddress(string name, ContentAddress address, IReadOnlyList<StorePath>? references = null, bool self = false)
    {
        references ??= [];
        if (address.Method == ContentAddressMethod.Text)
        {
            return self
                ? throw new FormatsException("self-reference not allowed with text hashing")
                : address.Hash.Algorithm != HashAlgorithm.Sha256
                ? throw new FormatsException("text hashing must use a SHA-256 hash")
                : MakeText(name, address.Hash, references);
        }

        if (address.Method == ContentAddressMethod.Git && address.Hash.Algorithm is not (HashAlgorithm.Sha1 or HashAlgorithm.Sha256))
        {
            throw new FormatsException($"Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: {address.Hash.Algorithm.Name()}");
        }

        ByteBuffer text = ByteBuffer.Borrow(256);
        if (address.Method == ContentAddressMethod.NixArchive && address.Hash.Algorithm == HashAlgorithm.Sha256)
        {
            text.Write("source"u8);
            return Make(References(text, references, self), address.Hash, name);
        }

        if (references.Count > 0 || self)
        {
            throw new FormatsException($"fixed output derivation '{name}' is not allowed to refer to other store paths.\nYou may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details.");
        }

        text.Write("fixed:out:"u8);
        text.WriteAscii(address.Method.Prefix());
        text.WriteAscii(address.Hash.Algorithm.Name());
        text.Write((byte)':');
        text.WriteBase16(address.Hash);
        text.Write((byte)':');
        Hash contents = Hash.Sha256(text.Span);
        text.GiveBack();
        return Make("output:out"u8, contents, name);
    }

    /// <summary>The name of an output's path: the derivation's, and the output's unless it is <c>out</c>.</summary>
    public static string OutputName(string derivation, string output) => output == "out" ? derivation : $"{derivation}-{output}";

    /// <summary>An absolute path without empty, <c>.</c> and <c>..</c> components and without a slash at its end.</summary>
    /// <exception cref="BadStorePathException">It is not absolute.</exception>
    public static string Canonical(string path)
    {
        if (!path.StartsWith('/'))
        {
            throw new BadStorePathException($"not an absolute path: \"{path}\"");
        }

        if (!path.EndsWith('/') && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal))
        {
            return path;
        }

        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private ByteBuffer References(ByteBuffer type, IReadOnlyList<StorePath> references, bool self)
    {
        foreach (StorePath reference in references)
        {
            type.Write((byte)':');
            Print(reference, type);
        }

        if (self)
        {
            type.Write(":self"u8);
        }

        return type;
    }

    private StorePath Make(ByteBuffer type, Hash hash, string name)
    {
        type.Write((byte)':');
        type.WriteAscii(hash.Algorithm.Name());
        type.Write((byte)':');
        type.WriteBase16(hash);
        type.Write((byte)':');
        type.Write(_path);
        type.Write((byte)':');
        type.WriteUtf8(name);
        Span<byte> folded = stackalloc byte[StorePath.HashSize];
        Hash.Sha256(type.Span).Compress(folded);
        type.GiveBack();
        return new StorePath(folded, name);
    }

    public bool Equals(StoreDir? other) => other is not null && Path == other.Path;

    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Path;
}
