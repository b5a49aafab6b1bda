using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using Firn.Nixos;
using Firn.Nixos.Rebuilding;

namespace Firn.Cli.Processes;

/// <summary>Starts programs: those of this installation first, then those of <c>PATH</c>.</summary>
internal sealed class ProgramRunner : IProgramRunner
{
    /// <inheritdoc />
    public int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo start = StartInfo(arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Start(start);
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <inheritdoc />
    public int Capture(IReadOnlyList<string> arguments, out string output)
    {
        ProcessStartInfo start = StartInfo(arguments);
        start.RedirectStandardOutput = true;
        using Process process = Start(start);
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <inheritdoc />
    public bool Exists(string program) => Find(program) is not null;

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> arguments)
    {
        string program = Find(arguments[0]) ?? throw new NixosException($"executing '{arguments[0]}': No such file or directory", 127);
        ProcessStartInfo start = new(program) { UseShellExecute = false };
        for (int i = 1; i < arguments.Count; i++)
        {
            start.ArgumentList.Add(arguments[i]);
        }

        return start;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new NixosException($"executing '{start.FileName}' failed");
        }
        catch (Win32Exception e)
        {
            throw new NixosException($"executing '{start.FileName}': {e.Message}", e);
        }
    }

    /// <summary>
    /// The links beside this program are its own other names. They are found by the name it was called with: the
    /// file behind it knows only one of them.
    /// </summary>
    private static string? Find(string program)
    {
        if (program.Contains('/'))
        {
            return File.Exists(program) ? program : null;
        }

        if (Environment.ProcessPath is string self && Path.GetDirectoryName(self) is string own && File.Exists(Path.Combine(own, program)))
        {
            return Path.Combine(own, program);
        }

        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(directory, program);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
