using System;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace Firn.Build.Tests;

/// <summary>The reference implementation, at work on the store of a workshop.</summary>
internal static class Reference
{
    /// <summary>Whether builders of its sandbox find their structured attributes: old versions name the host's directory.</summary>
    public static bool HasAttributesInSandbox(Workshop w)
    {
        string version = Run(w, "nix-store", out _, "--version").Trim();
        return System.Version.Parse(version[(version.LastIndexOf(' ') + 1)..]) >= new System.Version(2, 20);
    }

    public static (int Exit, string Error) Run(Workshop w, string command, params string[] arguments)
    {
        Run(w, command, out (int Exit, string Error) outcome, arguments);
        return outcome;
    }

    private static string Run(Workshop w, string command, out (int Exit, string Error) outcome, params string[] arguments)
    {
        string directory = Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";
        ProcessStartInfo start = new(Path.Combine(directory, command), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("NIX_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["NIX_REMOTE"] = w.Root;
        start.Environment["NIX_CONF_DIR"] = w.Root + "/conf";
        start.Environment["NIX_CONFIG"] = "build-users-group =\nsubstitute = false\nsandbox = true\nsandbox-paths =\ncores = 3\nsystem-features = nixos-test";
        start.Environment["HOME"] = w.Root + "/home";
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        outcome = (process.ExitCode, error.Result);
        return output;
    }
}
