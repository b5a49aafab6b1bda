using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Build.Execution;

/// <summary>The program of the administrator's that is run after each build.</summary>
/// <remarks>Nix manual, advanced-topics/post-build-hook</remarks>
internal static class PostBuildHook
{
    /// <exception cref="BuildException">The program failed.</exception>
    public static void Run(BuildContext context, int number, StorePath derivation, IEnumerable<StorePath> outputs)
    {
        string program = context.Settings.PostBuildHook;
        if (program.Length == 0)
        {
            return;
        }

        StoreDir dir = context.Store.Infos.StoreDir;
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DRV_PATH"] = dir.Print(derivation);
        start.Environment["OUT_PATHS"] = string.Join(' ', outputs.Order().Select(dir.Print));
        start.Environment["NIX_CONFIG"] = context.Settings.SettingsText();
        using Process process = new() { StartInfo = start };
        void Line(object _, DataReceivedEventArgs e)
        {
            if (e.Data is { } line)
            {
                context.Events.Post(new BuildEvent.HookLine(number, line));
            }
        }

        process.OutputDataReceived += Line;
        process.ErrorDataReceived += Line;
        context.Events.Post(new BuildEvent.HookStarted(number, derivation, program));
        try
        {
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            context.Events.Post(new BuildEvent.HookLine(number, $"error: executing \"{program}\": {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}"));
            throw new BuildException(BuildStatus.MiscFailure, $"program \"{program}\" failed with exit code 1");
        }
        finally
        {
            context.Events.Post(new BuildEvent.HookFinished(number));
        }

        if (process.ExitCode != 0)
        {
            throw new BuildException(BuildStatus.MiscFailure, $"program \"{program}\" failed with exit code {process.ExitCode}");
        }
    }
}
