using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Shells;
using Firn.Shells.Development;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix develop</c>: a shell in the environment of a derivation.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-develop</remarks>
internal sealed class NixDevelop : DevelopmentCommand
{
    private readonly EnvironmentFlags _changes = new();
    private string[]? _command;
    private string? _phase;

    public NixDevelop()
    {
        _changes.Declare(Flags);
        Flags.AddRest("command", 'c', "Instead of starting an interactive shell, start the specified command and arguments.", "command", "args", words =>
            _command = words.Length > 0 ? words : throw CliException.Usage("--command requires at least one argument"));
        Flags.Add("phase", "The stdenv phase to run (e.g. `build` or `configure`).", "phase-name", phase => _phase = phase);
        foreach (string phase in (ReadOnlySpan<string>)["unpack", "configure", "build", "check", "install"])
        {
            Flags.Add(phase, $"Run the `{phase}` phase.", () => _phase = phase);
        }

        Flags.Add("installcheck", "Run the `installcheck` phase.", () => _phase = "installCheck");
    }

    public override string Description => "run a bash shell that provides the build environment of a derivation";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        (BashEnvironment environment, StorePath path) = Record(context, store, installable);
        DevelopmentScript made = Script(context, store, reader, environment, NewDirectory("nix-develop"));
        if (_phase is not null && _command is not null)
        {
            throw CliException.Usage("you cannot use both '--command' and '--phase'");
        }

        ShellVariables variables = ProgramReplacement.Environment();
        _changes.Apply(variables);
        // As long as the shell lives what it was made of is not collected.
        variables.Set("NIX_GCROOT", store.StoreDir.Print(path));
        string? interactive = InteractiveShell(context, store, reader, installable);
        string shell = interactive ?? "bash";
        variables.Set("SHELL", shell);

        string file = Path.Combine(Path.GetFullPath(Path.GetTempPath()), "nix-shell." + Path.GetRandomFileName());
        WriteNew(file, Text(context, made.ToString(), file, shell, interactive));
        if (_phase is not null && installable is FlakeInstallable { Locked.Flake.Resolved.Input.SourcePath: { } source })
        {
            // Phases expect to run among the sources.
            Directory.SetCurrentDirectory(source);
        }

        string name = Path.GetFileName(shell);
        ProgramReplacement.Become(
            context,
            store,
            shell,
            _phase is not null || _command is not null ? [name, file] : [name, "--rcfile", file],
            variables,
            lookUp: true,
            environment.System);
        return 0;
    }

    private string Text(CommandContext context, string script, string file, string shell, string? interactive)
    {
        StringBuilder text = new(script);
        if (context.Verbosity >= LogLevel.Debug)
        {
            text.Append("set -x\n");
        }

        text.Append("command rm -f ").Append(BashText.Quote(file)).Append('\n');
        if (_phase is not null)
        {
            // Nothing comes after it: its status is that of the whole.
            return text.Append(DevelopmentScript.ForPhase(_phase)).ToString();
        }

        if (_command is not null)
        {
            return text.Append(DevelopmentScript.ForCommand(_command)).ToString();
        }

        string PromptSetting(string name) => context.Settings.String(name);
        string whole = DevelopmentScript.ForUser(
            text.ToString(), PromptSetting("bash-prompt"), PromptSetting("bash-prompt-prefix"), PromptSetting("bash-prompt-suffix"));
        return whole + $"SHELL={BashText.Quote(shell)}\n"
            + (interactive is null ? "" : $"PATH={BashText.Quote(Path.GetDirectoryName(interactive)!)}\"${{PATH:+:$PATH}}\"\n");
    }

    private static void WriteNew(string path, string text)
    {
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A bash that is good to type in: of the packages that the flake uses, else of those that are usual; null where there is none.</summary>
    private static string? InteractiveShell(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        try
        {
            foreach (BuiltPath built in new InstallableRealiser(context, store).Realise([Bash(context, reader, installable)], RealiseMode.Outputs))
            {
                foreach ((_, StorePath output) in built.Outputs)
                {
                    string real = store is IRealPaths paths ? paths.RealPath(output) : store.StoreDir.Print(output);
                    if (Path.Exists(real + "/bin/bash"))
                    {
                        return store.StoreDir.Print(output) + "/bin/bash";
                    }
                }
            }

            throw new CliException("package 'nixpkgs#bashInteractive' does not provide a 'bin/bash'");
        }
        catch (Exception e) when (e is EvalError or CliException or BuildException or StoreException or FormatsException or FetchException or IOException)
        {
            context.Say(LogLevel.Error, $"\x1b[31;1merror (ignored):\x1b[0m {e.Message}");
            return null;
        }
    }

    private static Installable Bash(CommandContext context, InstallableReader reader, Installable installable)
    {
        EvaluationSession session = reader.Session;
        if (installable is not FlakeInstallable && !session.Evaluator.Options.PureEval)
        {
            // Who works with a file need not have flakes, and not a network to look for them.
            return new AttributeInstallable(session, session.Expression("import <nixpkgs> { }"), "bashInteractive", OutputsSelection.Default);
        }

        string system = context.Settings.String("system");
        FlakeReference packages = installable is FlakeInstallable flake && flake.Locked.LockFile.Find(InputPath.Root.Then("nixpkgs")) is LockedNode { IsFlake: true } input
            ? input.Locked
            : FlakeReference.OfId(session.Store.Inputs, "nixpkgs");
        return new FlakeInstallable(
            context, session, packages, "bashInteractive", OutputsSelection.Default, new FlakePlaces([], [$"legacyPackages.{system}."]), () => FlakeWiring.Options(context.Settings));
    }
}
