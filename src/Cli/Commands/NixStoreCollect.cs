using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>Operations of <c>nix-store</c> that make room.</summary>
internal static class NixStoreCollect
{
    public static int Collect(NixStoreCall call)
    {
        bool printRoots = false;
        CollectorRequest request = new();
        for (int i = 0; i < call.Flags.Count; i++)
        {
            switch (call.Flags[i])
            {
                case "--print-roots":
                    printRoots = true;
                    break;
                case "--print-live":
                    request = request with { Action = CollectorAction.ReturnLive };
                    break;
                case "--print-dead":
                    request = request with { Action = CollectorAction.ReturnDead };
                    break;
                case "--max-freed":
                    request = request with { MaxFreed = ParseMaxFreed("--max-freed", call.Flags[++i]) };
                    break;
                default:
                    throw NixStore.Usage($"bad sub-operation '{call.Flags[i]}' in GC");
            }
        }

        call.RefuseArguments();
        if (request.MaxFreed != ulong.MaxValue && (request.Action != CollectorAction.DeleteDead || printRoots))
        {
            throw NixStore.Usage("option --max-freed cannot be combined with --print-live, --print-dead, or --print-roots");
        }

        if (printRoots)
        {
            PrintRoots(call);
        }
        else
        {
            Run(call.Context, call.Store, request);
        }

        return 0;
    }

    private static void PrintRoots(NixStoreCall call)
    {
        List<(string Link, StorePath Path)> roots = [];
        foreach (Root root in call.Store.FindRoots(censor: false))
        {
            roots.Add((root.Link, root.Path));
        }

        roots.Sort(static (a, b) => string.CompareOrdinal(a.Link, b.Link) is not 0 and int order ? order : a.Path.CompareTo(b.Path));
        foreach ((string link, StorePath path) in roots)
        {
            string quoted = link.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            call.Context.WriteLine($"\"{quoted}\" -> {call.Store.StoreDir.Print(path)}");
        }
    }

    /// <summary>Collects and prints what was found or done, as far as it came.</summary>
    public static void Run(CommandContext context, ICollector store, CollectorRequest request)
    {
        CollectorResult result = new();
        try
        {
            store.Collect(request, result);
        }
        finally
        {
            if (request.Action is CollectorAction.ReturnLive or CollectorAction.ReturnDead)
            {
                foreach (string path in result.Paths)
                {
                    context.WriteLine(path);
                }
            }
            else
            {
                context.WriteLine($"{result.Paths.Count} store paths deleted, {ByteSize.Render((long)result.BytesFreed)} freed");
            }
        }
    }

    public static int Delete(NixStoreCall call)
    {
        bool ignoreLiveness = false;
        foreach (string flag in call.Flags)
        {
            ignoreLiveness = flag == "--ignore-liveness" ? true : throw NixStore.Usage($"unknown flag '{flag}'");
        }

        HashSet<StorePath> paths = [];
        foreach (string argument in call.Arguments)
        {
            paths.Add(call.Follow(argument));
        }

        Run(call.Context, call.Store, new CollectorRequest { Action = CollectorAction.DeleteSpecific, IgnoreLiveness = ignoreLiveness, Paths = paths });
        return 0;
    }

    public static int Optimise(NixStoreCall call)
    {
        if (call.Flags.Count > 0 || call.Arguments.Count > 0)
        {
            throw NixStore.Usage("no arguments expected");
        }

        OptimiseResult result = call.Store.Optimise();
        if (call.Store is not Firn.Store.Local.LocalStore)
        {
            // Who keeps the store knows, and tells.
            return 0;
        }

        StoreOpening.Log(call.Context).Write(StoreLogLevel.Info, $"{ByteSize.Render((long)result.BytesFreed)} freed by hard-linking {result.FilesLinked} files");
        return 0;
    }

    /// <summary>A number of bytes with K, M, G or T behind it; below zero counts as zero.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static ulong ParseMaxFreed(string flag, string text)
    {
        string digits = text;
        int shift = 0;
        if (text.Length > 0)
        {
            shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, char other => char.IsAsciiLetter(other) ? throw NixStore.Usage($"invalid unit specifier '{other}'") : 0 };
            digits = shift == 0 ? text : text[..^1];
        }

        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? (ulong)Math.Max(0, number << shift)
            : throw NixStore.Usage($"'{text}' is not an integer");
    }
}
