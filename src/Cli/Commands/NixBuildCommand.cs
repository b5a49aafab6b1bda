using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands;

/// <summary><c>nix build</c>: builds installables and links their outputs.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-build</remarks>
internal sealed class NixBuildCommand : InstallablesCommand
{
    private readonly JsonFlags _json = new();
    private readonly OutLinkFlags _links = new();
    private readonly ProfileFlag _profile = new();
    private bool _dryRun, _printPaths, _explain, _plan;
    private BuildMode _mode;

    public NixBuildCommand()
    {
        _links.Declare(Flags);
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        _json.Declare(Flags);
        _profile.Declare(Flags);
        Flags.Add("print-out-paths", "Print the resulting output paths", () => _printPaths = true);
        Flags.Add("explain", "Say why each derivation has to be built, and what space that takes; with `--dry-run` nothing else is done.", () => _explain = true);
        Flags.Add("plan", "Show in which order things would be built and fetched, and how long that is expected to take, without doing it.", () => _plan = true);
        Flags.Add("rebuild", "Rebuild an already built package and compare the result to the existing store paths.", () => _mode = BuildMode.Check);
    }

    public override string Description => "build a derivation or fetch a store path";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        IReadOnlyList<Installable> installables = reader.Read(names);
        if (_dryRun || _plan || _explain)
        {
            List<DerivedPath> paths = [.. installables.SelectMany(static i => i.DerivedPaths())];
            using BuilderWiring wiring = new(context, store);
            MissingPaths missing = wiring.FindMissing(paths);
            if (_dryRun)
            {
                MissingRenderer.Show(context, store.StoreDir, missing, LogLevel.Error);
            }

            if (_explain)
            {
                MissingRenderer.Explain(context, wiring, missing);
            }

            if (_plan)
            {
                ShowPlan(context, new BuildStages(wiring.PlanOf(missing)));
            }
            else if (_dryRun && _json.Json)
            {
                _json.Write(context, json => Wanted(json, InstallableRealiser.Outputs(context, store), store.StoreDir, paths));
            }

            if (_dryRun || _plan)
            {
                return 0;
            }
        }

        IReadOnlyList<BuiltPath> built = new InstallableRealiser(context, store).Realise(installables, RealiseMode.Outputs, Repair ? BuildMode.Repair : _mode);
        if (_json.Json)
        {
            JsonFlags.Write(context, pretty: false, json => Built(json, store.StoreDir, built));
        }

        if (store is IRoots roots)
        {
            _links.Link(roots, built);
        }

        if (_printPaths)
        {
            foreach (BuiltPath path in built)
            {
                foreach ((_, StorePath output) in path.Outputs)
                {
                    context.WriteLine(store.StoreDir.Print(output));
                }
            }
        }

        _profile.Update(context, store, built);

        return 0;
    }

    private void ShowPlan(CommandContext context, BuildStages stages)
    {
        if (_json.Json)
        {
            _json.Write(context, stages.Write);
            return;
        }

        foreach (string line in stages.Lines())
        {
            context.WriteLine(line);
        }
    }

    private static void Built(JsonTextWriter json, StoreDir dir, IReadOnlyList<BuiltPath> built)
    {
        json.BeginArray();
        foreach (BuiltPath path in built)
        {
            if (path.Derivation is not StorePath derivation)
            {
                json.String(dir.Print(path.Outputs[0].Path));
                continue;
            }

            json.BeginObject();
            if (path.Cpu is { } cpu)
            {
                json.Name("cpuSystem");
                json.Number(cpu.System.TotalSeconds);
                json.Name("cpuUser");
                json.Number(cpu.User.TotalSeconds);
            }

            json.Name("drvPath");
            if (path.Via.Count == 0)
            {
                json.String(dir.Print(derivation));
            }
            else
            {
                Chain(json, dir, path.Via[0].Derivation, [.. path.Via.Select((step, i) =>
                    (step.Output, (StorePath?)(i + 1 < path.Via.Count ? path.Via[i + 1].Derivation : derivation)))]);
            }

            json.Name("outputs");
            json.BeginObject();
            foreach ((string name, StorePath output) in path.Outputs)
            {
                json.Name(name);
                json.String(dir.Print(output));
            }

            json.EndObject();
            if (path.Started is DateTimeOffset started)
            {
                json.Name("startTime");
                json.Number(started.ToUnixTimeSeconds());
                json.Name("stopTime");
                json.Number((started + path.Elapsed).ToUnixTimeSeconds());
            }

            json.EndObject();
        }

        json.EndArray();
    }

    private static void Wanted(JsonTextWriter json, RealisedOutputs known, StoreDir dir, List<DerivedPath> paths)
    {
        json.BeginArray();
        foreach (DerivedPath path in paths)
        {
            StorePath? derivation;
            ImmutableArray<string> wanted;
            switch (path)
            {
                case DerivedPath.Built built:
                    (derivation, wanted) = (built.Derivation, built.Outputs);
                    json.BeginObject();
                    json.Name("drvPath");
                    json.String(dir.Print(built.Derivation));
                    break;
                case DerivedPath.BuiltOfBuilt inner:
                    (derivation, wanted) = (known.Follow(inner.Root, inner.Chain), inner.Outputs);
                    json.BeginObject();
                    json.Name("drvPath");
                    Chain(json, dir, inner.Root, [.. inner.Chain.Select((name, i) => (name, known.Follow(inner.Root, inner.Chain[..(i + 1)])))]);
                    break;
                default:
                    json.String(path.Print(dir));
                    continue;
            }

            json.Name("outputs");
            json.BeginObject();
            IEnumerable<string> names = derivation is { } there ? known.Read(there).Outputs.Select(static o => o.Name) : wanted.IsDefault ? [] : wanted;
            foreach (string name in names)
            {
                if (wanted.IsDefault || wanted.Contains(name))
                {
                    json.Name(name);
                    Path(json, dir, derivation is { } made ? known.PathOf(made, name) : null);
                }
            }

            json.EndObject();
            json.EndObject();
        }

        json.EndArray();
    }

    /// <summary>A derivation that is an output of another one, and so on.</summary>
    /// <param name="chain">The names of the outputs from the root inwards, with their paths where they are known.</param>
    private static void Chain(JsonTextWriter json, StoreDir dir, StorePath root, ReadOnlySpan<(string Output, StorePath? Path)> chain)
    {
        if (chain.Length == 0)
        {
            json.String(dir.Print(root));
            return;
        }

        json.BeginObject();
        json.Name("drvPath");
        Chain(json, dir, root, chain[..^1]);
        json.Name("output");
        json.String(chain[^1].Output);
        json.Name("outputPath");
        Path(json, dir, chain[^1].Path);
        json.EndObject();
    }

    private static void Path(JsonTextWriter json, StoreDir dir, StorePath? path)
    {
        if (path is { } known)
        {
            json.String(dir.Print(known));
        }
        else
        {
            json.Null();
        }
    }
}
