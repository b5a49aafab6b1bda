using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Formats.Git;

/// <summary>
/// Hashes a file system object as Git does: a file or link is a blob, a directory a tree of the hashes below. That a
/// single file is executable does not count.
/// </summary>
/// <remarks>https://git-scm.com/docs/gitformat-pack and https://git-scm.com/book/en/v2/Git-Internals-Git-Objects</remarks>
public sealed class GitTreeHasher : INarSink
{
    private const string FileMode = "100644", ExecutableMode = "100755", LinkMode = "120000", DirectoryMode = "40000";

    private readonly HashAlgorithm _algorithm;
    private readonly Stack<(List<Member> Entries, byte[] Name)> _directories = new();
    private byte[] _name = [];
    private Hasher? _blob;
    private bool _executable;
    private Hash? _root;

    /// <param name="algorithm">SHA-1 or SHA-256.</param>
    /// <exception cref="FormatsException">Git does not know the algorithm.</exception>
    public GitTreeHasher(HashAlgorithm algorithm)
    {
        _algorithm = algorithm is HashAlgorithm.Sha1 or HashAlgorithm.Sha256
            ? algorithm
            : throw new FormatsException($"cannot use hash algorithm '{algorithm.Name()}' with Git: only 'sha1' and 'sha256' are known to it");
    }

    /// <summary>The hash, after the root's last event.</summary>
    public Hash Finish() => _root ?? throw new InvalidOperationException("There was no event.");

    public void BeginRegular(bool executable, long size)
    {
        _executable = executable;
        _blob = Begin("blob", size);
    }

    public void Contents(ReadOnlySpan<byte> data) => _blob!.Write(data);

    public void EndRegular() => Put(_executable ? ExecutableMode : FileMode, _blob!.Finish());

    public void Symlink(ReadOnlySpan<byte> target)
    {
        Hasher blob = Begin("blob", target.Length);
        blob.Write(target);
        Put(LinkMode, blob.Finish());
    }

    public void BeginDirectory() => _directories.Push(([], _name));

    public void Entry(ReadOnlySpan<byte> name) => _name = name.ToArray();

    public void EndDirectory()
    {
        (List<Member> entries, byte[] name) = _directories.Pop();
        // Directories are sorted as if a slash followed their names.
        entries.Sort(static (a, b) => a.SortKey.AsSpan().SequenceCompareTo(b.SortKey));
        ByteBuffer text = new();
        foreach (Member entry in entries)
        {
            text.WriteAscii(entry.Mode);
            text.Write((byte)' ');
            text.Write(entry.Name);
            text.Write((byte)0);
            text.Write(entry.Hash.Bytes);
        }

        Hasher tree = Begin("tree", text.Length);
        tree.Write(text.Span);
        _name = name;
        Put(DirectoryMode, tree.Finish());
    }

    private Hasher Begin(string type, long size)
    {
        Hasher hasher = new(_algorithm);
        hasher.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type} {size}\0")));
        return hasher;
    }

    private void Put(string mode, Hash hash)
    {
        if (_directories.TryPeek(out (List<Member> Entries, byte[] Name) parent))
        {
            parent.Entries.Add(new Member(_name, mode, hash, mode == DirectoryMode ? [.. _name, (byte)'/'] : _name));
        }
        else
        {
            _root = hash;
        }
    }

    private readonly record struct Member(byte[] Name, string Mode, Hash Hash, byte[] SortKey);
}
