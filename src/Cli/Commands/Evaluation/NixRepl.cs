using System.Collections.Generic;
using Firn.Cli.Installables;
using Firn.Cli.Repl;
using Firn.Eval.Values;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands.Evaluation;

/// <summary><c>nix repl</c>: expressions, definitions and commands one after the other.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-repl</remarks>
internal sealed class NixRepl : InstallablesCommand
{
    public override string Description => "start an interactive environment for evaluating Nix expressions";

    public override string? Feature => null;

    public override bool IsImpure => true;

    protected override IReadOnlyList<string> DefaultNames => Source.HasSource ? ["."] : [];

    protected override bool Evaluates => true;

    protected override FlakePlaces Places(string system) => base.Places(system) with { Defaults = [""] };

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        new ReplSession(context, store as ILocalFsStore ?? throw new CliException("a store of this kind cannot be used interactively"), reader.Session, Load).Run();
        return 0;

        IEnumerable<(string, Value)> Load()
        {
            reader.Forget();
            foreach (Installable installable in reader.Read(names))
            {
                Value value = installable.RequireValue().Value();
                yield return (installable.What, Source.File is null ? value : reader.Session.Selector.AutoCall(value));
            }
        }
    }
}
