using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store verify</c>: whether paths are what they were, and come from somebody trusted.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-verify</remarks>
internal sealed class StoreVerify : StorePathsCommand
{
    private readonly List<string> _substituters = [];
    private bool _noContents, _noTrust;
    private int _needed;

    public StoreVerify()
        : base(recursive: false)
    {
        Flags.Add("no-contents", "Do not verify the contents of each store path.", () => _noContents = true);
        Flags.Add("no-trust", "Do not verify whether each store path is trusted.", () => _noTrust = true);
        Flags.Add("substituter", 's', "Use signatures from the specified store.", "store-uri", _substituters.Add);
        Flags.Add("sigs-needed", 'n', "Require that each path is signed by at least *n* different keys.", "n", n => _needed = (int)Math.Min(UnitNumber.Parse(n), int.MaxValue));
    }

    public override string Description => "verify the integrity of store paths";

    /// <returns>The sum of 1 where contents differ, 2 where a path is not trusted, 4 where one cannot be looked at.</returns>
    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        using StoreList others = new(context, _substituters);
        List<PublicKey> keys = Keys.Trusted(context.Settings);
        int status = 0;
        using Activity all = context.Log.Begin(Verbosity.Error, ActivityType.VerifyPaths, "");
        ulong done = 0, failed = 0;
        foreach (StorePath path in paths)
        {
            all.Progress(done, (ulong)paths.Count, 1, failed);
            try
            {
                int found = Verify(context, store, store.Get(path), others, keys);
                status |= found;
                (done, failed) = found == 0 ? (done + 1, failed) : (done, failed + 1);
            }
            catch (Exception e) when (e is StoreException or FormatsException)
            {
                context.Error(e.Message);
                status |= 4;
                failed++;
            }

            all.Progress(done, (ulong)paths.Count, 0, failed);
        }

        return status;
    }

    private int Verify(CommandContext context, IStore store, PathInfo info, StoreList others, List<PublicKey> keys)
    {
        string shown = store.StoreDir.Print(info.Path);
        using Activity activity = context.Log.Begin(Verbosity.Info, ActivityType.Unknown, $"checking '{shown}'");
        int found = 0;
        if (!_noContents && !IsWhole(context, store, info, shown))
        {
            activity.Result(ResultType.CorruptedPath, shown);
            found |= 1;
        }

        if (!_noTrust && !IsTrusted(context, store, info, others, keys))
        {
            activity.Result(ResultType.UntrustedPath, shown);
            context.Say(LogLevel.Error, $"path '{shown}' is untrusted");
            found |= 2;
        }

        return found;
    }

    private static bool IsWhole(CommandContext context, IStore store, PathInfo info, string shown)
    {
        Hasher hasher = new(info.NarHash.Algorithm);
        store.WriteNar(info.Path, hasher);
        Hash hash = hasher.Finish();
        if (hash == info.NarHash)
        {
            return true;
        }

        context.Say(LogLevel.Error, $"path '{shown}' was modified! expected hash '{info.NarHash.ToString(HashFormat.Nix32, true)}', got '{hash.ToString(HashFormat.Nix32, true)}'");
        return false;
    }

    private bool IsTrusted(CommandContext context, IStore store, PathInfo info, StoreList others, List<PublicKey> keys)
    {
        if ((info.Ultimate && _needed == 0) || info.IsContentAddressed(store.StoreDir))
        {
            return true;
        }

        int needed = Math.Max(_needed, 1), good = 0;
        HashSet<string> seen = new(StringComparer.Ordinal);
        Count(info);
        foreach (IStore other in others.Stores)
        {
            if (good >= needed)
            {
                break;
            }

            try
            {
                if (other.Find(info.Path) is PathInfo theirs)
                {
                    if (theirs.IsContentAddressed(store.StoreDir))
                    {
                        return true;
                    }

                    Count(theirs);
                }
            }
            catch (StoreException e)
            {
                // The others may still know enough signatures.
                context.Error(e.Message);
            }
        }

        return good >= needed;

        // What others signed counts where it is about the same path here.
        void Count(PathInfo source)
        {
            foreach (string signature in source.Signatures)
            {
                if (seen.Add(signature) && info.IsSignedBy(store.StoreDir, signature, keys))
                {
                    good++;
                }
            }
        }
    }
}
