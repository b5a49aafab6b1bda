using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Build.Execution;

/// <summary>The program of the administrator's that is run after each build.</summary>
/// <remarks>Nix manual, advanced-topics/post-build-hook</remarks>
internal static class PostBuildHook
{
    /// <param name="cancel">Ends the program.</param>
    /// <exception cref="BuildException">The program failed.</exception>
    public static void Run(BuildContext context, int number, StorePath derivation, IEnumerable<StorePath> outputs, CancellationToken cancel)
    {
        string program = context.Settings.PostBuildHook;
        if (program.Length == 0)
        {
            return;
        }

        StoreDir dir = context.Store.Infos.StoreDir;
        // What it writes is shown in the order in which it is written, whichever of its outputs it writes to.
        ProcessStartInfo start = new(context.Launcher(), ["merge", program]) { RedirectStandardOutput = true };
        start.Environment["DRV_PATH"] = dir.Print(derivation);
        start.Environment["OUT_PATHS"] = string.Join(' ', outputs.Order().Select(dir.Print));
        start.Environment["NIX_CONFIG"] = context.Settings.SettingsText();
        void Line(object _, DataReceivedEventArgs e)
        {
            if (e.Data is { } line)
            {
                context.Events.Post(new BuildEvent.HookLine(number, line));
            }
        }

        context.Events.Post(new BuildEvent.HookStarted(number, derivation, program));
        try
        {
            HookProcess.Run(
                program,
                start,
                process =>
                {
                    process.OutputDataReceived += Line;
                    process.BeginOutputReadLine();
                },
                message => context.Events.Post(new BuildEvent.HookLine(number, "error: " + message)),
                cancel);
        }
        finally
        {
            context.Events.Post(new BuildEvent.HookFinished(number));
        }
    }
}
