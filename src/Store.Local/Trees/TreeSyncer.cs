using System.Runtime.InteropServices;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>Waits until a tree is on the disk, inner files first.</summary>
internal static class TreeSyncer
{
    internal static void Sync(string path) => One(Files.WorkingDirectory, Files.Bytes(path), path);

    private static void One(int parent, byte[] name, string path)
    {
        FileFacts facts = Files.Stat(parent, name);
        if (!facts.IsDirectory && !facts.IsRegular) return;
        using Descriptor file = Files.Open(parent, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0, "opening file " + Files.Quote(path));
        if (facts.IsDirectory)
            foreach (Files.Entry entry in Files.List(file.Value, path)) One(file.Value, entry.Name, path + "/" + Files.Text(entry.Name));
        if (Libc.fsync(file.Value) != 0) throw new PosixException(Marshal.GetLastPInvokeError(), "syncing " + Files.Quote(path));
    }
}
