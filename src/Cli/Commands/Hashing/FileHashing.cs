using System;
using System.IO;
using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands.Hashing;

/// <summary>Hashes of files as <c>nix hash</c> and <c>nix-hash</c> print them.</summary>
internal static class FileHashing
{
    // Bytes, as many as store paths have.
    private const int TruncatedSize = 20;

    /// <summary>The hash of a file or directory.</summary>
    /// <param name="caseHack">As the setting <c>use-case-hack</c>.</param>
    public static Hash Of(string path, ContentAddressMethod method, HashAlgorithm algorithm, bool caseHack)
    {
        using BackgroundHasher hasher = new(algorithm);
        switch (method)
        {
            case ContentAddressMethod.Flat:
                HashFile(path, hasher);
                break;
            case ContentAddressMethod.NixArchive:
                LocalStore.DumpTree(Canonical(path), hasher, caseHack);
                break;
            case ContentAddressMethod.Git:
                return LocalStore.HashGit(Canonical(path), algorithm, caseHack);
            default:
                throw new CliException($"hashing files with the method '{method.Name()}' is not supported");
        }

        return hasher.Finish();
    }

    /// <summary>The text of a hash; SRI names its algorithm, the others do not.</summary>
    /// <param name="truncate">Whether what is longer than the hash of a store path is folded to that length.</param>
    public static string Print(Hash hash, HashFormat format, bool truncate = false)
    {
        if (!truncate || hash.Size <= TruncatedSize)
        {
            return hash.ToString(format, format == HashFormat.Sri);
        }

        Span<byte> folded = stackalloc byte[TruncatedSize];
        hash.Compress(folded);
        return format switch
        {
            HashFormat.Base16 => Base16.Encode(folded),
            HashFormat.Nix32 => Nix32.Encode(folded),
            HashFormat.Base64 => Base64.Encode(folded),
            HashFormat.Sri => hash.Algorithm.Name() + "-" + Base64.Encode(folded),
        };
    }

    /// <summary>The path with links in the folders before its last part followed; a link itself is hashed as one.</summary>
    private static string Canonical(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.Exists(full) || new FileInfo(full).LinkTarget is not null ? full : throw new CliException($"path '/{full}' does not exist");
    }

    private static void HashFile(string path, BackgroundHasher hasher)
    {
        // Not FileStream.Length and the like: it may be a pipe.
        using FileStream file = SystemErrors.OpenRead(path);
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            Span<byte> room = hasher.Reserve();
            if (room.IsEmpty)
            {
                room = buffer;
            }

            int length = file.Read(room);
            if (length == 0)
            {
                return;
            }

            hasher.Write(room[..length]);
        }
    }
}
