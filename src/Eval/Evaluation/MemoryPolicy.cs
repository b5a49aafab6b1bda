using System;

namespace Firn.Eval.Evaluation;

/// <summary>
/// Keeps the garbage collector out of an evaluation where memory allows, since most of what an evaluation makes stays
/// alive and collecting it costs more than all the rest. Where memory is short the ordinary collector runs: half
/// as fast, in about the memory that stays alive. Everything here is an attempt: when it does not work, evaluation is
/// slower and nothing else.
/// </summary>
/// <remarks>docs/language/evaluator.md has the measurements.</remarks>
public static class MemoryPolicy
{
    private const long Megabyte = 1 << 20;

    // A region that is over too soon costs more, in time and memory, than none: a large system takes 1.4 GB.
    private const long SmallestBudget = 1536 * Megabyte;
    private const long LargestBudget = 4096 * Megabyte;

    /// <summary>
    /// For commands that evaluate a lot: allocate without collecting up to a budget taken from the free memory.
    /// Others should not call it; it costs some milliseconds.
    /// </summary>
    /// <returns>The budget, bytes; 0 when there is none.</returns>
    public static long Apply()
    {
        long budget = Budget(FreeMemory.Bytes());
        if (budget == 0)
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

    /// <summary>How much may be allocated without collecting when so many bytes are free; 0 when memory is short.</summary>
    internal static long Budget(long free)
    {
        long budget = Math.Min(LargestBudget, free / 2);
        return budget < SmallestBudget ? 0 : budget;
    }
}
