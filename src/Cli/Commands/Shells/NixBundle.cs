using System.IO;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix bundle</c>: builds what a function of a flake makes of an application.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-bundle</remarks>
internal sealed class NixBundle : InstallableCommand
{
    private const string DefaultBundler = "github:NixOS/bundlers";

    private string _bundler = DefaultBundler;
    private string? _outLink;

    public NixBundle()
    {
        Flags.Add("bundler", $"Use a custom bundler instead of the default (`{DefaultBundler}`).", "flake-url", b => _bundler = b, FlakeCompletion.References);
        Flags.Add("out-link", 'o', "Override the name of the symlink to the build result. It defaults to the base name of the app.", "path", p => _outLink = p, Completions.Files);
    }

    public override string Description => "bundle an application so that it works outside of the Nix store";

    protected override FlakePlaces Places(string system) => FlakePlaces.Apps(system);

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        Evaluator evaluator = reader.Session.Evaluator;
        Value application = installable.RequireValue().Value();
        FlakeInstallable bundler = reader.OfFlake(_bundler, FlakePlaces.Bundlers(context.Settings.String("system")), new() { Write = false });
        if (evaluator.Call(bundler.Value(), application).Force() is not VAttrs made || !evaluator.IsDerivation(made))
        {
            throw new CliException($"the bundler '{bundler.What}' does not produce a derivation");
        }

        PackageOutput wanted = PackageOutput.Of(evaluator, new Package("", made));
        reader.Session.Bring([wanted.DerivationPath]);
        BuildResult result;
        using (BuilderWiring wiring = new(context, store))
        {
            result = wiring.Realise([new DerivedPath.Built(wanted.DerivationPath)], BuildMode.Normal)[0];
        }

        string link = _outLink ?? evaluator.ForceString(made.Get(WellKnown.Name) ?? throw new CliException("attribute 'name' missing"), "").Text;
        store.Require<IRoots>("bundling is").AddPermanentRoot(result.Outputs[wanted.Name], Path.GetFullPath(link));
        return 0;
    }
}
