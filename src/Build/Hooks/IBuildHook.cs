using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Sandbox;

namespace Firn.Build.Hooks;

/// <summary>Other places that may take builds. Offers are made by one thread at a time; what was taken goes on beside them.</summary>
/// <remarks>docs/remote-building.md</remarks>
public interface IBuildHook : IDisposable
{
    /// <summary>Offers a build. Comes back when it is known whether it is taken, which may need a connection.</summary>
    /// <param name="output">Takes what is said meanwhile and, where the build is taken, by the build.</param>
    /// <exception cref="BuildException">There is nobody to ask.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    HookAnswer Offer(BuildOffer offer, IHookOutput output, CancellationToken cancel);
}

/// <summary>A build whose inputs are valid.</summary>
/// <param name="CanStartHere">Whether a place among this machine's own builds is free.</param>
/// <param name="System">What it is to be built on.</param>
/// <param name="Derivation">Valid in the store.</param>
/// <param name="Features">What the machine must have.</param>
public sealed record BuildOffer(bool CanStartHere, string System, StorePath Derivation, IReadOnlyCollection<string> Features);

/// <summary>What comes of an offer.</summary>
public enum HookReply
{
    /// <summary>No place elsewhere is for such builds, or this machine is as good.</summary>
    Decline,

    /// <summary>Those that are for it are taken just now.</summary>
    Postpone,

    /// <summary>The build is awaited there.</summary>
    Accept,
}

/// <summary>An answer to an offer.</summary>
/// <param name="Build">The build where it was accepted, else null.</param>
public readonly record struct HookAnswer(HookReply Reply, IAcceptedBuild? Build = null);

/// <summary>A build that another place has taken. Disposing ends it, however far it is.</summary>
public interface IAcceptedBuild : IDisposable
{
    /// <summary>The place, as users know it.</summary>
    string Machine { get; }

    /// <summary>Has it built, and the outputs brought into the store.</summary>
    /// <param name="inputs">The whole closure of what the build may see.</param>
    /// <param name="outputs">Names of those that are to be brought.</param>
    /// <returns>How whoever saw to it ended.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up; nothing runs any more.</exception>
    ProgramExit Run(IReadOnlyCollection<StorePath> inputs, IReadOnlyCollection<string> outputs, CancellationToken cancel);
}

/// <summary>Takes what a hook has to say, one call at a time.</summary>
public interface IHookOutput
{
    /// <summary>What the builder writes.</summary>
    void Log(ReadOnlySpan<byte> bytes);

    /// <summary>What the hook itself tells of.</summary>
    void Message(LogMessage message);

    /// <summary>A line that is no message: of a program that the hook runs.</summary>
    void Line(string text);
}
