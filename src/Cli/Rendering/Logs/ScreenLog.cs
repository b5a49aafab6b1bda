using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>
/// Lines at the bottom of a terminal that change, below messages that stay. A frame is one write, drawn when something
/// changed, a few times a second at most.
/// </summary>
internal abstract class ScreenLog : LogRenderer, IDisposable
{
    // Often enough to look alive, seldom enough to cost nothing while a log rushes by.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_clock = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ErrorStream _error;
    private readonly Func<(int Width, int Height)> _size;
    private readonly Func<Verbosity> _verbosity;
    private readonly bool _colours;
    private readonly Timer _timer;
    private readonly PosixSignalRegistration _resized;
    private List<int> _drawn = [];
    private string _lastFrame = "";
    private long _drawnAt;
    private bool _pending, _closed;

    protected ScreenLog(ErrorStream error, Func<(int Width, int Height)> size, Func<Verbosity> verbosity, bool colours, bool showLogs)
    {
        _error = error;
        _size = size;
        _verbosity = verbosity;
        _colours = colours;
        ShowsBuildLogs = showLogs;
        _timer = new Timer(_ => Tick());
        _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Tick());
    }

    public override bool ShowsBuildLogs { get; }

    protected ActivityTable Table { get; } = new();

    public override void Message(Verbosity level, string text)
    {
        lock (_gate)
        {
            Above([.. TerminalText.Filter(ErrorStream.Encode(text), _colours), .. _colours ? "\x1b[0m"u8 : []]);
        }
    }

    public override void Raw(ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            // Ends with its own line break.
            Above(text.TrimEnd((byte)'\n').ToArray());
        }
    }

    public override void Start(ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        lock (_gate)
        {
            if (level <= _verbosity() && text.Length > 0 && type != ActivityType.BuildWaiting)
            {
                Message(level, text + "...");
            }

            Started(Table.Start(activity, type, text, fields, parent));
            Changed();
        }
    }

    public override void Stop(ulong activity)
    {
        lock (_gate)
        {
            if (Table.Stop(activity) is { } stopped)
            {
                Stopped(stopped);
            }

            Changed();
        }
    }

    public override void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        lock (_gate)
        {
            Table.Result(activity, type, fields);
            if (ShowsBuildLogs && type is (ResultType.BuildLogLine or ResultType.PostBuildLogLine) && fields.Length > 0)
            {
                string label = LogLabel.Of(Table.Find(activity)?.Subject ?? "", type);
                Above([.. ErrorStream.Utf8(_colours ? "\x1b[2m" + label + "\x1b[0m" : label), .. TerminalText.Filter(fields[0].Bytes, _colours), .. _colours ? "\x1b[0m"u8 : []]);
            }

            Changed();
        }
    }

    public override void Finish()
    {
        lock (_gate)
        {
            StringBuilder frame = new();
            Erase(frame, _size().Width);
            Write(frame);
            _lastFrame = "";
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _timer.Dispose();
        _resized.Dispose();
    }

    /// <summary>The lines to show, each within the width, at most height − 1 of them; empty for none.</summary>
    protected abstract IReadOnlyList<string> Frame(int width, int height);

    /// <summary>An activity is in the table.</summary>
    protected virtual void Started(ShownActivity activity)
    {
    }

    /// <summary>An activity has left the table.</summary>
    protected virtual void Stopped(ShownActivity activity)
    {
    }

    /// <summary>Runs a change of what is shown, alone.</summary>
    protected void Change(Action change)
    {
        lock (_gate)
        {
            change();
            Changed();
        }
    }

    private void Changed()
    {
        if (_pending || _closed)
        {
            return;
        }

        _pending = true;
        TimeSpan since = Stopwatch.GetElapsedTime(_drawnAt);
        // A short wait also lets what follows at once come into the same frame.
        TimeSpan wait = since >= s_pause ? TimeSpan.FromMilliseconds(10) : s_pause - since;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _pending = false;
            Draw([]);
            if (_drawn.Count > 0)
            {
                // Times go on although nothing happens.
                _timer.Change(s_clock, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Above(byte[] text)
    {
        if (_drawn.Count == 0)
        {
            _error.Write([.. text, (byte)'\n']);
        }
        else
        {
            Draw(text);
        }
    }

    private void Draw(byte[] above)
    {
        (int width, int height) = _size();
        IReadOnlyList<string> lines = Table.Activities.Count == 0 ? [] : Frame(width, height);
        string shown = string.Join("\n", lines);
        _drawnAt = Stopwatch.GetTimestamp();
        if (above.Length == 0 && shown == _lastFrame && lines.Count == _drawn.Count)
        {
            return;
        }

        _lastFrame = shown;
        StringBuilder frame = new("\x1b[?2026h\x1b[?25l");
        Erase(frame, width);
        byte[] head = Encoding.UTF8.GetBytes(frame.ToString());
        frame.Clear();
        if (above.Length > 0)
        {
            frame.Append('\n');
        }

        // Without automatic wrapping a line that the terminal thinks wider than we do costs no second row.
        frame.Append("\x1b[?7l");
        for (int i = 0; i < lines.Count; i++)
        {
            frame.Append(i == 0 ? "" : "\n").Append(lines[i]).Append("\x1b[0m\x1b[K");
            _drawn.Add(Columns(lines[i]));
        }

        frame.Append("\x1b[?7h\x1b[?25h\x1b[?2026l");
        _error.Write([.. head, .. above, .. Encoding.UTF8.GetBytes(frame.ToString())]);
    }

    // The cursor is at the end of the last line. A terminal that was made narrower has broken lines anew.
    private void Erase(StringBuilder frame, int width)
    {
        if (_drawn.Count == 0)
        {
            return;
        }

        int rows = 0;
        foreach (int columns in _drawn)
        {
            rows += Math.Max(1, (columns + width - 1) / width);
        }

        frame.Append('\r');
        if (rows > 1)
        {
            frame.Append("\x1b[").Append(rows - 1).Append('A');
        }

        frame.Append("\x1b[J");
        _drawn = [];
    }

    private void Write(StringBuilder frame)
    {
        if (frame.Length > 0)
        {
            _error.Write(Encoding.UTF8.GetBytes(frame.ToString()));
        }
    }

    private static int Columns(string line) => TerminalText.Columns(Encoding.UTF8.GetString(TerminalText.Filter(Encoding.UTF8.GetBytes(line), colours: false)));
}
