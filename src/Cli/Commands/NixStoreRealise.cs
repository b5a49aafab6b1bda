using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Build;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix-store --realise</c>, and what other operations need of it.</summary>
internal static class NixStoreRealise
{
    public static int Realise(NixStoreCall call)
    {
        bool dryRun = false, explain = false, ignoreUnknown = false;
        BuildMode mode = BuildMode.Normal;
        foreach (string flag in call.Flags)
        {
            switch (flag)
            {
                case "--dry-run":
                    dryRun = true;
                    break;
                case "--explain":
                    explain = true;
                    break;
                case "--repair":
                    mode = BuildMode.Repair;
                    break;
                case "--check":
                    mode = BuildMode.Check;
                    break;
                case "--ignore-unknown":
                    ignoreUnknown = true;
                    break;
                default:
                    throw NixStore.Usage($"unknown flag '{flag}'");
            }
        }

        List<DerivedPath> wanted = call.Arguments.ConvertAll(argument => Parse(call, argument));
        using BuilderWiring wiring = new(call.Context, call.Store);
        MissingPaths missing = wiring.FindMissing(wanted);
        if (ignoreUnknown)
        {
            HashSet<StorePath> unknown = [.. missing.Unknown];
            wanted.RemoveAll(path => unknown.Contains(path is DerivedPath.Built built ? built.Derivation : ((DerivedPath.Opaque)path).Path));
            missing = missing with { Unknown = [] };
        }

        if (call.Context.Settings.Bool("print-missing"))
        {
            MissingRenderer.Show(call.Context, call.Store.StoreDir, missing);
        }

        if (explain)
        {
            MissingRenderer.Explain(call.Context, wiring, missing);
        }

        if (dryRun)
        {
            return 0;
        }

        IReadOnlyList<BuildResult> results = wiring.Realise(wanted, mode);
        if (ignoreUnknown)
        {
            return 0;
        }

        Links links = new(call);
        foreach (BuildResult result in results)
        {
            foreach (string made in links.Make(result))
            {
                if (call.PrintsOutput)
                {
                    call.Context.WriteLine(made);
                }
            }
        }

        return 0;
    }

    /// <summary>A path, or a derivation with the outputs after "!".</summary>
    private static DerivedPath Parse(NixStoreCall call, string argument)
    {
        int mark = argument.IndexOf('!', StringComparison.Ordinal);
        StorePath path = call.Follow(mark < 0 ? argument : argument[..mark]);
        return !path.IsDerivation ? new DerivedPath.Opaque(path)
            : mark < 0 || argument[(mark + 1)..] == "*" ? new DerivedPath.Built(path)
            : new DerivedPath.Built(path, [.. argument[(mark + 1)..].Split(',')]);
    }

    /// <summary>Makes a path valid, of a derivation all outputs.</summary>
    public static void Make(NixStoreCall call, StorePath path)
    {
        using BuilderWiring wiring = new(call.Context, call.Store);
        if (call.Root is null && call.WarnsOfGc)
        {
            call.Context.Warn("you did not specify '--add-root'; the result might be removed by the garbage collector");
        }

        wiring.Realise([path.IsDerivation ? new DerivedPath.Built(path) : new DerivedPath.Opaque(path)], BuildMode.Normal);
    }

    /// <summary>What makes damaged paths anew: they are taken from another store, or their derivations built again.</summary>
    public static IRepairer Repairer(CommandContext context, ILocalFsStore store) => new Rebuilder(context, store);

    private sealed class Rebuilder(CommandContext context, ILocalFsStore store) : IRepairer
    {
        public void Repair(StorePath path)
        {
            using BuilderWiring wiring = new(context, store);
            if (wiring.Builder.Realise([new DerivedPath.Opaque(path)], BuildMode.Repair, wiring.Cancel)[0].Succeeded)
            {
                return;
            }

            if (store.Find(path)?.Deriver is not StorePath deriver || !store.IsValid(deriver))
            {
                throw new StoreException($"cannot repair path '{store.StoreDir.Print(path)}'");
            }

            try
            {
                wiring.Realise([new DerivedPath.Built(deriver)], BuildMode.Repair);
            }
            catch (BuildException e)
            {
                // Who verifies a store tells of it, and goes on with the other paths.
                throw new StoreException(e.Message, e);
            }
        }
    }

    /// <summary>Links of <c>--add-root</c>: the name, then name-2, name-3, …; outputs but <c>out</c> add their name.</summary>
    private sealed class Links(NixStoreCall call)
    {
        private int _count;
        private bool _warned;

        public IEnumerable<string> Make(BuildResult result)
        {
            _count++;
            if (result.Path is DerivedPath.Opaque opaque)
            {
                return [Make(opaque.Path, "out")];
            }

            SortedSet<string> made = new(StringComparer.Ordinal);
            foreach ((string name, StorePath path) in result.Outputs)
            {
                made.Add(Make(path, name));
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
