using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Git;

/// <summary>A hash of what makes a working tree differ from the commit that is checked out.</summary>
/// <remarks>The same as that of Nix, which shows as the fingerprint of a flake.</remarks>
internal static class WorkingChanges
{
    /// <summary>In base 16.</summary>
    public static string Hash(GitRepository repository)
    {
        Hasher hasher = new(HashAlgorithm.Sha512);
        (string[] changed, string[] deleted) = repository.Changes();
        foreach (string path in changed)
        {
            Text(hasher, "modified:");
            Text(hasher, "/" + path);
            WriteNar(new FileInfo(Path.Combine(repository.Directory, path)), hasher);
        }

        foreach (string path in deleted)
        {
            Text(hasher, "deleted:");
            Text(hasher, "/" + path);
        }

        return hasher.Finish().ToString(HashFormat.Base16, false);
    }

    // As the protocols of Nix write strings: the length, the bytes, zeroes up to a multiple of eight.
    private static void Text(Hasher hasher, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] padded = new byte[8 + ((bytes.Length + 7) / 8 * 8)];
        BinaryPrimitives.WriteUInt64LittleEndian(padded, (ulong)bytes.Length);
        bytes.CopyTo(padded, 8);
        hasher.Write(padded);
    }

    private static void WriteNar(FileInfo file, IByteSink sink)
    {
        if (file.LinkTarget is { } target)
        {
            new NarWriter(sink).Symlink(Encoding.UTF8.GetBytes(target));
            return;
        }

        NarWriter.WriteFile(File.ReadAllBytes(file.FullName), (file.UnixFileMode & UnixFileMode.UserExecute) != 0, sink);
    }
}
