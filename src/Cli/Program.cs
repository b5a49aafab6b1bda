using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Build.Builtins;
using Firn.Cli.Commands;
using Firn.Store.Local;

namespace Firn.Cli;

internal static partial class Program
{
    /// <summary>The version of Nix whose behaviour this is.</summary>
    public const string NixVersion = "2.34.8";

    private static int Main(string[] arguments)
    {
        try
        {
            return Run(arguments);
        }
        catch (Exception e)
        {
            // Not even the ways to say so could be made ready, or they failed.
            Rendering.StandardStream.Error.Write(Encoding.UTF8.GetBytes($"error: {Rendering.SystemFailure.Describe(e)}\n"));
            return 1;
        }
    }

    private static int Run(string[] arguments)
    {
        string path = CalledAs();
        ICommand? classic = CommandTable.Classic(Path.GetFileName(path));
        if (arguments is ["--version"])
        {
            // Needs neither settings nor a store, and is what scripts call first.
            Rendering.StandardStream.Output.Write(Encoding.UTF8.GetBytes($"{(classic is null ? "nix" : Path.GetFileName(path))} (Nix) {NixVersion}\n"));
            return 0;
        }

        if (arguments is [BuiltinHost.Verb])
        {
            // In a sandbox where neither settings nor a store are.
            return BuiltinProcess.Run(static (nar, path) => LocalStore.RestoreOrdinary(nar, path));
        }

        if (classic is null && arguments is [BuildRemote.Verb, ..])
        {
            // Not one of the others, which read settings and may say something before they know how.
            (classic, arguments) = (new BuildRemote(), arguments[1..]);
        }

        // Stores, logs and build directories are for others to enter, whatever the caller's own files are for.
        _ = umask(0x12); // 022
        CommandContext context = new(path);
        try
        {
            int status = classic is null ? NixMain.Run(context, arguments) : classic.Run(context, arguments);
            context.UsedLog?.Finish();
            context.Out.Flush();
            return status;
        }
        catch (CommandDoneException)
        {
            context.Out.Flush();
            return 0;
        }
        catch (Exception e)
        {
            return Rendering.ErrorRenderer.Report(context, e);
        }
        finally
        {
            context.EvaluationStore?.Dispose();
            context.UsedLog?.End();
        }
    }

    private static string CalledAs()
    {
        string path = Environment.GetCommandLineArgs()[0];
        // Not compiled ahead of time, the first argument is the assembly; the kernel knows what was typed.
        return path.EndsWith(".dll", StringComparison.Ordinal) ? File.ReadAllText("/proc/self/cmdline").Split('\0')[0] : path;
    }

    [LibraryImport("libc.so.6")]
    private static partial uint umask(uint mask);
}
