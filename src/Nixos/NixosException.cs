using System;

namespace Firn.Nixos;

/// <summary>Something about a NixOS system is not as it must be. The message is what a user is shown.</summary>
public class NixosException : Exception
{
    /// <summary>Makes an error with its text and the exit status that goes with it.</summary>
    public NixosException(string message, int exitCode = 1)
        : base(message)
    {
        ExitCode = exitCode;
    }

    /// <summary>Makes an error with its text and cause.</summary>
    public NixosException(string message, Exception cause)
        : base(message, cause)
    {
        ExitCode = 1;
    }

    /// <summary>Exit status of the command that ends with this error.</summary>
    public int ExitCode { get; }
}
