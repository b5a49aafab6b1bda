using System;

namespace Firn.Sandbox;

/// <summary>A build could not be prepared or started.</summary>
public sealed class SandboxException : Exception
{
    /// <summary>Makes an error with its text.</summary>
    public SandboxException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its text and cause.</summary>
    public SandboxException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
