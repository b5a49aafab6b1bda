using System;
using System.Globalization;
using System.IO;

namespace Firn.Eval.Evaluation;

/// <summary>How much memory this process may still take: what the machine has free, within the limits of the process and its control groups.</summary>
/// <remarks>proc_meminfo(5), proc_pid_limits(5); the kernel's Documentation/admin-guide/cgroup-v2.rst</remarks>
internal static class FreeMemory
{
    private const string ControlGroups = "/sys/fs/cgroup";

    /// <summary>In bytes; 0 when it cannot be told.</summary>
    public static long Bytes()
    {
        try
        {
            return Math.Min(Math.Min(OfMachine(File.ReadLines("/proc/meminfo")), OfProcess(File.ReadLines("/proc/self/limits"))), OfControlGroups());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // Without /proc nothing is known, and nothing is taken.
            return 0;
        }
    }

    /// <summary>Bytes that are available, of the lines of <c>/proc/meminfo</c>; 0 when they do not say.</summary>
    internal static long OfMachine(System.Collections.Generic.IEnumerable<string> lines)
    {
        const string Prefix = "MemAvailable:";
        foreach (string line in lines)
        {
            if (line.StartsWith(Prefix, StringComparison.Ordinal))
            {
                string kilobytes = line[Prefix.Length..].Trim().Split(' ')[0];
                return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    /// <summary>Bytes of data that the process may have (<c>ulimit -d</c>), of the lines of <c>/proc/self/limits</c>; what it has already is little beside.</summary>
    internal static long OfProcess(System.Collections.Generic.IEnumerable<string> lines)
    {
        const string Prefix = "Max data size";
        foreach (string line in lines)
        {
            if (line.StartsWith(Prefix, StringComparison.Ordinal))
            {
                string soft = line[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return soft == "unlimited" ? long.MaxValue : long.Parse(soft, CultureInfo.InvariantCulture);
            }
        }

        return long.MaxValue;
    }

    /// <summary>Bytes that a group may still take, of its files <c>memory.max</c> and <c>memory.current</c>.</summary>
    internal static long OfControlGroup(string max, string current)
    {
        string limit = max.Trim();
        return limit == "max"
            ? long.MaxValue
            : Math.Max(0, long.Parse(limit, CultureInfo.InvariantCulture) - long.Parse(current.Trim(), CultureInfo.InvariantCulture));
    }

    // The group of this process and those around it, each with its own limit; the outermost has none.
    private static long OfControlGroups()
    {
        const string Unified = "0::";
        const string OwnGroup = "/proc/self/cgroup";
        if (!File.Exists(OwnGroup))
        {
            return long.MaxValue;
        }

        long least = long.MaxValue;
        foreach (string line in File.ReadLines(OwnGroup))
        {
            if (!line.StartsWith(Unified, StringComparison.Ordinal))
            {
                continue;
            }

            for (string group = line[Unified.Length..]; group.Length > 1; group = group[..group.LastIndexOf('/')])
            {
                string files = ControlGroups + group;
                if (File.Exists(files + "/memory.max") && File.Exists(files + "/memory.current"))
                {
                    least = Math.Min(least, OfControlGroup(File.ReadAllText(files + "/memory.max"), File.ReadAllText(files + "/memory.current")));
                }
            }
        }

        return least;
    }
}
