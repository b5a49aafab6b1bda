using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>Gives trees the modes, times and owner of store objects.</summary>
internal sealed class TreeCanonicaliser(IReadOnlyCollection<string> ignoredAttributes, (uint First, uint Last)? builderUid, ISet<FileIdentity> seen)
{
    internal const uint FileMode = 0x124; // 0444
    internal const uint ExecutableMode = 0x16d; // 0555

    internal void Canonicalise(string path)
    {
        int slash = path.LastIndexOf('/');
        string parent = slash <= 0 ? "/" : path[..slash];
        using Descriptor directory = Files.OpenDirectory(parent);
        One(directory.Value, Files.Bytes(path[(slash + 1)..]), parent);
    }

    private void One(int parent, byte[] name, string parentPath)
    {
        string path = parentPath + "/" + Files.Text(name);
        FileFacts facts = Files.Stat(parent, name);
        if (!facts.IsRegular && !facts.IsDirectory && !facts.IsSymlink) throw new StoreException("file " + Files.Quote(path) + " has an unsupported type");

        RemoveAttributes(parent, name, path);

        var identity = new FileIdentity(facts.Device, facts.Inode);
        if (builderUid is { } range && (facts.Uid < range.First || facts.Uid > range.Last))
        {
            // Another link to a file that has been handled is fine; a link to a file of somebody else must not
            // change its owner and mode.
            if (facts.IsDirectory || !seen.Contains(identity)) throw new StoreException("invalid ownership on file " + Files.Quote(path));
            return;
        }
        seen.Add(identity);

        Settle(parent, name, path, facts);

        if (facts.Uid != Libc.geteuid())
        {
            int error = Files.ChangeOwner(parent, name, Libc.geteuid(), Libc.getegid());
            if (error != 0) throw new PosixException(error, "changing owner of " + Files.Quote(path) + " to " + Libc.geteuid());
        }

        if (!facts.IsDirectory) return;
        using Descriptor directory = Files.Open(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, "opening directory " + Files.Quote(path));
        foreach (Files.Entry entry in Files.List(directory.Value, path)) One(directory.Value, entry.Name, path);
    }

    /// <summary>Mode and time of one file.</summary>
    internal static void Settle(int parent, ReadOnlySpan<byte> name, string path, in FileFacts facts)
    {
        if (!facts.IsSymlink)
        {
            uint mode = facts.IsDirectory || (facts.Mode & 0x40) != 0 ? ExecutableMode : FileMode;
            if (facts.Permissions != mode)
            {
                int error = Files.ChangeMode(parent, name, mode);
                if (error != 0) throw new PosixException(error, "changing mode of " + Files.Quote(path) + " to " + Convert.ToString(mode, 8));
            }
        }
        if (facts.ModificationSeconds != 1 || facts.ModificationNanoseconds != 0)
        {
            int error = Files.SetStoreTime(parent, name);
            if (error != 0) throw new PosixException(error, "changing modification time of " + Files.Quote(path));
        }
    }

    private unsafe void RemoveAttributes(int parent, byte[] name, string path)
    {
        // There is no call for attributes relative to a directory: the link in /proc leads to the very directory.
        byte[] place = [.. Files.Bytes("/proc/self/fd/" + parent + "/"), .. name, 0];
        fixed (byte* p = place)
        {
            nint size = Libc.llistxattr(p, null, 0);
            if (size < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error is Libc.ENOTSUP or Libc.ENODATA) return;
                throw new PosixException(error, "querying extended attributes of " + Files.Quote(path));
            }
            if (size == 0) return;
            byte[] list = new byte[size];
            fixed (byte* l = list) size = Libc.llistxattr(p, l, size);
            if (size < 0) throw new PosixException(Marshal.GetLastPInvokeError(), "querying extended attributes of " + Files.Quote(path));
            for (int at = 0; at < size;)
            {
                int end = Array.IndexOf(list, (byte)0, at);
                string attribute = Files.Text(list.AsSpan(at, end - at));
                fixed (byte* a = &list[at])
                    if (!Contains(ignoredAttributes, attribute) && Libc.lremovexattr(p, a) < 0)
                        throw new PosixException(Marshal.GetLastPInvokeError(), "removing extended attribute '" + attribute + "' from " + Files.Quote(path));
                at = end + 1;
            }
        }
    }

    private static bool Contains(IReadOnlyCollection<string> names, string name)
    {
        foreach (string each in names)
            if (each == name) return true;
        return false;
    }
}
