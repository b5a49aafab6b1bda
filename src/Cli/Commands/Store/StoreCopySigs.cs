using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store copy-sigs</c>: takes the signatures over that other stores have of paths.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-copy-sigs</remarks>
internal sealed class StoreCopySigs : StorePathsCommand
{
    private readonly List<string> _substituters = [];

    public StoreCopySigs()
        : base(recursive: false)
    {
        Flags.Add("substituter", 's', "Copy signatures from the specified store.", "store-uri", _substituters.Add);
    }

    public override string Description => "copy store path signatures from substituters";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        if (_substituters.Count == 0)
        {
            throw CliException.Usage("you must specify at least one substituter using '-s'");
        }

        using StoreList others = new(context, _substituters);
        ISignatureAdder adder = store.Require<ISignatureAdder>("Adding signatures");
        int added = 0;
        foreach (StorePath path in paths)
        {
            PathInfo info = store.Get(path);
            SortedSet<string> signatures = new(StringComparer.Ordinal);
            foreach (IStore other in others.Stores)
            {
                // Signatures of another object would be of no use here.
                if (other.Find(path) is PathInfo theirs && theirs.NarHash == info.NarHash && theirs.NarSize == info.NarSize && theirs.References.SequenceEqual(info.References))
                {
                    signatures.UnionWith(theirs.Signatures);
                }
            }

            signatures.ExceptWith(info.Signatures);
            if (signatures.Count > 0)
            {
                adder.AddSignatures(path, signatures);
                added += signatures.Count;
            }
        }

        context.Say(LogLevel.Info, $"imported {added} signatures");

        return 0;
    }
}
