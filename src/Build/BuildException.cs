using System;

namespace Firn.Build;

/// <summary>A build failed. The message is what a user is shown.</summary>
public sealed class BuildException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="status">The kind of failure.</param>
    /// <param name="message">The whole text.</param>
    /// <param name="exitCode">Exit status for a command that ends because of it.</param>
    public BuildException(BuildStatus status, string message, int exitCode = 1)
        : base(message)
    {
        Status = status;
        ExitCode = exitCode;
    }

    /// <summary>The kind of failure.</summary>
    public BuildStatus Status { get; }

    /// <summary>100 for a failed build, with bits for time-outs (1), hash mismatches (2) and failed checks (8); 1 for everything else.</summary>
    /// <remarks>Nix manual, command-ref/status-build-failure</remarks>
    public int ExitCode { get; }
}

/// <summary>Gathers failures for the exit status of a command.</summary>
internal struct ExitStatus
{
    private bool _permanent, _timedOut, _hashMismatch, _check;

    public void Add(BuildStatus status)
    {
        // What may succeed another time, and what the build itself did right, ends with 1.
        _permanent |= status is BuildStatus.PermanentFailure or BuildStatus.InputRejected;
        _timedOut |= status == BuildStatus.TimedOut;
        _hashMismatch |= status == BuildStatus.HashMismatch;
        _check |= status == BuildStatus.NotDeterministic;
    }

    public readonly int Code
    {
        get
        {
            int bits = _permanent || _timedOut || _hashMismatch ? 4 : 0;
            bits |= (_timedOut ? 1 : 0) | (_hashMismatch ? 2 : 0) | (_check ? 8 : 0);
            return bits == 0 ? 1 : 96 | bits;
        }
    }
}
