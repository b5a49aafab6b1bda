using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;

namespace Firn.Build.Builtins;

/// <summary>
/// How builders of our own are started: this program once more, in a sandbox like any other builder, so that what a server or
/// an archive makes of it has no more rights than a build.
/// </summary>
/// <param name="Program">Absolute path of what is executed.</param>
/// <param name="Arguments">Its arguments, its name included; they make it call <see cref="BuiltinProcess.Run"/>.</param>
/// <param name="Files">Files and directories of the host that it needs to run; shown read-only, where they exist.</param>
public sealed record BuiltinHost(string Program, IReadOnlyList<string> Arguments, IReadOnlyList<string> Files)
{
    /// <summary>The argument that asks for a builder.</summary>
    public const string Verb = "__build-builtin";

    /// <summary>This program, with the libraries that it has loaded.</summary>
    /// <param name="assembly">Its entry assembly where it is not compiled ahead of time.</param>
    public static BuiltinHost OfThisProgram(string assembly)
    {
        string program = Environment.ProcessPath ?? throw new BuildException(BuildStatus.MiscFailure, "this program does not know its own path");
        SortedSet<string> files = new(StringComparer.Ordinal);
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            int slash = line.IndexOf('/');
            if (slash >= 0 && line.Contains(".so", StringComparison.Ordinal))
            {
                // Others are loaded when they are needed (TLS, for one), and lie beside those.
                files.Add(Path.GetDirectoryName(line[slash..])!);
            }
        }

        foreach (string start in (ReadOnlySpan<string>)["/lib", "/lib64", "/usr/lib64"])
        {
            // What the program names as its interpreter goes through these links.
            files.Add(start);
        }

        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            // It is usually reached through a link.
            string real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
            files.Add(real);
            return new BuiltinHost(real, ["nix", Verb], WithoutNested(files));
        }

        string runtime = files.First(f => f.Contains("/shared/Microsoft.NETCore.App/", StringComparison.Ordinal));
        string root = runtime[..runtime.IndexOf("/shared/", StringComparison.Ordinal)];
        files.Add(root);
        files.Add(AppContext.BaseDirectory.TrimEnd('/'));
        return new BuiltinHost(root + "/dotnet", ["dotnet", assembly, Verb], WithoutNested(files));
    }

    private static List<string> WithoutNested(SortedSet<string> files) =>
        [.. files.Where(f => !files.Any(other => f.StartsWith(other + "/", StringComparison.Ordinal) && new DirectoryInfo(other).LinkTarget is null))];
}
