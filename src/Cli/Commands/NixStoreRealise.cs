using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Wiring;
using Firn.Eval.Store.Realising;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix-store --realise</c>, and what other operations need of it.</summary>
internal static class NixStoreRealise
{
    public static int Realise(NixStoreCall call)
    {
        bool dryRun = false, ignoreUnknown = false;
        foreach (string flag in call.Flags)
        {
            switch (flag)
            {
                case "--dry-run":
                    dryRun = true;
                    break;
                case "--ignore-unknown":
                    ignoreUnknown = true;
                    break;
                default:
                    throw NixStore.Usage($"unknown flag '{flag}'");
            }
        }

        List<(StorePath Path, SortedSet<string> Outputs)> wanted = call.Arguments.ConvertAll(argument => Parse(call, argument));
        if (ignoreUnknown)
        {
            wanted.RemoveAll(each => !call.Store.IsValid(each.Path));
        }

        if (dryRun)
        {
            return 0;
        }

        foreach ((StorePath path, SortedSet<string> outputs) in wanted)
        {
            Make(call, path, outputs);
        }

        if (ignoreUnknown)
        {
            return 0;
        }

        Links links = new(call);
        foreach ((StorePath path, SortedSet<string> outputs) in wanted)
        {
            foreach (string made in links.Make(path, outputs))
            {
                if (call.PrintsOutput)
                {
                    call.Context.WriteLine(made);
                }
            }
        }

        return 0;
    }

    private static (StorePath Path, SortedSet<string> Outputs) Parse(NixStoreCall call, string argument)
    {
        int mark = argument.IndexOf('!', System.StringComparison.Ordinal);
        SortedSet<string> outputs = new(System.StringComparer.Ordinal);
        if (mark >= 0)
        {
            outputs.UnionWith(argument[(mark + 1)..].Split(','));
        }

        return (call.Follow(mark < 0 ? argument : argument[..mark]), outputs);
    }

    /// <summary>Makes a path valid, of a derivation all outputs.</summary>
    public static void Make(NixStoreCall call, StorePath path) => Make(call, path, []);

    private static void Make(NixStoreCall call, StorePath path, SortedSet<string> outputs)
    {
        StoreDir dir = call.Store.StoreDir;
        if (!path.IsDerivation || !call.Store.IsValid(path))
        {
            if (!call.Store.IsValid(path))
            {
                throw new CliException($"path '{dir.Print(path)}' is required, but there is no substituter that can build it");
            }

            call.Store.AddTempRoot(path);
            return;
        }

        List<OutputRequest> missing = [];
        foreach ((string name, StorePath? output) in NixStoreQuery.ReadDerivation(call.Store, path).OutputPaths(dir))
        {
            if ((outputs.Count == 0 || outputs.Contains(name)) && (output is not StorePath known || !call.Store.IsValid(known)))
            {
                missing.Add(new OutputRequest(path, name));
            }
        }

        if (missing.Count == 0)
        {
            return;
        }

        IRealiser realiser = BuilderWiring.Realiser(call.Context, call.Store)
            ?? throw new CliException($"path '{dir.Print(path)}' is not built, and nothing may be built");
        realiser.Realise(missing);
    }

    /// <summary>What gets paths anew for <c>--repair</c>.</summary>
    public static IRepairer Repairer(NixStoreCall call) => new NoSource(call.Store.StoreDir);

    /// <summary>Where no substituter is configured nothing has another copy.</summary>
    private sealed class NoSource(StoreDir dir) : IRepairer
    {
        public void Repair(StorePath path) => throw new StoreException($"cannot repair path '{dir.Print(path)}'");
    }

    /// <summary>Links of <c>--add-root</c>: the name, then name-2, name-3, …; outputs but <c>out</c> add their name.</summary>
    private sealed class Links(NixStoreCall call)
    {
        private int _count;
        private bool _warned;

        public IEnumerable<string> Make(StorePath path, SortedSet<string> outputs)
        {
            _count++;
            if (!path.IsDerivation)
            {
                return [Make(path, "out")];
            }

            Derivation derivation = NixStoreQuery.ReadDerivation(call.Store, path);
            SortedSet<string> made = new(System.StringComparer.Ordinal);
            foreach (string output in outputs)
            {
                if (derivation.Output(output) is null)
                {
                    throw new CliException($"derivation '{call.Store.StoreDir.Print(path)}' does not have an output named '{output}'");
                }
            }

            foreach ((string name, StorePath? output) in derivation.OutputPaths(call.Store.StoreDir))
            {
                if ((outputs.Count == 0 || outputs.Contains(name)) && output is StorePath known)
                {
                    made.Add(Make(known, name));
                }
            }

            return made;
        }

        private string Make(StorePath path, string output)
        {
            if (call.Root is null)
            {
                if (call.WarnsOfGc && !_warned)
                {
                    call.Context.Warn("you did not specify '--add-root'; the result might be removed by the garbage collector");
                    _warned = true;
                }

                return call.Store.StoreDir.Print(path);
            }

            string link = call.Root + (_count > 1 ? "-" + _count.ToString(CultureInfo.InvariantCulture) : "") + (output == "out" ? "" : "-" + output);
            return call.Store.AddPermanentRoot(path, link);
        }
    }
}
