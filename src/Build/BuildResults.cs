using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>What follows from results.</summary>
public static class BuildResults
{
    /// <summary>Fails as a whole where something failed: with its message where it is one thing, else those are told before.</summary>
    /// <param name="exitCode">Exit status for a command that ends because of it.</param>
    /// <exception cref="BuildException">Something failed.</exception>
    public static void Check(IReadOnlyList<BuildResult> results, StoreDir dir, IBuildEvents events, int exitCode)
    {
        List<BuildResult> failed = [];
        foreach (BuildResult result in results)
        {
            if (!result.Succeeded && !failed.Exists(f => f.Path == result.Path))
            {
                failed.Add(result);
            }
        }

        if (failed.Count == 0)
        {
            return;
        }

        if (failed is [{ Error: { } only }])
        {
            throw new BuildException(failed[0].Status, only, exitCode);
        }

        // By name, and the first comes last: so users know it.
        List<BuildResult> told = [.. failed.Where(f => f.Error is not null).OrderBy(f => Wanted(f.Path).Name, StringComparer.Ordinal)];
        foreach (BuildResult result in told.Skip(1).Concat(told.Take(1)))
        {
            events.Post(new BuildEvent.Error(result.Error!));
        }

        IEnumerable<string> names = failed.Select(f => dir.Print(Wanted(f.Path))).Distinct().Order(StringComparer.Ordinal);
        throw new BuildException(failed[0].Status, $"build of {string.Join(", ", names.Select(n => $"'{n}'"))} failed", exitCode);
    }

    private static StorePath Wanted(DerivedPath path) => path switch
    {
        DerivedPath.Built built => built.Derivation,
        DerivedPath.BuiltOfBuilt inner => inner.Root,
        DerivedPath.Opaque opaque => opaque.Path,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
