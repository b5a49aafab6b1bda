using System;
using System.Text;
using Firn.Formats.Signing;

namespace Firn.Cli.Commands;

/// <summary><c>nix key convert-secret-to-public</c>: the public half of a key on the standard input.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-key-convert-secret-to-public</remarks>
internal sealed class KeyConvertSecretToPublic : NixCommand
{
    public override string Description => "generate a public key for verifying store paths from a secret key read from standard input";

    public override int Run(CommandContext context)
    {
        context.Write(Encoding.UTF8.GetBytes(SecretKey.Parse(Console.In.ReadToEnd()).PublicKey.ToString()));
        return 0;
    }
}
