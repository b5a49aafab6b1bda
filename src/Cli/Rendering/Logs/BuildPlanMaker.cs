using System.Collections.Generic;
using System.Linq;
using Firn.Build;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Makes of what is missing a graph: what is built or fetched before what.</summary>
internal sealed class BuildPlanMaker(LocalStore store)
{
    public BuildPlanView Make(MissingPaths missing)
    {
        Dictionary<StorePath, int> places = [];
        foreach (StorePath path in (IEnumerable<StorePath>)[.. missing.WillBuild, .. missing.WillSubstitute])
        {
            places.TryAdd(path, places.Count);
        }

        List<PlannedNode> nodes = [];
        foreach (StorePath path in missing.WillBuild)
        {
            nodes.Add(new PlannedNode(store.StoreDir.Print(path), path.DerivationName, IsFetch: false, [.. Needs(path, places)], null));
        }

        foreach (StorePath path in missing.WillSubstitute)
        {
            nodes.Add(new PlannedNode(store.StoreDir.Print(path), path.Name, IsFetch: true, [], null));
        }

        return new BuildPlanView(nodes);
    }

    private HashSet<int> Needs(StorePath path, Dictionary<StorePath, int> places)
    {
        HashSet<int> needs = [];
        Derivation derivation = Read(path);
        foreach (StorePath source in derivation.InputSources)
        {
            if (places.TryGetValue(source, out int place))
            {
                needs.Add(place);
            }
        }

        foreach (InputDerivation input in derivation.InputDerivations)
        {
            if (places.TryGetValue(input.Path, out int place))
            {
                needs.Add(place);
            }
            else if (store.IsValid(input.Path))
            {
                foreach ((string name, StorePath? output) in Read(input.Path).OutputPaths(store.StoreDir))
                {
                    if (output is { } known && input.Outputs.Names.Contains(name) && places.TryGetValue(known, out int fetched))
                    {
                        needs.Add(fetched);
                    }
                }
            }
        }

        return needs;
    }

    private Derivation Read(StorePath path) => DerivationReader.Parse(store.ReadFile(path), path.DerivationName, store.StoreDir);
}
