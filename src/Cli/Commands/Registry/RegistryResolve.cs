using System.Collections.Generic;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes;

namespace Firn.Cli.Commands.Registry;

/// <summary><c>nix registry resolve</c>: what references mean.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry-resolve</remarks>
internal sealed class RegistryResolve : RegistryCommand
{
    private IReadOnlyList<string> _urls = [];

    public RegistryResolve()
        : base(writes: false) => ExpectMany("flake-refs", u => _urls = u);

    public override string Description => "resolve flake references using the registry";

    protected override int Run(CommandContext context, EvalStore store)
    {
        foreach (string url in _urls)
        {
            FlakeReference reference = Parse(store, url);
            (Input input, InputAttributes extra) = store.Fetcher.Registries.Resolve(reference.Input, RegistryUse.All);
            context.WriteLine(new FlakeReference(input, extra.FindText("dir") ?? reference.Directory).ToString());
        }

        return 0;
    }
}
