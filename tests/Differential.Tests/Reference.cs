using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace Firn.Differential.Tests;

/// <summary>Another implementation of the language on this machine.</summary>
internal static class Reference
{
    /// <summary>
    /// Its <c>nix-instantiate</c>: <c>FIRN_REFERENCE</c>, or the one that the distribution installs; null when there
    /// is none.
    /// </summary>
    public static string? Program { get; } = Find();

    private static string? Find()
    {
        string program = Environment.GetEnvironmentVariable("FIRN_REFERENCE") ?? "/usr/bin/nix-instantiate";
        if (!File.Exists(program))
        {
            return null;
        }

        // An installation of this program under that name is no judge.
        string target = new FileInfo(program).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program;
        return target.Contains("firn", StringComparison.OrdinalIgnoreCase) ? null : program;
    }

    /// <summary>The value of an expression as text, null when it fails.</summary>
    public static string? Evaluate(string expression)
    {
        ProcessStartInfo start = new(Program!, ["--eval", "--strict", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NIX_REMOTE"] = "dummy://";
        start.Environment["NIX_PATH"] = "";
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.StandardInput.Write(expression);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.TrimEnd('\n') : null;
    }
}
