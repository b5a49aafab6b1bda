using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>Gives a source to the built program, which has to end in time with a value or an error.</summary>
internal static class ProgramRun
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>Parses the source, and evaluates it in a store of its own.</summary>
    public static void Check(string program, byte[] source)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("firn-fuzz.");
        try
        {
            string file = Path.Combine(folder.FullName, "in.nix");
            File.WriteAllBytes(file, source);
            Run(program, folder.FullName, "--parse", file);
            Run(program, folder.FullName, "--eval", "--strict", "--show-trace", file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = folder;
        start.Environment["NIX_REMOTE"] = Path.Combine(folder, "store");
        using Process process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        if (!process.WaitForExit(s_limit))
        {
            process.Kill();
            Assert.Fail("it did not end in time");
        }

        output.Wait();
        Assert.InRange(process.ExitCode, 0, 1);
        Assert.DoesNotContain("Unhandled exception", error.Result, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Firn.", error.Result, StringComparison.Ordinal);
    }
}
