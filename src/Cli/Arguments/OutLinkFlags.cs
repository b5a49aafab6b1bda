using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Firn.Cli.Installables;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Arguments;

/// <summary><c>--out-link</c> and <c>--no-link</c> of commands that link what they built.</summary>
internal sealed class OutLinkFlags
{
    private string? _prefix = "result";

    public void Declare(FlagTable flags)
    {
        flags.Add("out-link", 'o', "Use *path* as prefix for the symlinks to the build results. It defaults to `result`.", "path", p => _prefix = p, Completions.Files);
        flags.Add("no-link", "Do not create symlinks to the build results.", () => _prefix = null);
    }

    /// <summary>Links: <c>result</c>, <c>result-1</c>, … by the place on the command line, with <c>-OUTPUT</c> where it is not <c>out</c>.</summary>
    public void Link(IRoots store, IReadOnlyList<BuiltPath> built)
    {
        for (int i = 0; _prefix is not null && i < built.Count; i++)
        {
            foreach ((string name, StorePath output) in built[i].Outputs)
            {
                string link = i == 0 ? _prefix : _prefix + "-" + i.ToString(CultureInfo.InvariantCulture);
                store.AddPermanentRoot(output, Path.GetFullPath(name is "" or "out" ? link : link + "-" + name));
            }
        }
    }
}
