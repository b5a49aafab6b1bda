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
    private const long Lead = 8 << 20;
    private const double AcceptableMillisecondsPerMegabyte = 0.25;

    // After how many allocated bytes the end of the heap is looked for, by an object that does not fit into what is left of the
    // thread's own piece of it.
    private const long LookEvery = 1 << 20;
    private const int ProbeSize = 8 << 10;

    private readonly long _budget;
    private long _start;
    private byte[]? _probe;

    private PageSupply(long budget) => _budget = budget;

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
        _start = FindHeap();
        if (_start == 0)
        {
            return;
        }

        long done = 0;
        long end = 0;
        long lookedAt = GC.GetTotalAllocatedBytes(false);
        bool huge = true;
        while (done < _budget)
        {
            if (done >= end + Lead)
            {
                Thread.Sleep(1);
                long allocated = GC.GetTotalAllocatedBytes(false);
                if (allocated - lookedAt >= LookEvery)
                {
                    lookedAt = allocated;

                    // Holes before the end are filled too, and large arrays lie elsewhere: neither moves the end.
                    end = Math.Max(end, EndOfHeap());
                    done = Math.Max(done, end & ~(Step - 1));
                }

                continue;
            }

            nint at = (nint)(_start + done);
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

    // How far the heap reaches, as a new object shows; 0 when that was put somewhere else.
    private unsafe long EndOfHeap()
    {
        _probe = new byte[ProbeSize];
        fixed (byte* at = _probe)
        {
            long end = (long)at - _start;
            return end > 0 && end < _budget ? end : 0;
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
