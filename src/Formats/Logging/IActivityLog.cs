using System;

namespace Firn.Formats.Logging;

/// <summary>
/// Takes what a library does: messages, and activities that begin, tell of themselves and end. Safe for several threads;
/// every method returns soon.
/// </summary>
/// <remarks>docs/formats/log.md</remarks>
public interface IActivityLog
{
    /// <summary>How much is wanted: a message with a higher level need not be made.</summary>
    Verbosity Verbosity { get; }

    /// <summary>A message, which may hold lines and escape sequences for colours.</summary>
    void Log(Verbosity level, string text);

    /// <summary>An activity began.</summary>
    /// <param name="level">How urgent its text is.</param>
    /// <param name="type">What it is about.</param>
    /// <param name="text">One line that says so, without an end; may be empty.</param>
    /// <param name="fields">As the type says.</param>
    /// <param name="parent">The activity that it is a part of, 0 for none; null for the current one of this flow of control.</param>
    /// <returns>Its number, which no other activity on the machine has for now.</returns>
    ulong Start(Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong? parent);

    /// <summary>An activity ended.</summary>
    void Stop(ulong activity);

    /// <summary>An activity tells of itself.</summary>
    void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields);

    /// <summary>Makes an activity the current one of this flow of control until the result is disposed.</summary>
    IDisposable Enter(ulong activity);
}

/// <summary>An activity under way; disposing ends it.</summary>
public readonly struct Activity(IActivityLog log, ulong number) : IDisposable
{
    public ulong Number => number;

    public void Progress(ulong done, ulong expected, ulong running = 0, ulong failed = 0) => log.Result(number, ResultType.Progress, [done, expected, running, failed]);

    /// <summary>How much is expected in all of the activities of a type.</summary>
    public void Expect(ActivityType type, ulong amount) => log.Result(number, ResultType.SetExpected, [(ulong)type, amount]);

    public void Result(ResultType type, params ReadOnlySpan<LogField> fields) => log.Result(number, type, fields);

    /// <summary>Makes it the current one until the result is disposed.</summary>
    public IDisposable Enter() => log.Enter(number);

    public void Dispose() => log.Stop(number);
}

/// <summary>Shorter ways to tell.</summary>
public static class ActivityLogExtensions
{
    /// <summary>Begins an activity within the current one.</summary>
    public static Activity Begin(this IActivityLog log, Verbosity level, ActivityType type, string text, params ReadOnlySpan<LogField> fields) =>
        new(log, log.Start(level, type, text, fields, null));
}

/// <summary>Drops everything.</summary>
public sealed class NoActivityLog : IActivityLog
{
    /// <inheritdoc />
    public Verbosity Verbosity => Verbosity.Error;

    /// <inheritdoc />
    public void Log(Verbosity level, string text)
    {
    }

    /// <inheritdoc />
    public ulong Start(Verbosity level, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong? parent) => 0;

    /// <inheritdoc />
    public void Stop(ulong activity)
    {
    }

    /// <inheritdoc />
    public void Result(ulong activity, ResultType type, ReadOnlySpan<LogField> fields)
    {
    }

    /// <inheritdoc />
    public IDisposable Enter(ulong activity) => Nothing.Instance;

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}
