using System;
using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Rendering;

/// <summary>Tells what is going to be built, as <c>--dry-run</c> does.</summary>
internal static class MissingRenderer
{
    /// <summary>Says why each derivation has to be built, and what space that takes.</summary>
    public static void Explain(CommandContext context, BuilderWiring wiring, MissingPaths missing)
    {
        foreach (string line in wiring.Explain(context, missing))
        {
            context.Say(LogLevel.Error, line);
        }
    }

    public static void Show(CommandContext context, StoreDir dir, MissingPaths missing, int level = LogLevel.Info)
    {
        void List(IReadOnlyList<StorePath> paths, string one, string many)
        {
            if (paths.Count == 0)
            {
                return;
            }

            context.Say(level, paths.Count == 1 ? one : many.Replace("{0}", paths.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
            foreach (StorePath path in paths)
            {
                context.Say(level, "  " + dir.Print(path));
            }
        }

        List(missing.WillBuild, "this derivation will be built:", "these {0} derivations will be built:");
        string sizes = " will be fetched (" + ByteSize.Render((long)missing.DownloadSize) + " download, " + ByteSize.Render((long)missing.UnpackedSize) + " unpacked):";
        List(missing.WillSubstitute, "this path" + sizes, "these {0} paths" + sizes);
        string unknown = "don't know how to build these paths" + (context.ReadOnly ? " (may be caused by read-only store access)" : "") + ":";
        List(missing.Unknown, unknown, unknown);
    }
}
