using System;
using System.Collections.Generic;
using Firn.Formats.Hashing;
using Firn.Formats.References;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>Gives paths names that follow from their contents, for stores that trust nobody's signature.</summary>
public static class ContentAddressing
{
    /// <summary>Adds rewritten copies of some paths, and of all that they refer to, to a store.</summary>
    /// <param name="rewritten">Told about each path and its copy before that is added.</param>
    /// <returns>For each path of the closure the path of its copy.</returns>
    /// <exception cref="StoreException">The target cannot take paths, or one of the stores failed.</exception>
    public static SortedDictionary<StorePath, StorePath> Rewrite(IStore from, IStore to, IReadOnlyCollection<StorePath> paths, Action<StorePath, StorePath> rewritten)
    {
        INarAdder adder = to.Require<INarAdder>("Adding paths");
        var copies = new SortedDictionary<StorePath, StorePath>();
        List<StorePath> order = from.SortTopologically(from.Closure(paths));
        order.Reverse();
        foreach (StorePath path in order)
        {
            var replaced = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var references = new SortedSet<StorePath>();
            bool self = false;
            foreach (StorePath reference in from.Get(path).References)
            {
                if (reference == path)
                {
                    self = true;
                    continue;
                }
                StorePath copy = copies[reference];
                if (copy != reference) replaced[from.StoreDir.Print(reference)] = from.StoreDir.Print(copy);
                references.Add(copy);
            }
            var hasher = new ModuloHasher(HashAlgorithm.Sha256, path.HashPart);
            Pass(from, path, replaced, hasher);
            var address = new ContentAddress(ContentAddressMethod.NixArchive, hasher.Finish());
            StorePath target = to.StoreDir.MakeFromContentAddress(path.Name, address, [.. references], self);
            rewritten(path, target);
            copies[path] = target;
            if (self) references.Add(target);
            using var spool = new Spool();
            var narHasher = new Hasher(HashAlgorithm.Sha256);
            var toCopy = new Rewriter([new(path.HashPart, target.HashPart)], new TeeSink(narHasher, spool));
            Pass(from, path, replaced, toCopy);
            toCopy.Flush();
            ulong size = narHasher.Count;
            adder.AddNar(new PathInfo
            {
                Path = target,
                NarHash = narHasher.Finish(),
                NarSize = size,
                References = [.. references],
                ContentAddress = address,
            }, spool.Reopen());
        }
        return copies;
    }

    private static void Pass(IStore from, StorePath path, SortedDictionary<string, string> replaced, IByteSink to)
    {
        var rewriter = new Rewriter(replaced, to);
        from.WriteNar(path, rewriter);
        rewriter.Flush();
    }
}
