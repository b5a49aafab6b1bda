using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Flakes;

namespace Firn.Cli.Commands.Registry;

/// <summary><c>nix registry add</c>: makes a name mean a flake.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry-add</remarks>
internal sealed class RegistryAdd : RegistryCommand
{
    private string _from = "", _to = "";

    public RegistryAdd()
        : base(writes: true)
    {
        Evaluation.Declare(Flags);
        Expect("from-url", u => _from = u);
        Expect("to-url", u => _to = u);
    }

    public override string Description => "add/replace flake in user flake registry";

    protected override int Run(CommandContext context, EvalStore store)
    {
        FlakeReference from = Parse(store, _from), to = Parse(store, _to);
        Change(context, store, registry =>
        {
            registry.Remove(from.Input);
            registry.Add(new RegistryEntry(from.Input, to.Input, Extra(to)));
        });
        return 0;
    }
}
