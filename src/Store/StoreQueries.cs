using System;
using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Answers that follow from the interfaces of a store.</summary>
public static class StoreQueries
{
    /// <exception cref="InvalidPathException">It is not valid.</exception>
    public static PathInfo Get(this IPathInfos store, StorePath path) => store.Find(path) ?? throw new InvalidPathException(store.StoreDir, path);

    /// <summary>The paths and all that they refer to, sorted.</summary>
    /// <exception cref="InvalidPathException">One of them is not valid.</exception>
    public static SortedSet<StorePath> Closure(this IPathInfos store, IEnumerable<StorePath> paths) =>
        store is IReferenceGraphs graphs ? new SortedSet<StorePath>(graphs.ClosureGraph(paths).Paths) : Reach(paths, path => store.Get(path).References);

    /// <summary>The paths and all that refer to them, directly or not, sorted.</summary>
    public static SortedSet<StorePath> ReferrersClosure(this IPathGraph store, IEnumerable<StorePath> paths) =>
        store is IReferenceGraphs graphs ? new SortedSet<StorePath>(graphs.AllReferrers(paths)) : Reach(paths, store.Referrers);

    /// <summary>Closure with the outputs of derivations and the derivers of outputs, as <c>keep-outputs</c> and <c>keep-derivations</c> ask.</summary>
    /// <param name="includeOutputs">Follow from a derivation to its valid outputs.</param>
    /// <param name="includeDerivers">Follow from a path to its valid deriver.</param>
    public static SortedSet<StorePath> Closure<TStore>(this TStore store, IEnumerable<StorePath> paths, bool includeOutputs, bool includeDerivers)
        where TStore : IPathInfos, IPathGraph => !includeOutputs && !includeDerivers ? store.Closure(paths) : Reach(paths, path =>
        {
            PathInfo info = store.Get(path);
            var next = new List<StorePath>(info.References);
            if (includeOutputs && path.IsDerivation)
                foreach (DerivationOutputPath output in store.DerivationOutputs(path))
                    if (store.IsValid(output.Path)) next.Add(output.Path);
            if (includeDerivers && info.Deriver is { } deriver && store.IsValid(deriver)) next.Add(deriver);
            return next;
        });

    /// <summary>As <see cref="Closure{TStore}"/>, towards the paths that keep these alive.</summary>
    public static SortedSet<StorePath> ReferrersClosure<TStore>(this TStore store, IEnumerable<StorePath> paths, bool includeOutputs, bool includeDerivers)
        where TStore : IPathInfos, IPathGraph => !includeOutputs && !includeDerivers ? store.ReferrersClosure(paths) : Reach(paths, path =>
        {
            var next = new List<StorePath>(store.Referrers(path));
            if (includeOutputs) next.AddRange(store.ValidDerivers(path));
            if (includeDerivers && path.IsDerivation && store.IsValid(path))
                foreach (DerivationOutputPath output in store.DerivationOutputs(path))
                    if (store.Find(output.Path) is { } info && info.Deriver == path) next.Add(output.Path);
            return next;
        });

    /// <summary>Sorted such that each path comes before those that it refers to. Paths that are not valid count as having no references.</summary>
    /// <exception cref="StoreException">They refer to each other in a circle.</exception>
    public static List<StorePath> SortTopologically(this IPathInfos store, IReadOnlyCollection<StorePath> paths) =>
        store is IReferenceGraphs graphs ? graphs.GraphOf(paths).SortTopologically(store.StoreDir) : SortTopologically(store.StoreDir, paths, path => store.Find(path)?.References ?? []);

    /// <inheritdoc cref="SortTopologically(IPathInfos, IReadOnlyCollection{StorePath})"/>
    public static List<StorePath> SortTopologically(StoreDir storeDir, IReadOnlyCollection<StorePath> paths, Func<StorePath, IReadOnlyList<StorePath>> references)
    {
        var wanted = new HashSet<StorePath>(paths);
        var state = new Dictionary<StorePath, bool>(wanted.Count);
        var order = new List<StorePath>(wanted.Count);
        var stack = new Stack<(StorePath Path, IReadOnlyList<StorePath> References, int Next)>();
        foreach (StorePath start in new SortedSet<StorePath>(wanted))
        {
            if (state.ContainsKey(start)) continue;
            state[start] = false;
            stack.Push((start, references(start), 0));
            while (stack.TryPop(out var frame))
            {
                int next = frame.Next;
                StorePath? descend = null;
                for (; next < frame.References.Count && descend == null; next++)
                {
                    StorePath reference = frame.References[next];
                    if (reference == frame.Path || !wanted.Contains(reference)) continue;
                    if (!state.TryGetValue(reference, out bool done)) descend = reference;
                    else if (!done)
                        throw new StoreException("cycle detected in the references of '" + storeDir.Print(reference) + "' from '" + storeDir.Print(frame.Path) + "'");
                }
                if (descend is { } child)
                {
                    stack.Push((frame.Path, frame.References, next));
                    state[child] = false;
                    stack.Push((child, references(child), 0));
                }
                else
                {
                    state[frame.Path] = true;
                    order.Add(frame.Path);
                }
            }
        }
        order.Reverse();
        return order;
    }

    private static SortedSet<StorePath> Reach(IEnumerable<StorePath> paths, Func<StorePath, IReadOnlyList<StorePath>> next)
    {
        var seen = new HashSet<StorePath>();
        var todo = new Stack<StorePath>();
        foreach (StorePath path in paths)
            if (seen.Add(path)) todo.Push(path);
        while (todo.TryPop(out StorePath path))
            foreach (StorePath other in next(path))
                if (seen.Add(other)) todo.Push(other);
        return new SortedSet<StorePath>(seen);
    }
}
