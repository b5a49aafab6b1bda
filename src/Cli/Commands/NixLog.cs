using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix log</c>: the log of the build that made a path.</summary>
internal sealed class NixLog : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ArgumentReader reader = new(arguments);
        List<string> paths = [];
        while (reader.MoveNext())
        {
            if (!reader.IsFlag)
            {
                paths.Add(reader.Current);
            }
            else if (!CommonFlags.Handle(context, reader))
            {
                throw CliException.UnknownFlag(reader.Current);
            }
        }

        using LocalStore store = StoreOpening.Open(context);
        foreach (string given in paths)
        {
            StorePath path = store.StoreDir.Parse(Path.GetFullPath(given));
            context.Write(store.FindLog(path) ?? throw new CliException($"build log of '{store.StoreDir.Print(path)}' is not available"));
        }

        return 0;
    }
}
