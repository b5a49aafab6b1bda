using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Firn.Eval.Io;

namespace Firn.Eval.Evaluation;

/// <summary>
/// Asks the kernel for pages a little before the evaluation needs them, on another core. Without collections the
/// heap grows straight on, so where it will be is known, and clearing pages would otherwise be a third of the time.
/// </summary>
/// <remarks>
/// Huge pages are five times cheaper than small ones where the machine has them ready, and several times dearer
/// where a host has to find them first. So they are tried and timed. docs/language/evaluator.md
/// </remarks>
internal sealed class PageSupply
{
    private const int HugePages = 14;
    private const int NoHugePages = 15;
    private const int PopulateWrite = 23;

    private const long Step = 2 << 20;
    private const long Lead = 6 << 20;
    private const double AcceptableMillisecondsPerMegabyte = 0.25;

    private readonly long _budget;
    private readonly long _allocatedBefore;

    private PageSupply(long budget)
    {
        _budget = budget;
        _allocatedBefore = GC.GetTotalAllocatedBytes(false);
    }

    /// <summary>Begins, when there is a second core, right after a region without collections has begun.</summary>
    public static void Start(long budget)
    {
        if (Environment.ProcessorCount < 2)
        {
            return;
        }

        PageSupply supply = new(budget);
        new Thread(supply.Run, 256 << 10) { IsBackground = true, Name = "pages" }.Start();
    }

    private void Run()
    {
        long start = FindHeap();
        if (start == 0)
        {
            return;
        }

        long done = 0;
        bool huge = true;
        while (done < _budget)
        {
            // The allocations of this thread and whatever else went elsewhere only make the lead larger.
            long needed = GC.GetTotalAllocatedBytes(false) - _allocatedBefore + Lead;
            if (done >= needed)
            {
                Thread.Sleep(1);
                continue;
            }

            nint at = (nint)(start + done);
            _ = LibC.Advise(at, (nuint)Step, huge ? HugePages : NoHugePages);
            long before = Stopwatch.GetTimestamp();

            // Refused by old kernels, and where the heap ends or has a gap: the evaluation gets its pages itself.
            if (LibC.Advise(at, (nuint)Step, PopulateWrite) != 0)
            {
                return;
            }

            double milliseconds = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            huge &= milliseconds < AcceptableMillisecondsPerMegabyte * (Step >> 20);
            done += Step;
        }
    }

    // The runtime makes the whole budget accessible as one range, which no other mapping comes near in size.
    private long FindHeap()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                int dash = line.IndexOf('-');
                int blank = line.IndexOf(' ');
                if (dash < 0 || blank < dash || !line.AsSpan(blank + 1).StartsWith("rw-p"))
                {
                    continue;
                }

                long start = long.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                long end = long.Parse(line.AsSpan(dash + 1, blank - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (end - start >= _budget)
                {
                    return (start + Step - 1) & ~(Step - 1);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // The evaluation gets its pages itself.
        }

        return 0;
    }
}
