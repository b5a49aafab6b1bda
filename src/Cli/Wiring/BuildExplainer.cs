using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build;
using Firn.Build.History;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Wiring;

/// <summary>Says why each of some derivations has to be built, and what space that takes.</summary>
/// <param name="read">The text of a derivation; null where it is in no store.</param>
internal sealed class BuildExplainer(CommandContext context, BuildStore parts, Func<StorePath, byte[]?> read, BuildHistory history)
{
    private StoreDir Dir => parts.Infos.StoreDir;

    /// <summary>The lines of the explanation.</summary>
    public IReadOnlyList<string> Explain(MissingPaths missing)
    {
        List<string> lines = [];
        if (missing.WillBuild.Count > 0)
        {
            lines.Add(missing.WillBuild.Count == 1 ? "why it is built:" : "why they are built:");
        }

        IReadOnlyList<ISubstituter> caches = context.Settings.Bool("substitute") ? context.Substituters.OpenAsync().GetAwaiter().GetResult() : [];
        foreach (StorePath path in missing.WillBuild)
        {
            lines.Add("  " + Dir.Print(path));
            Derivation derivation = Read(path)!;
            lines.AddRange(Outputs(derivation).Concat(Offers(derivation, caches)).Concat(Changes(path)).Select(static line => "    " + line));
        }

        lines.AddRange(Space(missing));
        return lines;
    }

    private IEnumerable<string> Outputs(Derivation derivation)
    {
        foreach ((string name, StorePath? output) in derivation.OutputPaths(Dir))
        {
            if (output is not { } known)
            {
                yield return $"output '{name}' has no path before its inputs are built";
            }
            else if (!parts.Infos.IsValid(known))
            {
                yield return $"output '{name}' ({Dir.Print(known)}) is not in the store";
            }
        }
    }

    private IEnumerable<string> Offers(Derivation derivation, IReadOnlyList<ISubstituter> caches)
    {
        if (!context.Settings.Bool("substitute"))
        {
            return ["no cache is asked: 'substitute' is off"];
        }

        if (caches.Count == 0)
        {
            return ["no cache is asked: 'substituters' names none that answers"];
        }

        if (derivation.Variable("allowSubstitutes"u8) is [] or [(byte)'0'] && !context.Settings.Bool("always-allow-substitutes"))
        {
            return ["no cache is asked: it says 'allowSubstitutes = false'"];
        }

        List<string> lines = [];
        StorePath[] wanted = [.. derivation.OutputPaths(Dir).Select(static o => o.Path).OfType<StorePath>().Where(p => !parts.Infos.IsValid(p))];
        foreach (ISubstituter cache in wanted.Length == 0 ? [] : caches)
        {
            lines.Add($"{cache.Url} {Answer(cache, wanted)}");
        }

        return lines;
    }

    private string Answer(ISubstituter cache, StorePath[] wanted)
    {
        if (cache.StoreDir != Dir)
        {
            return $"is for stores in {cache.StoreDir.Path}";
        }

        try
        {
            Substitute?[] offers = Task.WhenAll(wanted.Select(path => cache.FindAsync(path, CancellationToken.None))).GetAwaiter().GetResult();
            int there = offers.Count(static o => o is not null);
            return there == 0 ? "does not have it"
                : there < wanted.Length ? $"has {there} of its {wanted.Length} outputs"
                : offers.All(o => cache.TakenWithoutSignature || parts.Trust?.Accepts(o!.Value.Info) != false) ? "has it"
                : "has it, signed by none of the keys in 'trusted-public-keys'";
        }
        catch (SubstituterDisabledException)
        {
            return "did not answer shortly before and is left alone";
        }
        catch (Exception e) when (e is StoreException or Fetchers.FetchException or FormatsException)
        {
            return "failed: " + e.Message;
        }
    }

    private IEnumerable<string> Changes(StorePath path)
    {
        string name = PackageName.WithoutVersion(path.DerivationName);
        if ((history.Find(Dir.Print(path)) ?? history.Last(name)) is not { } last)
        {
            yield return $"no earlier build of '{name}' is known";
            yield break;
        }

        string when = last.Ended.ToLocalTime().ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        if (last.Path == Dir.Print(path))
        {
            yield return $"the same was built on {when}; its outputs were deleted since";
            yield break;
        }

        yield return $"last built on {when} as {last.Path}";
        if (!Dir.TryParse(last.Path, out StorePath before))
        {
            yield break;
        }

        DerivationChange? change = new DerivationDifference(Dir, Read).Find(before, path);
        yield return change is null ? "what changed is not known any more"
            : "changed since: " + string.Concat(change.Inputs.Select(static i => $"input '{i}' → ")) + change.What;
    }

    private IEnumerable<string> Space(MissingPaths missing)
    {
        ulong built = 0;
        int known = 0;
        foreach (StorePath path in missing.WillBuild)
        {
            if (history.Expect(PackageName.WithoutVersion(path.DerivationName)) is { } expected)
            {
                known++;
                built += expected.Size;
            }
        }

        if (missing.WillBuild.Count + missing.WillSubstitute.Count == 0)
        {
            yield break;
        }

        ulong needed = built + missing.UnpackedSize;
        string unknown = known < missing.WillBuild.Count ? $" (of {missing.WillBuild.Count - known} nothing is known)" : "";
        yield return $"disk space: about {ByteSize.Render((long)built)} built{unknown} and {ByteSize.Render((long)missing.UnpackedSize)} fetched{(Free() is { } space ? $"; {ByteSize.Render((long)space)} are free" : "")}";
        if (needed > Free())
        {
            yield return "this is likely to fill the disk";
        }
    }

    /// <summary>Free bytes where the store is; null for one that is not on this machine.</summary>
    private ulong? Free() => parts.Building is { } building ? (ulong)new System.IO.DriveInfo(building.Paths.RealStoreDir).AvailableFreeSpace : null;

    /// <summary>A derivation of the store, or one that was built before; null where neither is there.</summary>
    private Derivation? Read(StorePath path)
    {
        byte[]? text = read(path) ?? history.Find(Dir.Print(path))?.Text;
        return text is null ? null : DerivationReader.Parse(text, path.DerivationName, Dir);
    }
}
