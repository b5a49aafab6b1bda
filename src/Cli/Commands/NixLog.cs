using System.Collections.Generic;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix log</c>: the log of the build that made a path, of this store or of one that paths are taken from.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-log</remarks>
internal sealed class NixLog : NixCommand
{
    private readonly SourceFlags _source = new();
    private string _name = ".";

    public NixLog()
    {
        _source.Declare(Flags);
        Expect("installable", name => _name = name, optional: true, InstallableCompletion.For(_source));
    }

    public override IReadOnlyList<string> Flakes => [_name];

    public override string Description => "show the build log of the specified packages or paths, if available";

    public override int Run(CommandContext context)
    {
        context.ReadOnly = true;
        using IStore store = StoreOpening.OpenAny(context);
        StorePath path = store is not ILocalFsStore local ? StorePathArgument.Follow(store.StoreDir, _name)
            : _source.HasSource ? EvaluationThread.Run(() => Path(context, local))
            : Path(context, local);
        context.Write(Find(context, store, InstallableRealiser.Outputs(context, store).LoggedAs(path)) ?? throw new CliException($"build log of '{_name}' is not available"));
        return 0;
    }

    private StorePath Path(CommandContext context, ILocalFsStore store)
    {
        IReadOnlyList<DerivedPath> paths = new InstallableReader(context, store, _source).Read([_name])[0].DerivedPaths();
        return paths.Count != 1 ? throw new CliException($"argument '{_name}' should evaluate to one store path")
            : paths[0] is DerivedPath.Opaque opaque ? opaque.Path
            : new InstallableRealiser(context, store).Derivation(paths[0]);
    }

    private static byte[]? Find(CommandContext context, IStore store, StorePath path)
    {
        if ((store as IBuildLogs)?.FindLog(path) is { } own)
        {
            return own;
        }

        // Other stores need not know who built the path.
        StorePath derivation = path.IsDerivation ? path : store.Find(path)?.Deriver ?? path;
        foreach (ISubstituter substituter in context.Substituters.OpenAsync().GetAwaiter().GetResult())
        {
            if ((substituter as IBuildLogs)?.FindLog(derivation) is { } log)
            {
                return log;
            }
        }

        return null;
    }
}
