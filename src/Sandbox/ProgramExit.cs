namespace Firn.Sandbox;

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit status, or the number of the signal that ended it.</param>
/// <param name="Signaled">Whether a signal ended it.</param>
public readonly record struct ProgramExit(int Code, bool Signaled)
{
    public bool Succeeded => Code == 0 && !Signaled;
}
