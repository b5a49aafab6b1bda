using System.Text;
using Firn.Cli.Arguments;
using Firn.Formats.Signing;

namespace Firn.Cli.Commands;

/// <summary><c>nix key generate-secret</c>: a new key that signs store paths.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-key-generate-secret</remarks>
internal sealed class KeyGenerateSecret : NixCommand
{
    private string _name = "";

    public KeyGenerateSecret()
    {
        Flags.Add(new Flag("key-name", '\0', "Identifier of the key (e.g. `cache.example.org-1`).", ["name"], values => _name = values[0]) { Required = true });
    }

    public override string Description => "generate a secret key for signing store paths";

    public override int Run(CommandContext context)
    {
        context.Write(Encoding.UTF8.GetBytes(SecretKey.Generate(_name).ToSecretText()));
        return 0;
    }
}
