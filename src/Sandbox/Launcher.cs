using System;
using System.IO;

namespace Firn.Sandbox;

/// <summary>Where the launcher program is.</summary>
public static class Launcher
{
    /// <summary>
    /// The launcher's path: <c>FIRN_LAUNCHER</c> where set, else <c>../libexec/firn-launcher</c> or
    /// <c>firn-launcher</c> beside the running program.
    /// </summary>
    /// <exception cref="SandboxException">There is none.</exception>
    public static string Find(Func<string, string?> environment, string? programPath)
    {
        if (environment("FIRN_LAUNCHER") is { Length: > 0 } named)
        {
            return File.Exists(named)
                ? named
                : throw new SandboxException($"FIRN_LAUNCHER names '{named}', which does not exist");
        }

        if (programPath is not null)
        {
            // The program is usually reached through a link with another name.
            string real = File.ResolveLinkTarget(programPath, returnFinalTarget: true)?.FullName ?? programPath;
            string directory = Path.GetDirectoryName(real) ?? "/";
            string[] places = [Path.Combine(directory, "..", "libexec", "firn-launcher"), Path.Combine(directory, "firn-launcher")];
            foreach (string place in places)
            {
                if (File.Exists(place))
                {
                    return Path.GetFullPath(place);
                }
            }
        }

        throw new SandboxException("the sandbox launcher 'firn-launcher' is not installed beside this program; set FIRN_LAUNCHER to its path");
    }
}
