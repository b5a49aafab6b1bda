using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Firn.Build.Execution;

/// <summary>A program of the administrator's that runs beside builds, as the caller, and ends with them where they are interrupted.</summary>
internal static class HookProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Its name, for messages.</param>
    /// <param name="begun">Called when it runs, for the reading of what it writes; what it reads to the end has been written when this returns.</param>
    /// <param name="failed">Told why the program could not be executed.</param>
    /// <param name="cancel">Kills it and all that it has started.</param>
    /// <exception cref="BuildException">It could not be executed, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was killed.</exception>
    public static void Run(string program, ProcessStartInfo start, Action<Process> begun, Action<string> failed, CancellationToken cancel)
    {
        using Process process = new() { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            failed($"executing \"{program}\": {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
            throw Failed(program, 1);
        }

        using (cancel.Register(() => Kill(process)))
        {
            begun(process);
            process.WaitForExit();
        }

        cancel.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            throw Failed(program, process.ExitCode);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private static BuildException Failed(string program, int code) =>
        new(BuildStatus.MiscFailure, $"program \"{program}\" failed with exit code {code}");
}
