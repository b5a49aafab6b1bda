using System;

namespace Firn.Shells;

/// <summary>A shell cannot be made of what it is asked for.</summary>
public sealed class ShellException : Exception
{
    public ShellException(string message)
        : base(message)
    {
    }

    public ShellException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
