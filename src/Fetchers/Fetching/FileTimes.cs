using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Fetchers.Fetching;

/// <summary>Times of modification of file trees.</summary>
internal static class FileTimes
{
    /// <summary>The latest time in a tree, seconds since 1970; links are not followed.</summary>
    internal static ulong Latest(string path)
    {
        long latest = Of(new FileInfo(path));
        if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null } directory)
        {
            Stack<DirectoryInfo> rest = new([directory]);
            while (rest.TryPop(out DirectoryInfo? next))
            {
                foreach (FileSystemInfo entry in next.EnumerateFileSystemInfos())
                {
                    latest = Math.Max(latest, Of(entry));
                    if (entry is DirectoryInfo { LinkTarget: null } inner)
                    {
                        rest.Push(inner);
                    }
                }
            }
        }

        return (ulong)Math.Max(latest, 0);
    }

    private static long Of(FileSystemInfo entry) => new DateTimeOffset(entry.LastWriteTimeUtc).ToUnixTimeSeconds();
}
