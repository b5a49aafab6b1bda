using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Firn.Build.Builtins;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Build.Tests;

/// <summary>What the tests run in a process of its own, to be killed.</summary>
public static class BuildingProcess
{
    /// <summary>A processor's time in the life of a build: marks its processes for the test.</summary>
    public const string Mark = "31.4159";

    public static int Main(string[] arguments) => arguments switch
    {
        ["build", var root] => Build(root),
        ["users", var root] => Users(root),
        [BuiltinHost.Verb] => BuiltinProcess.Run(static (nar, path) => LocalStore.RestoreOrdinary(nar, path)),
        _ => 2,
    };

    /// <summary>Starts this program anew.</summary>
    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(BuildingProcess).Assembly.Location, .. arguments]) { RedirectStandardOutput = true })!;

    /// <summary>A chain and a fan of derivations with processes in the background and several outputs.</summary>
    internal static List<StorePath> Write(Workshop w)
    {
        List<StorePath> all = [];
        for (int i = 0; i < 6; i++)
        {
            all.Add(w.Script(
                "node" + i,
                $"(setsid sleep {Mark} &) ; mkdir $out; for i in $(seq 200); do echo $i > $out/$i; done; echo $out > $dev; sleep 0.05; echo done",
                [("seed", i.ToString()), ("before", i == 0 ? "" : w.Print(w.OutputOf(all[i / 2])))],
                outputs: ["out", "dev"],
                inputs: i == 0 ? [] : [(all[i / 2], "out")]));
        }

        return all;
    }

    private static int Build(string root)
    {
        using Workshop w = new(root: root);
        List<StorePath> all = Write(w);
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
        {
            c.Cancel = true;
            stop.Cancel();
        });
        Console.WriteLine("ready");
        try
        {
            w.Builder.RealiseAll([.. all.Select(d => new DerivedPath.Built(d))], cancel: stop.Token);
            Console.WriteLine("done");
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("interrupted " + string.Join(' ', w.Leftovers()));
        }

        // The directory belongs to the test.
        Environment.Exit(0);
        return 0;
    }

    /// <summary>Builds as build users, in the sandbox and without, and tells who it was.</summary>
    private static int Users(string root)
    {
        string sub = root + "/users";
        using (Workshop w = new(s => s with { BuildUsersGroup = "nixbld" }, root: sub))
        {
            StorePath d = w.Script("user", "echo $(id -u) $(id -g) $(tr -s ' ' < /proc/self/gid_map | cut -d' ' -f3) $(tr -s ' ' < /proc/self/uid_map | cut -d' ' -f3) > $out");
            w.Build(d);
            Console.Write(w.Text(w.OutputOf(d)));
            Console.WriteLine(Stat(w.Store.RealPath(w.OutputOf(d))));
        }

        using (Workshop w = new(s => s with { BuildUsersGroup = "nixbld", Sandbox = SandboxMode.Off }, root: sub + "2", logicalIsReal: true))
        {
            StorePath d = w.Script("user", "echo $(id -u) $(id -g) $(id -G) $(stat -c %u .) > $out");
            w.Build(d);
            Console.Write(w.Text(w.OutputOf(d)));
            Console.WriteLine(w.Fail(w.Script("group", "echo > $out; chmod g+w $out")).Message.Contains("suspicious ownership") ? "suspicious ownership" : "accepted");
        }

        Console.WriteLine();
        return 0;
    }

    private static string Stat(string path)
    {
        using Process p = Process.Start(new ProcessStartInfo("stat", ["-c", "%u %g %a", path]) { RedirectStandardOutput = true })!;
        return p.StandardOutput.ReadToEnd().Trim();
    }
}
