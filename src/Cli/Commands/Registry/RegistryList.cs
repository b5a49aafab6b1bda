using System;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Flakes;

namespace Firn.Cli.Commands.Registry;

/// <summary><c>nix registry list</c>: what names of flakes mean.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-registry-list</remarks>
internal sealed class RegistryList() : RegistryCommand(writes: false)
{
    public override string Description => "list available Nix flakes";

    protected override int Run(CommandContext context, EvalStore store)
    {
        foreach (Fetchers.Fetching.Registry registry in store.Fetcher.Registries.All)
        {
            string kind = registry.Kind switch
            {
                RegistryKind.Flag => "flags ",
                RegistryKind.User => "user  ",
                RegistryKind.System => "system",
                RegistryKind.Global => "global",
                _ => throw new InvalidOperationException(),
            };
            foreach (RegistryEntry entry in registry.Entries)
            {
                context.WriteLine($"{kind} {entry.From} {new FlakeReference(entry.To, entry.Extra.FindText("dir") ?? "")}");
            }
        }

        return 0;
    }
}
