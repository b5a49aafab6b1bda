using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Firn.Formats.StorePaths;

namespace Firn.Build.Tests;

/// <summary>What the tests run in a process of its own, to be killed.</summary>
public static class BuildingProcess
{
    /// <summary>A processor's time in the life of a build: marks its processes for the test.</summary>
    public const string Mark = "31.4159";

    public static int Main(string[] arguments) => arguments switch
    {
        ["build", var root] => Build(root),
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
}
