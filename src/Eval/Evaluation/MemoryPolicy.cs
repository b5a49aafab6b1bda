using System;
using System.Globalization;
using System.IO;
using Firn.Eval.Io;

namespace Firn.Eval.Evaluation;

/// <summary>
/// Keeps the garbage collector out of an evaluation as long as memory allows, since most of what an evaluation
/// makes stays alive and collecting it costs more than all the rest. Everything here is an attempt: when it does
/// not work, evaluation is slower and nothing else.
/// </summary>
/// <remarks>docs/language/evaluator.md has the measurements.</remarks>
public static class MemoryPolicy
{
    private const long Megabyte = 1 << 20;

    // Below this the region would be over too soon and cost more than it gains.
    private const long SmallestBudget = 256 * Megabyte;
    private const long LargestBudget = 4096 * Megabyte;

    /// <summary>
    /// For commands that evaluate a lot: allocate without collecting up to a budget taken from the free memory.
    /// Others should not call it; it costs some milliseconds.
    /// </summary>
    /// <returns>The budget, bytes; 0 when there is none.</returns>
    public static long Apply()
    {
        long budget = Math.Min(LargestBudget, FreeMemory() / 4);
        if (budget < SmallestBudget)
        {
            return 0;
        }

        try
        {
            if (!GC.TryStartNoGCRegion(budget))
            {
                return 0;
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException)
        {
            // The runtime knows a smaller limit, or a region is there already.
            return 0;
        }

        PageSupply.Start(budget);
        return budget;
    }

    private static long FreeMemory()
    {
        const string Prefix = "MemAvailable:";
        try
        {
            foreach (string line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    string kilobytes = line[Prefix.Length..].Trim().Split(' ')[0];
                    return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Without /proc nothing is known, and nothing is taken.
        }

        return 0;
    }
}
