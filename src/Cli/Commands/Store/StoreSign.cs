using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store sign</c>: signs paths with a key.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-sign</remarks>
internal sealed class StoreSign : StorePathsCommand
{
    private string _keyFile = "";

    public StoreSign()
        : base(recursive: false)
    {
        Flags.Add(new Flag("key-file", 'k', "File containing the secret signing key.", ["file"], values => _keyFile = values[0]) { Required = true, Completer = Completions.Files });
    }

    public override string Description => "sign store paths with a local key";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        SecretKey key = SecretKey.Parse(SystemErrors.ReadText(_keyFile));
        ISignatureAdder adder = store.Require<ISignatureAdder>("Adding signatures");
        int added = 0;
        foreach (StorePath path in paths)
        {
            PathInfo info = store.Get(path);
            string signature = info.Sign(store.StoreDir, key);
            if (!new HashSet<string>(info.Signatures, StringComparer.Ordinal).Contains(signature))
            {
                adder.AddSignatures(path, [signature]);
                added++;
            }
        }

        context.Say(LogLevel.Info, $"added {added} signatures");

        return 0;
    }
}
