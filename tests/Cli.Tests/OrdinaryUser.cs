using System;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace Firn.Cli.Tests;

/// <summary>Commands in the hands of somebody without rights.</summary>
internal static class OrdinaryUser
{
    /// <summary>Makes a directory with the commands in it, since the built ones may lie where nobody else can go.</summary>
    public static void MakeHome(string home)
    {
        Directory.CreateDirectory(home);
        File.Copy(Path.Combine(FirnProcess.Bin, "nix"), Path.Combine(home, "nix-build"));
        File.CreateSymbolicLink(Path.Combine(home, "nix-store"), "nix-build");
        File.Copy(Environment.GetEnvironmentVariable("FIRN_LAUNCHER") ?? Path.Combine(FirnProcess.Bin, "../libexec/firn-launcher"), Path.Combine(home, "launcher"));
    }

    /// <summary>Runs a command as somebody who owns nothing but the directory.</summary>
    public static Outcome Run(string home, string command, params string[] arguments)
    {
        ProcessStartInfo start = Environment.UserName == "root"
            ? new("sh", ["-c", "chmod 755 \"$HOME/..\" && chown -R 12345:12345 \"$HOME\" && exec setpriv --reuid 12345 --regid 12345 --clear-groups \"$@\"", "sh", Path.Combine(home, command), .. arguments])
            : new(Path.Combine(home, command), arguments);
        start.WorkingDirectory = home;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("NIX_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = home;
        start.Environment["XDG_DATA_HOME"] = home + "/data";
        start.Environment["NIX_CONF_DIR"] = home + "/none";
        start.Environment["FIRN_LAUNCHER"] = home + "/launcher";
        using Process process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }
}
