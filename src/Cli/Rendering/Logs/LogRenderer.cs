using System;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>A form in which messages and activities are shown. Called by one thread at a time.</summary>
internal abstract class LogRenderer
{
    /// <summary>Whether the whole log of builds is shown as it comes, so that messages of failures need not repeat its end.</summary>
    public abstract bool ShowsBuildLogs { get; }

    /// <summary>A message that is urgent enough to be shown.</summary>
    public abstract void Message(Verbosity level, string text);

    /// <summary>An error or a warning that is urgent enough to be shown.</summary>
    public virtual void Error(LogErrorText error) => Message(error.Level, error.Shown);

    /// <summary>Bytes for the standard error as they are.</summary>
    public abstract void Raw(ReadOnlySpan<byte> text);

    public abstract void Start(ulong activity, Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent);

    public abstract void Stop(ulong activity);

    public abstract void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields);

    /// <summary>Whether <see cref="Plan"/> shows anything, so that a plan is worth making.</summary>
    public virtual bool WantsPlan => false;

    /// <summary>What is going to be done, for those that show what waits.</summary>
    public virtual void Plan(BuildPlanView plan)
    {
    }

    /// <summary>A build or the fetching of a path is about to stop, well or not.</summary>
    public virtual void Ended(ulong activity, bool succeeded)
    {
    }

    /// <summary>Takes away what is not to stay on the screen; it may come back.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>The process is about to end.</summary>
    public virtual void End() => Finish();
}
