using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Roots;

/// <summary>What running processes use of the store: programs, working directories, open and mapped files, environments.</summary>
internal static class RuntimeRoots
{
    /// <summary>Paths that begin with the store directory, and the files of /proc that mention each. None need be valid.</summary>
    internal static Dictionary<string, SortedSet<string>> Find(StoreDir storeDir)
    {
        var roots = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        int proc = Files.TryOpen(Files.WorkingDirectory, "/proc"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (proc >= 0)
        {
            using var owner = new Descriptor(proc);
            foreach (Files.Entry entry in Files.List(proc, "/proc"))
            {
                string pid = Files.Text(entry.Name);
                if (int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out _)) Process("/proc/" + pid, storeDir.Path, roots);
            }
        }
        foreach (string file in (ReadOnlySpan<string>)["/proc/sys/kernel/modprobe", "/proc/sys/kernel/fbsplash", "/proc/sys/kernel/poweroff_cmd"])
            if (TryRead(file) is { } content) Add(Encoding.UTF8.GetString(content).TrimEnd('\n'), file, storeDir.Path, roots);
        return roots;
    }

    // A process may end, or be somebody else's, at any point: what cannot be read is no root.
    private static void Process(string path, string storeDir, Dictionary<string, SortedSet<string>> roots)
    {
        Link(path + "/exe", storeDir, roots);
        Link(path + "/cwd", storeDir, roots);
        int descriptors = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(path + "/fd"), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (descriptors < 0) return;
        var entries = new List<Files.Entry>();
        using (var owner = new Descriptor(descriptors)) Files.TryList(descriptors, entries);
        foreach (Files.Entry entry in entries) Link(path + "/fd/" + Files.Text(entry.Name), storeDir, roots);

        if (TryRead(path + "/maps") is { } maps)
            foreach (string line in Encoding.UTF8.GetString(maps).Split('\n'))
            {
                int slash = line.IndexOf('/');
                if (slash >= 0) Add(line[slash..].TrimEnd(), path + "/maps", storeDir, roots);
            }
        if (TryRead(path + "/environ") is { } environment)
            foreach (string found in PathsIn(environment, storeDir)) Add(found, path + "/environ", storeDir, roots);
    }

    private static byte[]? TryRead(string path)
    {
        int opened = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(path), Libc.O_RDONLY);
        if (opened < 0) return null;
        using var file = new Descriptor(opened);
        try
        {
            return Files.ReadAll(opened, "reading from file " + Files.Quote(path));
        }
        catch (PosixException e) when (e.Error is Libc.ESRCH or Libc.EACCES or Libc.ENOENT or Libc.EPERM)
        {
            return null;
        }
    }

    private static void Link(string path, string storeDir, Dictionary<string, SortedSet<string>> roots)
    {
        if (Files.ReadLink(path, out _) is { } target) Add(target, path, storeDir, roots);
    }

    private static void Add(string target, string source, string storeDir, Dictionary<string, SortedSet<string>> roots)
    {
        if (!target.StartsWith(storeDir, StringComparison.Ordinal) || target.Length <= storeDir.Length + 1 || target[storeDir.Length] != '/') return;
        if (!roots.TryGetValue(target, out SortedSet<string>? sources)) roots.Add(target, sources = new SortedSet<string>(StringComparer.Ordinal));
        sources.Add(source);
    }

    /// <summary>Store paths inside of other text, such as a search path.</summary>
    private static List<string> PathsIn(byte[] content, string storeDir)
    {
        var found = new List<string>();
        string text = Encoding.Latin1.GetString(content);
        string prefix = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(storeDir)) + "/";
        for (int at = 0; (at = text.IndexOf(prefix, at, StringComparison.Ordinal)) >= 0;)
        {
            int end = at + prefix.Length;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || "+-._?=".Contains(text[end]))) end++;
            found.Add(storeDir + "/" + text[(at + prefix.Length)..end]);
            at = end;
        }
        return found;
    }
}
