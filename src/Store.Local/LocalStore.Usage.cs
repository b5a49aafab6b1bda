using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local;

public sealed partial class LocalStore : IUsage
{
    public long LastUse(StorePath path)
    {
        long latest = this.Get(path).RegistrationTime;
        // Directories are read by whoever looks at sizes, links by whoever looks at names: they say nothing.
        Walk(Files.WorkingDirectory, Files.Bytes(RealPath(path)), facts =>
        {
            if (facts.IsRegular) latest = Math.Max(latest, facts.AccessSeconds);
        });
        return latest;
    }

    public IReadOnlyList<ulong> Reclaimable(IReadOnlyList<string> paths)
    {
        HashSet<ulong> shared = SharedFiles();
        var seen = new Dictionary<ulong, uint>();
        ulong[] freed = new ulong[paths.Count];
        for (int i = 0; i < freed.Length; i++)
        {
            int index = i;
            string name = paths[i][(paths[i].LastIndexOf('/') + 1)..];
            Walk(Files.WorkingDirectory, Files.Bytes(RealStoreDir + "/" + name), facts =>
            {
                if (!facts.IsDirectory && facts.Links > 1)
                {
                    uint count = seen[facts.Inode] = seen.GetValueOrDefault(facts.Inode) + 1;
                    // The link that optimising made goes once it is the last.
                    if (count + (shared.Contains(facts.Inode) ? 1u : 0) < facts.Links) return;
                }
                freed[index] += facts.Blocks * 512;
            });
        }
        return freed;
    }

    private HashSet<ulong> SharedFiles()
    {
        var inodes = new HashSet<ulong>();
        int opened = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(RealStoreDir + "/.links"), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (opened < 0) return inodes;
        using var directory = new Descriptor(opened);
        foreach (Files.Entry entry in Files.List(opened, RealStoreDir + "/.links")) inodes.Add(entry.Inode);
        return inodes;
    }

    /// <summary>Tells the facts of a file and of all below it; what vanishes meanwhile is left out.</summary>
    private static void Walk(int parent, ReadOnlySpan<byte> name, Action<FileFacts> visit)
    {
        if (!Files.TryStat(parent, name, out FileFacts facts)) return;
        visit(facts);
        if (!facts.IsDirectory) return;
        int opened = Files.TryOpen(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (opened < 0) return;
        using var directory = new Descriptor(opened);
        var entries = new List<Files.Entry>();
        if (Files.TryList(opened, entries) != 0) return;
        foreach (Files.Entry entry in entries) Walk(opened, entry.Name, visit);
    }
}
