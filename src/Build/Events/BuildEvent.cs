using System;
using System.Collections.Generic;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;

namespace Firn.Build.Events;

/// <summary>Something that happened while building. One of the nested records; renderers subscribe to them.</summary>
public abstract record BuildEvent
{
    private BuildEvent()
    {
    }

    /// <summary>A build began.</summary>
    /// <param name="Build">Number of the build, for the events that follow.</param>
    /// <param name="Derivation">What is built.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Mode">Whether it is built, checked or repaired.</param>
    /// <param name="Download">It only downloads something.</param>
    public sealed record Started(int Build, StorePath Derivation, string Name, BuildMode Mode, bool Download) : BuildEvent
    {
        /// <summary>Where it is built; empty for this machine.</summary>
        public string Machine { get; init; } = "";
    }

    /// <summary>The inputs of a derivation are known now; it is built as another one.</summary>
    public sealed record Resolved(StorePath Derivation, StorePath As) : BuildEvent;

    /// <summary>A build wrote a line, without its end; later text on the line has replaced what a carriage return went back over.</summary>
    public sealed record LogLine(int Build, string Name, ReadOnlyMemory<byte> Line) : BuildEvent;

    /// <summary>A build says which phase it is in.</summary>
    public sealed record Phase(int Build, string Name, string PhaseName) : BuildEvent;

    /// <summary>A builder says that it began to download something.</summary>
    /// <param name="Build">The build.</param>
    /// <param name="Activity">For the events that follow; it counts within the build.</param>
    /// <param name="Level">How urgent the text is.</param>
    /// <param name="Text">What it says of it.</param>
    /// <param name="Fields">As it gave them: the URL is to be the first.</param>
    public sealed record DownloadStarted(int Build, int Activity, Verbosity Level, string Text, IReadOnlyList<LogField> Fields) : BuildEvent;

    /// <summary>A builder tells of a download of its own.</summary>
    public sealed record DownloadResult(int Build, int Activity, ResultType Type, IReadOnlyList<LogField> Fields) : BuildEvent;

    /// <summary>A download of a builder ended.</summary>
    public sealed record DownloadEnded(int Build, int Activity) : BuildEvent;

    /// <summary>A path is taken from another store.</summary>
    /// <param name="Number">For the events that follow; builds count with them.</param>
    /// <param name="Path">The path.</param>
    /// <param name="Url">The store that has it.</param>
    /// <param name="Size">Bytes of its contents.</param>
    public sealed record SubstitutionStarted(int Number, StorePath Path, string Url, ulong Size) : BuildEvent;

    /// <summary>Contents of a path that is taken came.</summary>
    /// <param name="Done">Bytes so far.</param>
    /// <param name="Total">Bytes in all.</param>
    public sealed record Copied(int Number, ulong Done, ulong Total) : BuildEvent;

    /// <summary>The taking of a path ended, well or not.</summary>
    public sealed record SubstitutionFinished(int Number, StorePath Path, bool Succeeded) : BuildEvent;

    /// <summary>How far the taking of paths is.</summary>
    public sealed record SubstitutionProgress(int Done, int Expected, int Running, int Failed) : BuildEvent
    {
        /// <summary>Bytes to transfer for all of them, as far as that is known.</summary>
        public ulong DownloadSize { get; init; }

        /// <summary>Bytes of their contents.</summary>
        public ulong UnpackedSize { get; init; }
    }

    /// <summary>A download of a build goes on, or begins where nothing came yet.</summary>
    public sealed record Downloaded(int Build, string Url, long Received, long? Total) : BuildEvent;

    /// <summary>A build ended, well or not.</summary>
    public sealed record Finished(int Build, StorePath Derivation, string Name, bool Succeeded, TimeSpan Elapsed) : BuildEvent
    {
        /// <summary>Bytes of what it made.</summary>
        public ulong Size { get; init; }
    }

    /// <summary>The program that runs after each build began.</summary>
    /// <param name="Build">The build that it follows.</param>
    public sealed record HookStarted(int Build, StorePath Derivation, string Program) : BuildEvent;

    /// <summary>The program after a build wrote a line.</summary>
    public sealed record HookLine(int Build, string Line) : BuildEvent;

    /// <summary>The program after a build ended.</summary>
    public sealed record HookFinished(int Build) : BuildEvent;

    /// <summary>A program that builds elsewhere began an activity.</summary>
    /// <param name="Number">For the events that follow; builds count with them.</param>
    public sealed record ActivityStarted(int Number, Verbosity Level, ActivityType Type, string Text, IReadOnlyList<LogField> Fields) : BuildEvent;

    /// <summary>An activity of a program that builds elsewhere tells of itself.</summary>
    public sealed record ActivityResult(int Number, ResultType Type, IReadOnlyList<LogField> Fields) : BuildEvent;

    /// <summary>An activity of a program that builds elsewhere ended.</summary>
    public sealed record ActivityStopped(int Number) : BuildEvent;

    /// <summary>How far everything is.</summary>
    public sealed record Progress(int Done, int Expected, int Running, int Failed) : BuildEvent;

    /// <summary>Something has to wait for another process.</summary>
    public sealed record Waiting(string Message) : BuildEvent
    {
        /// <summary>The build that waits, which tells when it does no more; 0 where nobody tells.</summary>
        public int Build { get; init; }
    }

    /// <summary>A build waits no more.</summary>
    public sealed record WaitingEnded(int Build) : BuildEvent;

    /// <summary>A failure of something that other things wait for; the failures of what was asked for are in the results.</summary>
    public sealed record Error(string Message) : BuildEvent;

    /// <summary>A warning.</summary>
    public sealed record Warning(string Message) : BuildEvent;

    /// <summary>A remark.</summary>
    public sealed record Note(string Message) : BuildEvent
    {
        public Verbosity Level { get; init; } = Verbosity.Error;
    }
}

/// <summary>Takes events; called from several threads, one call at a time.</summary>
public interface IBuildEvents
{
    /// <summary>Takes an event; must return soon.</summary>
    void Post(BuildEvent happened);

    /// <summary>Downloads of this flow of control are for a build or for the taking of a path, until the result is disposed.</summary>
    IDisposable? Enter(int number) => null;
}

/// <summary>Drops every event.</summary>
public sealed class NoBuildEvents : IBuildEvents
{
    public void Post(BuildEvent happened)
    {
    }
}

/// <summary>Hands events on, one at a time.</summary>
internal sealed class SerialisedEvents(IBuildEvents inner) : IBuildEvents
{
    private readonly System.Threading.Lock _lock = new();

    public void Post(BuildEvent happened)
    {
        lock (_lock)
        {
            inner.Post(happened);
        }
    }

    public IDisposable? Enter(int number)
    {
        lock (_lock)
        {
            return inner.Enter(number);
        }
    }
}
