using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Fetchers.Downloads;

/// <summary>Holds a transfer to a speed (<c>download-speed</c>).</summary>
/// <param name="bytesPerSecond">0 for none.</param>
internal sealed class SpeedLimit(long bytesPerSecond)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Waits until so many bytes may have come altogether.</summary>
    public Task WaitAsync(long received, CancellationToken cancel)
    {
        if (bytesPerSecond <= 0)
        {
            return Task.CompletedTask;
        }

        TimeSpan early = TimeSpan.FromSeconds((double)received / bytesPerSecond) - Stopwatch.GetElapsedTime(_start);
        return early > TimeSpan.Zero ? Task.Delay(early, cancel) : Task.CompletedTask;
    }
}
