using System.IO;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Shells.Development;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix print-dev-env</c>: shows what gives bash the environment of a derivation.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-print-dev-env</remarks>
internal sealed class NixPrintDevEnv : DevelopmentCommand
{
    private readonly JsonFlags _json = new();

    public NixPrintDevEnv() => _json.Declare(Flags);

    public override string Description => "print shell code that can be sourced by bash to reproduce the build environment of a derivation";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        (BashEnvironment environment, _) = Record(context, store, installable);
        if (_json.Json)
        {
            _json.Write(context, environment.Write);
            return 0;
        }

        string attributes = NewDirectory("nix-dev-env");
        context.Write(Encoding.UTF8.GetBytes(Script(context, store, reader, environment, attributes).ToString()));
        return 0;
    }
}
