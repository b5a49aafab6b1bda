using System;
using System.Diagnostics;
using Firn.Formats.Logging;
using Activity = Firn.Formats.Logging.Activity;

namespace Firn.Fetchers.Downloads;

/// <summary>The activity of one transfer, which tells a few times a second how far it is.</summary>
internal sealed class Transfer : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly Activity _activity;
    private long _told;
    private bool _ended;

    private Transfer(Activity activity) => _activity = activity;

    /// <param name="verb">Such as <c>downloading</c>.</param>
    public static Transfer Begin(IActivityLog log, string verb, string url) =>
        new(log.Begin(Verbosity.Talkative, ActivityType.FileTransfer, $"{verb} '{url}'", url));

    public void Progress(long done, long? total)
    {
        if (done == total || Stopwatch.GetElapsedTime(_told) >= s_pause)
        {
            _told = Stopwatch.GetTimestamp();
            _activity.Progress((ulong)done, (ulong)(total ?? 0));
        }
    }

    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            _activity.Dispose();
        }
    }
}
