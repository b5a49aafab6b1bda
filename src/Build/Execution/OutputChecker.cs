using System.Collections.Generic;
using System.Linq;
using Firn.Build.Preparation;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>Compares outputs with what their derivation says they must be like.</summary>
/// <remarks>Nix manual, language/advanced-attributes: allowedReferences, …, outputChecks</remarks>
internal sealed class OutputChecker(IPathInfos store, StorePath derivation, IReadOnlyDictionary<string, PathInfo> outputs)
{
    private readonly Dictionary<StorePath, PathInfo> _byPath = outputs.Values.ToDictionary(o => o.Path);

    /// <exception cref="BuildException">An output is not as it must be.</exception>
    public void Check(DerivationOptions options)
    {
        foreach ((string name, PathInfo info) in outputs.OrderBy(o => o.Key, System.StringComparer.Ordinal))
        {
            if (options.ChecksOf(name) is { } checks)
            {
                Check(name, info, checks);
            }
        }
    }

    private void Check(string name, PathInfo info, OutputChecks checks)
    {
        if (checks.MaxSize is { } max && info.NarSize > max)
        {
            throw Reject($"path '{Print(info.Path)}' is too large at {info.NarSize} bytes; limit is {max} bytes");
        }

        if (checks.MaxClosureSize is { } maxClosure)
        {
            ulong size = 0;
            foreach (StorePath path in Closure(info.Path))
            {
                size += Info(path).NarSize;
            }

            if (size > maxClosure)
            {
                throw Reject($"closure of path '{Print(info.Path)}' is too large at {size} bytes; limit is {maxClosure} bytes");
            }
        }

        if (checks.AllowedReferences is { } references)
        {
            Compare(name, info, references, allowed: true, info.References);
        }

        if (checks.AllowedRequisites is { } requisites)
        {
            Compare(name, info, requisites, allowed: true, Requisites(info, checks));
        }

        if (checks.DisallowedReferences.Count > 0)
        {
            Compare(name, info, checks.DisallowedReferences, allowed: false, info.References);
        }

        if (checks.DisallowedRequisites.Count > 0)
        {
            Compare(name, info, checks.DisallowedRequisites, allowed: false, Requisites(info, checks));
        }
    }

    private SortedSet<StorePath> Requisites(PathInfo info, OutputChecks checks)
    {
        SortedSet<StorePath> closure = Closure(info.Path);
        if (checks.IgnoreSelfReferences)
        {
            closure.Remove(info.Path);
        }

        return closure;
    }

    private void Compare(string name, PathInfo info, IReadOnlyList<string> named, bool allowed, IEnumerable<StorePath> used)
    {
        HashSet<StorePath> paths = [];
        foreach (string one in named)
        {
            if (store.StoreDir.Contains(one))
            {
                paths.Add(store.StoreDir.Split(one).Path);
            }
            else if (outputs.TryGetValue(one, out PathInfo? output))
            {
                paths.Add(output.Path);
            }
            else
            {
                throw Reject(
                    $"derivation '{Print(derivation)}' output check for '{name}' contains output name '{one}',"
                    + " but this is not a valid output of this derivation."
                    + $" (Valid outputs are [{string.Join(", ", outputs.Keys.Order(System.StringComparer.Ordinal))}].)");
            }
        }

        List<StorePath> bad = [.. used.Where(path => paths.Contains(path) != allowed)];
        if (bad.Count > 0)
        {
            throw Reject(
                $"output '{Print(info.Path)}' is not allowed to refer to the following paths:{string.Concat(bad.Select(path => "\n  " + Print(path)))}"
                + "\nThe references that lead to them are:\n"
                + new ReferenceChains(path => Info(path).References, Print).Draw(info.Path, bad));
        }
    }

    private SortedSet<StorePath> Closure(StorePath start)
    {
        SortedSet<StorePath> closure = [];
        Stack<StorePath> todo = new([start]);
        while (todo.TryPop(out StorePath path))
        {
            if (closure.Add(path))
            {
                foreach (StorePath reference in Info(path).References)
                {
                    todo.Push(reference);
                }
            }
        }

        return closure;
    }

    private PathInfo Info(StorePath path) => _byPath.TryGetValue(path, out PathInfo? own) ? own : store.Get(path);

    private string Print(StorePath path) => store.StoreDir.Print(path);

    private static BuildException Reject(string message) => new(BuildStatus.OutputRejected, message);
}
