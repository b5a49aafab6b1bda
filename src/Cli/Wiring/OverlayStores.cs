using System;
using System.Collections.Generic;
using Firn.Cli.Processes;
using Firn.Formats;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Local.Overlay;

namespace Firn.Cli.Wiring;

/// <summary>Stores that lie on top of another in an overlay file system: <c>local-overlay://?lower-store=…&amp;upper-layer=…</c>.</summary>
/// <remarks>Nix manual, store/types/experimental-local-overlay-store</remarks>
internal static class OverlayStores
{
    public const string Scheme = "local-overlay";

    /// <exception cref="CliException">The feature is not enabled, or the lower store is elsewhere.</exception>
    /// <exception cref="StoreException">The file system is not what the URL says.</exception>
    public static LocalStore Open(CommandContext context, StoreReference reference)
    {
        context.Settings.RequireFeature("local-overlay-store");
        StoreParameters parameters = new(context, reference);
        string below = parameters.Text("lower-store") is { Length: > 0 } given ? given : "auto";
        string? hook = parameters.Path("remount-hook"), upper = parameters.Path("upper-layer");
        bool checks = parameters.Bool("check-mount") ?? true;
        Dictionary<string, string> rest = new(reference.Parameters);
        foreach (string name in (ReadOnlySpan<string>)["lower-store", "remount-hook", "upper-layer", "check-mount"])
        {
            rest.Remove(name);
        }

        LocalStoreOptions options = StoreOpening.Options(context, reference with { Parameters = rest }, isEmpty: false);
        LowerLayer lower = new(
            StoreOpening.OpenFs(context, below), upper ?? "", hook is null ? null : () => Remount(hook, options.RealStoreDir));
        options = options with
        {
            Reference = new StoreReference { Scheme = Scheme },
            Lower = lower,

            // A file that is shared with one of the lower layer is copied up for it.
            AutoOptimiseStore = false,
        };
        if (checks)
        {
            OverlayMount.Require(options, lower);
        }

        return new LocalStore(options);
    }

    private static void Remount(string hook, string storeDirectory)
    {
        int status = new ProgramRunner().Capture([hook, storeDirectory], out _);
        if (status != 0)
        {
            throw new CliException($"program '{hook}' failed with exit code {status}");
        }
    }
}
