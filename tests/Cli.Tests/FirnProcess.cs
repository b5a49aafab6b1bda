using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>What a command did.</summary>
public sealed record Outcome(int Status, string Output, string Error);

/// <summary>Runs the built commands in a throwaway directory with a store of its own, as a user would.</summary>
public sealed class FirnProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Makes the directory.</summary>
    public FirnProcess()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("firn-cli-test.").FullName;
        foreach (string name in (ReadOnlySpan<string>)["home", "conf", "store", "work"])
        {
            System.IO.Directory.CreateDirectory(Path.Combine(Directory, name));
        }

        File.WriteAllText(Path.Combine(Directory, "conf", "nix.conf"), "substitute = false\nbuild-users-group =\n");
    }

    /// <summary>The throwaway directory: <c>work</c> in it is where commands run, <c>store</c> the root of their store.</summary>
    public string Directory { get; }

    /// <summary>The directory that commands run in.</summary>
    public string Work => Path.Combine(Directory, "work");

    /// <summary>The folder of the built commands.</summary>
    public static string Bin => Environment.GetEnvironmentVariable("FIRN_BIN")
        ?? throw new InvalidOperationException("set FIRN_BIN to the folder of the built commands: ./build leaves them in out/bin");

    /// <summary>Variables that commands get besides those that keep them to the directory.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Writes a file into <see cref="Work"/> and gives its path.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(Work, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Starts a command with pipes for its output. A name without a slash is one of the built commands, or of the system's.</summary>
    public Process Start(IReadOnlyList<string> command, string input = "")
    {
        string built = Path.Combine(Bin, command[0]);
        ProcessStartInfo start = new(File.Exists(built) ? built : command[0])
        {
            WorkingDirectory = Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        for (int i = 1; i < command.Count; i++)
        {
            start.ArgumentList.Add(command[i]);
        }

        foreach (string name in new List<string>(start.Environment.Keys))
        {
            if (name.StartsWith("NIX_", StringComparison.Ordinal))
            {
                start.Environment.Remove(name);
            }
        }

        start.Environment["HOME"] = Path.Combine(Directory, "home");
        start.Environment["NIX_CONF_DIR"] = Path.Combine(Directory, "conf");
        start.Environment["NIX_REMOTE"] = Path.Combine(Directory, "store");
        foreach ((string name, string value) in Variables)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public Outcome Run(string command, params ReadOnlySpan<string> arguments) => RunWithInput("", command, arguments);

    /// <summary>Runs a command to its end, with a text on its standard input.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public Outcome RunWithInput(string input, string command, params ReadOnlySpan<string> arguments)
    {
        using Process process = Start([command, .. arguments], input);
        return Finish(process, command, arguments);
    }

    /// <summary>Runs a command of the reference implementation on the same store.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public Outcome RunReference(string command, params ReadOnlySpan<string> arguments)
    {
        using Process process = Start([Path.Combine(Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin", command), .. arguments], "");
        return Finish(process, command, arguments);
    }

    /// <summary>Runs a command of either implementation on the same store.</summary>
    public Outcome Run(bool reference, string command, params ReadOnlySpan<string> arguments) => reference ? RunReference(command, arguments) : Run(command, arguments);

    /// <summary>Runs a command that has to succeed, and gives what it wrote, without the end of the last line.</summary>
    public string Succeeds(bool reference, string command, params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = Run(reference, command, arguments);
        Assert.True(outcome.Status == 0, $"{(reference ? "reference " : "")}{command} {string.Join(' ', arguments.ToArray())} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome.Output.TrimEnd('\n');
    }

    private static Outcome Finish(Process process, string command, ReadOnlySpan<string> arguments)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} {string.Join(' ', arguments)} did not end");
        }

        process.WaitForExit();
        return new Outcome(process.ExitCode, output.Result, error.Result);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // Store objects are read-only; the system's rm as root, or after chmod, takes them all the same.
        using Process chmod = Process.Start("chmod", ["-R", "u+w", Directory]);
        chmod.WaitForExit();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
