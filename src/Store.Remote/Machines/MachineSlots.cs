using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace Firn.Store.Remote.Machines;

/// <summary>
/// The builds that machines have at the moment, as files that whoever uses a place has locked: so all programs on this
/// machine that share the directory know of each other's, and what ends in any way lets go.
/// </summary>
/// <param name="directory"><c>current-load</c> in the state directory.</param>
/// <remarks>docs/remote-building.md, "Slots"</remarks>
public sealed class MachineSlots(string directory)
{
    private const int LongestName = 255;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes a place on the machine that is best for a build.</summary>
    /// <param name="machines">Those that are for it.</param>
    /// <returns>The machine and its place, which is free again after disposal; null where all are taken.</returns>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public (Machine Machine, IDisposable Place)? TryTake(IEnumerable<Machine> machines, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        using FileStream choosing = Lock("main-lock", Timeout.InfiniteTimeSpan, cancel)!;
        Machine? best = null;
        FileStream? place = null;
        ulong load = 0;
        foreach (Machine machine in machines)
        {
            (FileStream? free, ulong taken) = Look(machine);
            if (free is null) continue;
            if (best is null || IsBetter(machine, taken, best, load))
            {
                place?.Dispose();
                (best, place, load) = (machine, free, taken);
            }
            else
            {
                free.Dispose();
            }
        }
        if (best is null) return null;
        // Whoever looks for files that nobody uses any more sees that this one is.
        File.SetLastWriteTimeUtc(place!.SafeFileHandle, DateTime.UtcNow);
        return (best, place);
    }

    // The least work for its speed, then the fastest, then the least work.
    private static bool IsBetter(Machine machine, ulong load, Machine best, ulong bestLoad)
    {
        float its = load / machine.SpeedFactor, other = bestLoad / best.SpeedFactor;
        return its < other || (its == other && (machine.SpeedFactor > best.SpeedFactor || (machine.SpeedFactor == best.SpeedFactor && load < bestLoad)));
    }

    private (FileStream? Free, ulong Taken) Look(Machine machine)
    {
        FileStream? free = null;
        ulong taken = 0;
        for (uint slot = 0; slot < machine.MaxJobs; slot++)
        {
            FileStream? one = TryLock(Named(machine, "-" + slot.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            if (one is null) taken++;
            else if (free is null) free = one;
            else one.Dispose();
        }
        return (free, taken);
    }

    /// <summary>Waits for the one place from which things are sent to a machine.</summary>
    /// <returns>Null where others did not let go of it in that time.</returns>
    public IDisposable? TakeUpload(Machine machine, TimeSpan patience, CancellationToken cancel) => Lock(Named(machine, ".upload-lock"), patience, cancel);

    private static string Named(Machine machine, string end)
    {
        string name = machine.Url.Replace('/', '_') + end;
        return Encoding.UTF8.GetByteCount(name) <= LongestName ? name
            : Convert.ToBase64String(MD5.HashData(Encoding.UTF8.GetBytes(machine.Url))).Replace('/', '_') + end;
    }

    private FileStream? Lock(string name, TimeSpan patience, CancellationToken cancel)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (TryLock(name) is { } held) return held;
            if (patience >= TimeSpan.Zero && System.Diagnostics.Stopwatch.GetElapsedTime(start) >= patience) return null;
            cancel.WaitHandle.WaitOne(s_retry);
        }
    }

    /// <summary>Exclusive sharing is flock(2), as other programs take it.</summary>
    private FileStream? TryLock(string name)
    {
        try
        {
            return new FileStream(Path.Combine(directory, name), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (IsTaken(e))
        {
            return null;
        }
    }

    // EWOULDBLOCK of flock.
    private static bool IsTaken(IOException e) => e.HResult == 11;
}
