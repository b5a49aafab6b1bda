using System.Collections.Generic;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Rendering;

/// <summary>Paths of a closure as people call them: by name, with the first digits where names are not unique.</summary>
internal sealed class PathNames
{
    private const int Digits = 5;

    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _ambiguous = [];

    public PathNames(IReadOnlyList<PathInfo> infos)
    {
        foreach (PathInfo info in infos)
        {
            if (!_seen.Add(info.Path.Name))
            {
                _ambiguous.Add(info.Path.Name);
            }
        }
    }

    public string Of(StorePath path) => _ambiguous.Contains(path.Name) ? $"{path.Name} ({path.HashPart[..Digits]}…)" : path.Name;
}
