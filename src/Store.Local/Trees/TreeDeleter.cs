using System;
using System.Collections.Generic;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>Deletes files and directories by descriptor, so that nobody can lead it elsewhere with a symbolic link.</summary>
internal static class TreeDeleter
{
    private const uint OwnerAll = 0x1c0;

    /// <summary>Deletes a path; none is fine. Returns bytes made free, counting as Nix does: sizes of files that had at most two links.</summary>
    internal static ulong Delete(string path)
    {
        int slash = path.TrimEnd('/').LastIndexOf('/');
        string parent = slash <= 0 ? "/" : path[..slash];
        int error = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(parent), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (error == -Libc.ENOENT) return 0;
        if (error < 0) throw new PosixException(-error, "opening directory " + Files.Quote(parent));
        using var directory = new Descriptor(error);
        return Delete(directory.Value, Files.Bytes(path.TrimEnd('/')[(slash + 1)..]), parent);
    }

    /// <summary>As <see cref="Delete(string)"/>, for a name in an open directory.</summary>
    /// <param name="parent">Path of the directory, for messages.</param>
    internal static ulong Delete(int directory, ReadOnlySpan<byte> name, string parent)
    {
        // Files come first in any store, and unlinking one costs no lookup of its type; its size does.
        if (!Files.TryStat(directory, name, out FileFacts facts)) return 0;
        ulong freed = 0;
        PosixException? failure = null;
        DeleteOne(directory, name, facts, parent, ref freed, ref failure);
        return failure == null ? freed : throw failure;
    }

    private static void DeleteOne(int parent, ReadOnlySpan<byte> name, in FileFacts facts, string parentPath, ref ulong freed, ref PosixException? failure)
    {
        int error;
        if (!facts.IsDirectory)
        {
            error = Files.Unlink(parent, name);
            if (error == 0 && facts.Links <= 2) freed += facts.Size;
        }
        else
        {
            string path = parentPath + "/" + Files.Text(name);
            int opened = Files.TryOpen(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (opened == -Libc.EACCES)
            {
                // Without permission to read it cannot be opened to change its mode: the name has to do. A link
                // in its place would be followed, to a change of mode only and in a directory of the owner's.
                Files.ChangeMode(parent, name, facts.Permissions | OwnerAll);
                opened = Files.TryOpen(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            }
            if (opened == -Libc.ENOENT) return;
            if (opened < 0)
            {
                failure ??= new PosixException(-opened, "opening directory " + Files.Quote(path));
                return;
            }
            using (var directory = new Descriptor(opened))
            {
                if ((facts.Mode & OwnerAll) != OwnerAll) Libc.fchmod(opened, facts.Permissions | OwnerAll);
                var entries = new List<Files.Entry>();
                int listing = Files.TryList(opened, entries);
                if (listing != 0) failure ??= new PosixException(listing, "reading directory " + Files.Quote(path));
                foreach (Files.Entry entry in entries)
                {
                    int status = Files.StatError(opened, entry.Name, out FileFacts child);
                    if (status == Libc.ENOENT) continue;
                    if (status != 0) failure ??= new PosixException(status, "getting status of " + Files.Quote(path + "/" + Files.Text(entry.Name)));
                    else DeleteOne(opened, entry.Name, child, path, ref freed, ref failure);
                }
            }
            error = Files.Unlink(parent, name, isDirectory: true);
        }
        if (error != 0 && error != Libc.ENOENT)
            failure ??= new PosixException(error, "cannot unlink " + Files.Quote(parentPath + "/" + Files.Text(name)));
    }
}
