using System.Collections.Generic;

namespace Firn.Nixos.Rebuilding;

/// <summary>Starts other programs and waits for them. Their standard input and error are this process's.</summary>
public interface IProgramRunner
{
    /// <summary>Runs a program whose output is this process's.</summary>
    /// <param name="arguments">The program, by name or path, and its arguments.</param>
    /// <param name="environment">Variables to set besides those of this process.</param>
    /// <returns>Exit status; 128 and the number of the signal where a signal ended it.</returns>
    /// <exception cref="NixosException">The program could not be started.</exception>
    int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment);

    /// <summary>Runs a program and gives what it wrote to its output.</summary>
    /// <inheritdoc cref="Run" />
    int Capture(IReadOnlyList<string> arguments, out string output);

    /// <summary>Whether a program of this name can be found.</summary>
    bool Exists(string program);
}
