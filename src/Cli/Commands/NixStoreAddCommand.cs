using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix store add</c>, <c>add-path</c> and <c>add-file</c>: a file or directory becomes a store object.</summary>
/// <param name="defaultMode">The value of <c>--mode</c> where none is given.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-add</remarks>
internal sealed class NixStoreAddCommand(string defaultMode) : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        string mode = defaultMode;
        string? name = null, given = null;
        HashAlgorithm algorithm = HashAlgorithm.Sha256;
        bool dryRun = false;
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--name" or "-n":
                    name = reader.Value();
                    break;
                case "--mode":
                    mode = reader.Value();
                    break;
                case "--hash-algo":
                    algorithm = HashAlgorithms.Parse(reader.Value());
                    break;
                case "--dry-run":
                    dryRun = true;
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        given = given is null ? reader.Current : throw new CliException($"unexpected argument '{reader.Current}'", hint: "Try 'nix --help' for more information.");
                    }
                    else if (!CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(reader.Current);
                    }

                    break;
            }
        }

        if (given is null)
        {
            throw new CliException("a path is expected", hint: "Try 'nix --help' for more information.");
        }

        string file = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given));
        Source source = new() { Name = name ?? Path.GetFileName(file), File = file, Method = ContentAddressMethods.Parse(mode), Algorithm = algorithm };
        using LocalStore store = StoreOpening.Open(context);
        PathInfo info = dryRun ? store.Compute(source) : store.Add(source);
        context.WriteLine(store.StoreDir.Print(info.Path));
        return 0;
    }
}
