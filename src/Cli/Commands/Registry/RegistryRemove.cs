using Firn.Eval.Store;
using Firn.Flakes;

namespace Firn.Cli.Commands.Registry;

/// <summary><c>nix registry remove</c>: forgets what a name means.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry-remove</remarks>
internal sealed class RegistryRemove : RegistryCommand
{
    private string _url = "";

    public RegistryRemove()
        : base(writes: true) => Expect("url", u => _url = u);

    public override string Description => "remove flake from user flake registry";

    protected override int Run(CommandContext context, EvalStore store)
    {
        FlakeReference from = Parse(store, _url);
        Change(context, store, registry => registry.Remove(from.Input));
        return 0;
    }
}
