using System;
using System.Threading;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>The log of a process: numbers activities, and hands everything to the renderer and to a copy of the log.</summary>
/// <param name="openCopy">Opens the copy, or says that it is too early to know of one; null for none.</param>
internal sealed class ActivityHub(LogRenderer renderer, ActivityHub.CopyOpener? openCopy, Func<Verbosity> verbosity) : IActivityLog
{
    private readonly Lock _lock = new();
    private readonly AsyncLocal<ulong> _current = new();

    // Numbers are unique on the machine, as far as matters: the process, then a count.
    private ulong _next = (ulong)Environment.ProcessId << 32;

    private CopyOpener? _openCopy = openCopy;
    private LogRenderer? _copy;

    /// <summary>Opens a copy of the log.</summary>
    /// <returns>False where it is too early to know whether there is one.</returns>
    public delegate bool CopyOpener(out LogRenderer? copy);

    public Verbosity Verbosity => verbosity();

    /// <summary>Whether whole logs of builds are shown.</summary>
    public bool ShowsBuildLogs => renderer.ShowsBuildLogs;

    /// <summary>Whether a plan is worth making.</summary>
    public bool WantsPlan => renderer.WantsPlan;

    public void Log(Verbosity level, string text)
    {
        if (level > Verbosity)
        {
            return;
        }

        lock (_lock)
        {
            renderer.Message(level, text);
            Copy?.Message(level, text);
        }
    }

    public void Error(LogErrorText error)
    {
        if (error.Level > Verbosity)
        {
            return;
        }

        lock (_lock)
        {
            renderer.Error(error);
            Copy?.Error(error);
        }
    }

    /// <summary>Bytes for the standard error as they are.</summary>
    public void Raw(ReadOnlySpan<byte> text)
    {
        lock (_lock)
        {
            renderer.Raw(text);
        }
    }

    public ulong Start(Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong? parent)
    {
        lock (_lock)
        {
            ulong number = _next++;
            renderer.Start(number, level, type, text, fields, parent ?? _current.Value);
            Copy?.Start(number, level, type, text, fields, parent ?? _current.Value);
            return number;
        }
    }

    public void Stop(ulong activity)
    {
        lock (_lock)
        {
            renderer.Stop(activity);
            Copy?.Stop(activity);
        }
    }

    public void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
        lock (_lock)
        {
            renderer.Result(activity, type, fields);
            Copy?.Result(activity, type, fields);
        }
    }

    public IDisposable Enter(ulong activity)
    {
        ulong before = _current.Value;
        _current.Value = activity;
        return new Left(_current, before);
    }

    /// <summary>Tells what is going to be done.</summary>
    public void Plan(BuildPlanView plan)
    {
        lock (_lock)
        {
            renderer.Plan(plan);
        }
    }

    /// <summary>Takes away what is not to stay on the screen.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            renderer.Finish();
        }
    }

    /// <summary>A build or the fetching of a path is about to stop.</summary>
    public void Ended(ulong activity, bool succeeded)
    {
        lock (_lock)
        {
            renderer.Ended(activity, succeeded);
        }
    }

    /// <summary>The process is about to end.</summary>
    public void End()
    {
        lock (_lock)
        {
            renderer.End();
        }
    }

    private LogRenderer? Copy
    {
        get
        {
            if (_openCopy is { } open)
            {
                // Not once more for what opening itself has to say.
                _openCopy = null;
                if (!open(out _copy))
                {
                    _openCopy = open;
                }
            }

            return _copy;
        }
    }

    private sealed class Left(AsyncLocal<ulong> current, ulong before) : IDisposable
    {
        public void Dispose() => current.Value = before;
    }
}
