using System;
using System.IO;
using System.IO.Compression;
using Firn.Fetchers.Compression;

namespace Firn.Fetchers.Archives;

/// <summary>Unpacks archives whatever their form.</summary>
public static class Archive
{
    /// <summary>Unpacks a tar archive, compressed in any way we know, or a zip archive.</summary>
    /// <param name="archive">Stands at the start; seekable.</param>
    /// <param name="directory">Must exist, be empty, and be out of others' reach.</param>
    /// <returns>The latest time of modification among the entries, seconds since 1970.</returns>
    /// <exception cref="FetchException">It is damaged, wants to escape, or is of an unknown kind.</exception>
    public static long Unpack(Stream archive, string directory)
    {
        Span<byte> start = stackalloc byte[6];
        int n = archive.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        archive.Position -= n;
        if (start is [(byte)'P', (byte)'K', 3 or 5, 4 or 6, ..])
        {
            return UnpackZip(archive, directory);
        }

        try
        {
            using Stream plain = Compressed.Decompress(archive, Compressed.Detect(start[..n]));
            return new TarExtractor(directory).Extract(plain);
        }
        catch (InvalidDataException e)
        {
            throw new FetchException("damaged archive: " + e.Message, e);
        }
    }

    /// <summary>Unpacks the files of a Debian package: the one member <c>data.tar*</c> of an ar archive.</summary>
    /// <param name="deb">Stands at the start.</param>
    /// <param name="into">Where they go; what other packages put there stays.</param>
    /// <exception cref="FetchException">It is not a Debian package, is damaged, or wants to escape.</exception>
    public static void UnpackDeb(Stream deb, TarExtractor into)
    {
        ArReader members = new(deb);
        while (members.Next() is { } member)
        {
            if (!member.Name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                continue;
            }

            CompressionKind kind = Compressed.OfName(member.Name);
            if (kind == CompressionKind.None && member.Name != "data.tar")
            {
                throw new FetchException($"Debian package with '{member.Name}', compressed in an unknown way");
            }

            using Stream tar = Compressed.Decompress(member.Contents, kind);
            into.Extract(tar);
            return;
        }

        throw new FetchException("not a Debian package: it has no data.tar");
    }

    private static long UnpackZip(Stream archive, string directory)
    {
        long latest = 0;
        using ZipArchive zip = new(archive, ZipArchiveMode.Read, leaveOpen: true);
        string top = Path.GetFullPath(directory) + "/";
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string path = Path.GetFullPath(Path.Combine(top, entry.FullName.TrimStart('/')));
            if (!(path + "/").StartsWith(top, StringComparison.Ordinal))
            {
                throw new FetchException($"zip archive has an entry '{entry.FullName}' that leads outside");
            }

            latest = Math.Max(latest, entry.LastWriteTime.ToUnixTimeSeconds());
            int mode = (entry.ExternalAttributes >> 16) & 0xffff;
            if (entry.FullName.EndsWith('/'))
            {
                Directory.CreateDirectory(path);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            for (string? up = Path.GetDirectoryName(path); up is not null && up.Length >= top.Length; up = Path.GetDirectoryName(up))
            {
                if (new DirectoryInfo(up).LinkTarget is not null)
                {
                    throw new FetchException($"zip archive has an entry '{entry.FullName}' below a symbolic link");
                }
            }

            using Stream contents = entry.Open();
            if ((mode & 0xf000) == 0xa000)
            {
                using StreamReader target = new(contents);
                File.CreateSymbolicLink(path, target.ReadToEnd());
                continue;
            }

            using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
            contents.CopyTo(file);
            File.SetUnixFileMode(file.SafeFileHandle, (UnixFileMode)(mode & 0x1ed) | UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return latest;
    }
}
