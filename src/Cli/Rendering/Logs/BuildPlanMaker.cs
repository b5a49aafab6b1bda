using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Build;
using Firn.Build.History;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Makes of what is missing a graph: what is built or fetched before what.</summary>
/// <param name="read">The text of a derivation; null where it is not known.</param>
internal sealed class BuildPlanMaker(StoreDir dir, Func<StorePath, byte[]?> read, BuildHistory? history)
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
            nodes.Add(new PlannedNode(dir.Print(path), path.DerivationName, IsFetch: false, [.. Needs(path, places)],
                history?.Expect(PackageName.WithoutVersion(path.DerivationName))?.Duration));
        }

        foreach (StorePath path in missing.WillSubstitute)
        {
            nodes.Add(new PlannedNode(dir.Print(path), path.Name, IsFetch: true, [], null));
        }

        return new BuildPlanView(nodes);
    }

    private HashSet<int> Needs(StorePath path, Dictionary<StorePath, int> places)
    {
        HashSet<int> needs = [];
        if (Read(path) is not { } derivation)
        {
            return needs;
        }

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
            else if (Read(input.Path) is { } made)
            {
                foreach ((string name, StorePath? output) in made.OutputPaths(dir))
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

    private Derivation? Read(StorePath path) => read(path) is { } text ? DerivationReader.Parse(text, path.DerivationName, dir) : null;
}
