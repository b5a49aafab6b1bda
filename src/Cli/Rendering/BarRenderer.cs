using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering;

/// <summary>
/// One line at the bottom of a terminal that says how far everything is and what the newest build is at, below the
/// lines that stay.
/// </summary>
internal sealed class BarRenderer(CommandContext context, StoreDir dir, bool showLogs) : BuildRenderer
{
    // Often enough to look alive, seldom enough to cost nothing while a log rushes by.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<int, Running> _running = [];
    private readonly Dictionary<int, long> _received = [];
    private BuildEvent.Progress _progress = new(0, 0, 0, 0);
    private BuildEvent.SubstitutionProgress _copies = new(0, 0, 0, 0);
    private long _drawn;
    private bool _shown;

    /// <inheritdoc />
    public override void Post(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildEvent.Started started:
                _running[started.Build] = new Running(started.Name, started.Download);
                if (context.Verbosity >= LogLevel.Info)
                {
                    Say(() => Console.Error.WriteLine(Describe(started, dir)));
                }

                break;
            case BuildEvent.SubstitutionStarted copy:
                _running[copy.Number] = new Running(copy.Path.Name, true);
                if (context.Verbosity >= LogLevel.Info)
                {
                    Say(() => Console.Error.WriteLine(Describe(copy, dir)));
                }

                break;
            case BuildEvent.SubstitutionFinished copied:
                _running.Remove(copied.Number);
                break;
            case BuildEvent.SubstitutionProgress copies:
                _copies = copies;
                break;
            case BuildEvent.LogLine line:
                string text = Clean(Encoding.UTF8.GetString(line.Line.Span));
                if (_running.TryGetValue(line.Build, out Running? build))
                {
                    build.LastLine = text;
                }

                if (showLogs)
                {
                    Say(() => Console.Error.WriteLine($"\x1b[35;1m{line.Name}>\x1b[0m {text}"));
                }

                break;
            case BuildEvent.Phase phase when _running.TryGetValue(phase.Build, out Running? its):
                its.Phase = phase.PhaseName;
                break;
            case BuildEvent.Downloaded downloaded:
                _received[downloaded.Build] = downloaded.Received;
                break;
            case BuildEvent.Finished finished:
                _running.Remove(finished.Build);
                break;
            case BuildEvent.Progress progress:
                _progress = progress;
                break;
            case BuildEvent.Waiting waiting:
                Say(() => Console.Error.WriteLine(waiting.Message));
                break;
            case BuildEvent.Note note:
                Say(() => Console.Error.WriteLine(note.Message));
                break;
            case BuildEvent.Error error:
                Say(() => context.Error(error.Message));
                break;
            case BuildEvent.Warning warning:
                Say(() => context.Warn(warning.Message));
                break;
            default:
                break;
        }

        if (!_shown || Stopwatch.GetElapsedTime(_drawn) >= s_pause)
        {
            Draw();
        }
    }

    /// <inheritdoc />
    public override void Finish() => Erase();

    /// <summary>The line, without escapes, cut to a width.</summary>
    internal static string Line(BuildEvent.Progress progress, BuildEvent.SubstitutionProgress copies, long received, string? activity, int width)
    {
        StringBuilder line = new("[");
        line.Append(CultureInfo.InvariantCulture, $"{progress.Running}/{progress.Done}/{progress.Expected} built");
        if (progress.Failed > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {progress.Failed} failed");
        }

        if (copies.Expected > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {copies.Running}/{copies.Done}/{copies.Expected} copied");
        }

        if (received > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", {received / 1048576.0:F1} MiB DL");
        }

        line.Append(']');
        if (activity is not null)
        {
            line.Append(' ').Append(activity);
        }

        return line.Length > width ? line.ToString(0, width) : line.ToString();
    }

    private void Say(Action write)
    {
        Erase();
        write();
    }

    private void Draw()
    {
        if (context.Verbosity < LogLevel.Notice)
        {
            return;
        }

        // Programs say more than downloads; of each the newest.
        string? activity = _running.Count == 0 ? null
            : _running.OrderBy(r => r.Value.Download ? 0 : 1).ThenBy(r => r.Key).Last().Value.ToString();
        Console.Error.Write("\r\x1b[K" + Line(_progress, _copies, _received.Values.Sum(), activity, Math.Max(20, Width() - 1)));
        _drawn = Stopwatch.GetTimestamp();
        _shown = true;
    }

    private void Erase()
    {
        if (_shown)
        {
            Console.Error.Write("\r\x1b[K");
            _shown = false;
        }
    }

    private static int Width()
    {
        int width = Console.WindowWidth;
        return width > 0 ? width : 80;
    }

    /// <summary>Text whose control characters cannot move the cursor.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '\0' : c)).Replace("\0", "", StringComparison.Ordinal);

    private sealed class Running(string name, bool download)
    {
        public bool Download => download;

        public string? Phase { get; set; }

        public string? LastLine { get; set; }

        public override string ToString() =>
            (download ? "downloading " : "building ") + name + (Phase is null ? "" : $" ({Phase})") + (LastLine is null ? "" : ": " + LastLine);
    }
}
