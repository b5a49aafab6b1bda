using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Shells;
using Firn.Shells.Development;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary>What <c>nix develop</c> and <c>nix print-dev-env</c> share: they record the environment of a derivation and make a script of it.</summary>
internal abstract class DevelopmentCommand : InstallableCommand
{
    private readonly ProfileFlag _profile = new();
    private readonly List<(string Installable, string Directory)> _redirects = [];

    protected DevelopmentCommand()
    {
        _profile.Declare(Flags);
        Flags.Add("redirect", '\0', "Redirect a store path to a mutable location.", "installable", "outputs-dir", (name, directory) => _redirects.Add((name, directory)));
    }

    protected sealed override FlakePlaces Places(string system) => FlakePlaces.Shells(system);

    /// <summary>Records the environment, unless it is one that was recorded.</summary>
    /// <returns>It, and where it is in the store.</returns>
    protected (BashEnvironment Environment, StorePath Path) Record(CommandContext context, IStore store, Installable installable)
    {
        StorePath recorded = installable is StoreInstallable && installable.DerivedPaths() is [DerivedPath.Opaque { Path: var path }]
            && path.Name.EndsWith(EnvironmentRecording.Suffix, StringComparison.Ordinal) ? path : Build(context, store, installable);
        _profile.Update(context, store, recorded);
        context.Say(LogLevel.Debug, $"reading environment file '{store.StoreDir.Print(recorded)}'");
        return (BashEnvironment.Parse(store.ReadFile(recorded)), recorded);
    }

    private StorePath Build(CommandContext context, IStore store, Installable installable)
    {
        IReadOnlyList<StorePath> derivations = new InstallableRealiser(context, store).Derivations([installable], useDeriver: false);
        if (derivations.Count != 1)
        {
            throw new CliException($"'{installable.What}' needs to evaluate to a single derivation, but it evaluated to {derivations.Count} derivations");
        }

        EvaluationStore evaluation = EvaluationStore.Open(context, Source.Evaluation, store);
        ILocalFsStore plans = evaluation.Store;
        RealisedOutputs known = InstallableRealiser.Outputs(context, store);
        StorePath script = plans.AddText(EnvironmentRecording.ScriptName, EnvironmentRecording.Script(), []);
        Derivation recording = EnvironmentRecording.Of(known.Read(derivations[0]), script, plans.StoreDir, known.HashOf);
        StorePath derivation = plans.AddText(
            recording.Name + StorePath.DerivationExtension, DerivationWriter.ToBytes(recording, plans.StoreDir), recording.References);
        evaluation.Bring([derivation]);
        using BuilderWiring wiring = new(context, store);
        BuildResult result = wiring.Realise([new DerivedPath.Built(derivation)], BuildMode.Normal)[0];
        foreach ((_, StorePath output) in result.Outputs.OrderBy(static o => o.Key, StringComparer.Ordinal))
        {
            // Of several outputs one holds it, the others are empty.
            if (store.ReadFile(output).Length > 0)
            {
                return output;
            }
        }

        throw new CliException("get-env.sh failed to produce an environment");
    }

    /// <summary>The script that sets an environment up, with outputs below the working directory.</summary>
    /// <param name="attributes">Where the files of structured attributes go; it is made if there are any.</param>
    protected DevelopmentScript Script(CommandContext context, IStore store, InstallableReader reader, BashEnvironment environment, string attributes)
    {
        DevelopmentScript script = new(environment);
        script.MoveOutputs(Path.Combine(Directory.GetCurrentDirectory(), "outputs"));
        foreach ((string name, string directory) in _redirects)
        {
            Installable installable = reader.Read([name])[0];
            foreach (BuiltPath path in new InstallableRealiser(context, store).Realise([installable], RealiseMode.Known))
            {
                foreach ((_, StorePath output) in path.Outputs)
                {
                    Redirect(context, script, installable, store.StoreDir.Print(output), Path.GetFullPath(directory));
                }
            }
        }

        foreach ((string path, string contents) in script.MoveAttributes(attributes))
        {
            Directory.CreateDirectory(attributes);
            File.WriteAllText(path, contents);
        }

        return script;
    }

    private static void Redirect(CommandContext context, DevelopmentScript script, Installable installable, string from, string to)
    {
        if (!script.Mentions(from))
        {
            context.Warn($"'{installable.What}' (path '{from}') is not used by this build environment");
            return;
        }

        context.Say(LogLevel.Info, $"redirecting '{from}' to '{to}'");
        script.Move(from, to);
    }

    /// <summary>A name for a new directory of this process.</summary>
    protected static string NewDirectory(string prefix) => Path.Combine(Path.GetFullPath(Path.GetTempPath()), prefix + "-" + Path.GetRandomFileName());
}
