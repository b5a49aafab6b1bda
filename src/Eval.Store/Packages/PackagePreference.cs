using System;
using System.Collections.Generic;

namespace Firn.Eval.Store.Packages;

/// <summary>Which of several packages with one name is taken.</summary>
/// <param name="system">Packages for this system come first.</param>
/// <param name="warn">Told of names that several equally good packages have.</param>
public sealed class PackagePreference(string system, Action<string> warn)
{
    /// <summary>The best package of each name, in the order of the names; of equal ones the first.</summary>
    public IEnumerable<PackageInfo> Best(IReadOnlyList<PackageInfo> packages)
    {
        SortedDictionary<string, PackageInfo> best = new(StringComparer.Ordinal);
        HashSet<string> several = new(StringComparer.Ordinal);
        foreach (PackageInfo package in packages)
        {
            int order = best.TryGetValue(package.Name.Name, out PackageInfo? other) ? Compare(package, other) : 1;
            if (order > 0)
            {
                best[package.Name.Name] = package;
                several.Remove(package.Name.Full);
            }
            else if (order == 0)
            {
                several.Add(package.Name.Full);
            }
        }

        foreach ((string name, PackageInfo package) in best)
        {
            if (several.Contains(name))
            {
                warn($"there are multiple derivations named '{name}'; using the first one");
            }

            yield return package;
        }
    }

    private int Compare(PackageInfo one, PackageInfo other)
    {
        if (one.System != other.System && (one.System == system || other.System == system))
        {
            return one.System == system ? 1 : -1;
        }

        int byPriority = ComparePriorities(one, other);
        return byPriority != 0 ? byPriority : PackageName.CompareVersions(one.Name.Version, other.Name.Version);
    }

    /// <summary>Positive where the first has the lower number, which is the higher priority.</summary>
    public static int ComparePriorities(PackageInfo one, PackageInfo other) => other.Priority.CompareTo(one.Priority);
}
