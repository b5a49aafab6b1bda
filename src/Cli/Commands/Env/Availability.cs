using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Eval.Store.Packages;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Env;

/// <summary>Which packages need not be built: they are in the store, or a substituter has them.</summary>
internal static class Availability
{
    public static bool IsPrebuilt(NixEnvCall call, PackageInfo package) =>
        call.Store.IsValid(package.OutPath) || Substitutable(call, [package.OutPath]).Count > 0;

    /// <summary>Those of the paths that a substituter has which answers about many paths at once.</summary>
    public static HashSet<StorePath> Substitutable(NixEnvCall call, IReadOnlyCollection<StorePath> paths)
    {
        HashSet<StorePath> found = [];
        if (call.Context.Settings.Bool("substitute"))
        {
            foreach (ISubstituter substituter in call.Context.Substituters.OpenAsync().GetAwaiter().GetResult())
            {
                if (substituter.WantsMassQuery)
                {
                    found.UnionWith(Task.WhenAll(paths.Where(path => !found.Contains(path)).Select(path => FindAsync(call, substituter, path)))
                        .GetAwaiter().GetResult().OfType<StorePath>());
                }
            }
        }

        return found;
    }

    private static async Task<StorePath?> FindAsync(NixEnvCall call, ISubstituter substituter, StorePath path)
    {
        try
        {
            return await substituter.FindAsync(path, CancellationToken.None).ConfigureAwait(false) is null ? null : path;
        }
        catch (StoreException e)
        {
            if (e is not SubstituterDisabledException)
            {
                call.Context.Warn(e.Message);
            }

            return null;
        }
    }
}
