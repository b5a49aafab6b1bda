using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Build.Execution;

/// <summary>The program of the administrator's that is asked before each build what else its sandbox is to show.</summary>
/// <remarks>Nix manual, command-ref/conf-file, <c>pre-build-hook</c></remarks>
internal static class PreBuildHook
{
    /// <summary>Runs it, where there is one.</summary>
    /// <param name="root">The directory on the host that becomes the build's root.</param>
    /// <param name="cancel">Ends the program.</param>
    /// <returns>Paths in the form of the items of <c>sandbox-paths</c>.</returns>
    /// <exception cref="BuildException">It failed, or says what nobody understands.</exception>
    public static List<string> Run(BuildContext context, StorePath derivation, string root, CancellationToken cancel)
    {
        List<string> paths = [];
        string program = context.Settings.PreBuildHook;
        if (program.Length == 0)
        {
            return paths;
        }

        string output = "";
        HookProcess.Run(
            program,
            new ProcessStartInfo(program, [context.Store.Infos.StoreDir.Print(derivation), root]) { RedirectStandardOutput = true },
            process => output = process.StandardOutput.ReadToEnd(),
            message => context.Events.Post(new BuildEvent.Error(message)),
            cancel);
        bool inPaths = false;
        foreach (string line in output.Split('\n')[..^1])
        {
            if (inPaths)
            {
                inPaths = line.Length > 0;
                if (inPaths)
                {
                    paths.Add(line);
                }
            }
            else
            {
                inPaths = line is "extra-sandbox-paths" or "extra-chroot-dirs"
                    ? true
                    : throw new BuildException(BuildStatus.MiscFailure, $"unknown pre-build hook command '{line}'");
            }
        }

        return paths;
    }
}
