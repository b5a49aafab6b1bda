using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Shells;
using Firn.Shells.Classic;
using Firn.Shells.Shebang;
using Firn.Store;

namespace Firn.Cli.Commands.Shells;

/// <summary><c>nix-shell</c>: a shell in the environment of a derivation, or with packages in it.</summary>
/// <remarks>Nix manual, command-ref/nix-shell</remarks>
internal sealed class NixShell : ICommand
{
    private const string LooksForShell = "nix-shell-always-looks-for-shell-nix";

    private readonly List<string> _files = [];
    private readonly List<string> _attrPaths = [];
    private readonly List<string> _excluded = [];
    private readonly HashSet<string> _kept = new(ClassicShell.PureVariables, StringComparer.Ordinal);
    private readonly EvaluationFlags _evaluation = new();
    private readonly ShellVariables _caller = ProgramReplacement.Environment();
    private IReadOnlyList<string> _scriptArguments = [];
    private string? _script;
    private string _command = "";
    private bool _stdin, _fromArguments, _packages, _pure, _dryRun;
    private bool _interactive = !Console.IsInputRedirected && !Console.IsErrorRedirected;
    private BuildMode _mode;

    /// <summary>The directory that files named in a script are relative to.</summary>
    private string? ScriptDirectory => _script is null ? null : Path.GetDirectoryName(Path.GetFullPath(_script));

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ReadArguments(context, new ArgumentReader(WordsOfScript(arguments) ?? arguments));
        if (context.Repair)
        {
            _mode = BuildMode.Repair;
        }

        if (ScriptDirectory is string directory && context.Settings.Bool("nix-shell-shebang-arguments-relative-to-script"))
        {
            context.BaseDirectory = directory;
        }

        ChooseFiles(context);
        string kind = _pure ? "pure" : "impure";
        _caller.Set("IN_NIX_SHELL", kind);
        // Expressions may ask for it too.
        Environment.SetEnvironmentVariable("IN_NIX_SHELL", kind);
        using IStore store = StoreOpening.OpenForEvaluation(context);
        return EvaluationThread.Run(() => Run(context, store));
    }

    /// <summary>The arguments in a script, where the first argument is one; the others are its own then.</summary>
    private IReadOnlyList<string>? WordsOfScript(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || ScriptFile.Read(arguments[0]) is not { } text || ScriptWords.OfScript(text) is not { } words)
        {
            return null;
        }

        _script = arguments[0];
        _scriptArguments = [.. arguments.Skip(1)];
        return words;
    }

    private void ReadArguments(CommandContext context, ArgumentReader reader)
    {
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "-":
                    _stdin = true;
                    break;
                case "--add-drv-link" or "--indirect" or "--no-out-link" or "--no-link" or "--run-env":
                    break;
                case "--drv-link" or "--out-link" or "-o":
                    reader.Value();
                    break;
                case "--attr" or "-A":
                    _attrPaths.Add(reader.Value());
                    break;
                case "--expr" or "-E":
                    _fromArguments = true;
                    break;
                case "--packages" or "-p":
                    _packages = true;
                    break;
                case "--command":
                    _command = reader.Value() + "\nexit";
                    break;
                case "--run":
                    _command = reader.Value() + "\nexit";
                    _interactive = false;
                    break;
                case "-i" when _script is not null:
                    _command = ScriptWords.Interpret(reader.Value(), _script, _scriptArguments);
                    _interactive = false;
                    break;
                case "--exclude":
                    _excluded.Add(reader.Value());
                    break;
                case "--keep":
                    _kept.Add(reader.Value());
                    break;
                case "--pure":
                    _pure = true;
                    break;
                case "--impure":
                    _pure = false;
                    break;
                case "--dry-run":
                    _dryRun = true;
                    break;
                case "--check":
                    _mode = BuildMode.Check;
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        _files.Add(reader.Current);
                    }
                    else if (!_evaluation.Handle(reader) && !CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(reader.Current);
                    }

                    break;
            }
        }

        if (_packages && _fromArguments)
        {
            throw CliException.Usage("'-p' and '-E' are mutually exclusive");
        }
    }

    private void ChooseFiles(CommandContext context)
    {
        if (_packages)
        {
            string inputs = string.Concat(_files.Select(static package => $"({package}) "));
            _files.Clear();
            _files.Add($"{{...}}@args: with import <nixpkgs> args; (pkgs.runCommandCC or pkgs.runCommand) \"shell\" {{ buildInputs = [ {inputs}]; }} \"\"");
            _fromArguments = true;
        }
        else if (!_fromArguments && _files.Count == 0)
        {
            if (!context.Settings.Bool(LooksForShell) && File.Exists("shell.nix"))
            {
                _files.Add("shell.nix");
                return;
            }

            if (!File.Exists("shell.nix") && !File.Exists("default.nix"))
            {
                throw new CliException("no argument specified and no 'shell.nix' or 'default.nix' file found in the working directory");
            }

            _files.Add(".");
        }
    }

    private int Run(CommandContext context, IStore store)
    {
        EvaluationSession session = new(context, _evaluation, store);
        StorePath derivation = FindDerivation(context, store, session);
        session.Bring([derivation]);
        (string? shell, StorePath? shellDerivation) = FindShell(context, session);
        using BuilderWiring wiring = new(context, store);
        RealisedOutputs known = InstallableRealiser.Outputs(context, store);
        List<DerivedPath> paths = Needed(store, known.Read(derivation));
        if (shellDerivation is { } its)
        {
            paths.Insert(0, new DerivedPath.Built(its, ["out"]));
        }

        if (context.Settings.Bool("print-missing"))
        {
            MissingRenderer.Show(context, store.StoreDir, wiring.FindMissing(paths));
        }

        if (_dryRun)
        {
            return 0;
        }

        IReadOnlyList<BuildResult> results = wiring.Realise(paths, _mode);
        if (shellDerivation is not null)
        {
            shell = store.StoreDir.Print(results[0].Outputs["out"]) + "/bin/bash";
        }

        Start(context, store, InstallableRealiser.Outputs(context, store).InputsOf(derivation), shell!);
        return 0;
    }

    private StorePath FindDerivation(CommandContext context, IStore store, EvaluationSession session)
    {
        List<StorePath> found = [];
        List<Value> roots = [];
        if (_stdin)
        {
            roots.Add(session.Stdin());
        }
        else
        {
            foreach (string file in _files)
            {
                if (_fromArguments)
                {
                    roots.Add(session.Expression(file));
                }
                else if (DerivationArgument.Read(store, file) is { } given)
                {
                    found.Add(given.DerivationPath);
                }
                else
                {
                    roots.Add(session.Evaluator.DelayRoot(Encoding.UTF8.GetBytes(ShellFile(context, session, file))));
                }
            }
        }

        AttrPathSelector inShell = session.SelectorWith("inNixShell", VBool.True);
        AttrPathSelector Selector(Value value) =>
            value is VLambda { NamedArguments: { } named } && named.Get(session.Evaluator.Symbols.Intern("inNixShell")) is not null ? inShell : session.Selector;
        foreach (Value root in roots)
        {
            AttrPathSelector selector = Selector(root.Force());
            foreach (string attrPath in _attrPaths.Count == 0 ? [""] : _attrPaths)
            {
                Value value = selector.Select(root, attrPath);
                foreach (Package package in new PackageFinder(session.Evaluator, Selector(value)).Find(value))
                {
                    found.Add(PackageOutput.Of(session.Evaluator, package).DerivationPath);
                }
            }
        }

        return found.Count == 1 ? found[0] : throw CliException.Usage("nix-shell requires a single derivation");
    }

    /// <summary>The file that an argument means: of a directory <c>shell.nix</c>, else <c>default.nix</c>.</summary>
    private string ShellFile(CommandContext context, EvaluationSession session, string argument)
    {
        bool isPath = !PseudoUrl.IsUrl(argument) && !argument.StartsWith('<');
        string path = Encoding.UTF8.GetString(session.FilePath(
            !isPath ? argument : Path.GetFullPath(argument, ScriptDirectory is string directory && !_packages ? directory : Directory.GetCurrentDirectory())));
        if (!Directory.Exists(path))
        {
            return path;
        }

        // What is in the directory is found relative to where it really is.
        path = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        string shell = Path.Combine(path, "shell.nix");
        if (File.Exists(shell))
        {
            if (context.Settings.Bool(LooksForShell))
            {
                return shell;
            }

            context.Warn($"Skipping '{shell}', because the setting '{LooksForShell}' is disabled. This is a deprecated behavior. Consider enabling '{LooksForShell}'.");
        }

        string usual = Path.Combine(path, "default.nix");
        return File.Exists(usual) ? usual : throw new CliException($"neither 'shell.nix' nor 'default.nix' found in '{path}'");
    }

    /// <summary>The shell that the user wants, or the derivation of the one that the packages have.</summary>
    private (string? Shell, StorePath? Derivation) FindShell(CommandContext context, EvaluationSession session)
    {
        if (_caller.Get("NIX_BUILD_SHELL") is string wanted)
        {
            return (wanted, null);
        }

        try
        {
            Value value = session.Expression("(import <nixpkgs> {}).bashInteractive").Force();
            StorePath derivation = value is VAttrs set && session.Evaluator.IsDerivation(set)
                ? PackageOutput.Of(session.Evaluator, new Package("bashInteractive", set)).DerivationPath
                : throw new CliException("the 'bashInteractive' attribute in <nixpkgs> did not evaluate to a derivation");
            session.Bring([derivation]);
            return (null, derivation);
        }
        catch (Exception e) when (e is EvalError or CliException or BuildException or StoreException or FormatsException or FetchException or IOException)
        {
            Firn.Cli.Rendering.ErrorRenderer.Report(context, e);
            context.Note("uses bash from your environment");
            return ("bash", null);
        }
    }

    /// <summary>All that the derivation needs, but for what is excluded.</summary>
    private List<DerivedPath> Needed(IStore store, Derivation derivation)
    {
        List<Regex> excluded = _excluded.ConvertAll(Pattern);
        List<DerivedPath> paths = [];
        foreach (InputDerivation input in derivation.InputDerivations)
        {
            string path = store.StoreDir.Print(input.Path);
            if (!excluded.Exists(pattern => pattern.IsMatch(path)))
            {
                Collect(input.Path, [], input.Outputs);
            }
        }

        paths.AddRange(derivation.InputSources.Select(static source => new DerivedPath.Opaque(source)));
        return paths;

        void Collect(StorePath root, ImmutableArray<string> chain, OutputSelection outputs)
        {
            if (!outputs.Names.IsEmpty)
            {
                paths.Add(chain.IsEmpty ? new DerivedPath.Built(root, outputs.Names) : new DerivedPath.BuiltOfBuilt(root, chain, outputs.Names));
            }

            foreach ((string name, OutputSelection inner) in outputs.Dynamic)
            {
                Collect(root, chain.Add(name), inner);
            }
        }
    }

    private static Regex Pattern(string text)
    {
        try
        {
            return new Regex(text, RegexOptions.ECMAScript | RegexOptions.CultureInvariant);
        }
        catch (ArgumentException)
        {
            throw new CliException($"invalid regular expression '{text}'");
        }
    }

    private void Start(CommandContext context, IStore store, BuilderInputs inputs, string shell)
    {
        long cores = context.Settings.Int("cores");
        ClassicShell made = new()
        {
            Inputs = inputs,
            Directory = Directory.CreateTempSubdirectory("nix-shell-").FullName,
            StoreDir = store.StoreDir.Path,
            Cores = cores > 0 ? (int)cores : Environment.ProcessorCount,
            Shell = shell,
            Command = _command,
            IsPure = _pure,
            Kept = _kept,
            IsRoot = UserAccess.IsRoot,
        };
        foreach ((string path, byte[] contents) in made.Files(_caller.Get("TZ")))
        {
            File.WriteAllBytes(path, contents);
        }

        context.Say(LogLevel.Vomit, $"Sourcing nix-shell with file {made.RcFile} and contents:\n{File.ReadAllText(made.RcFile)}");
        made.Enter(_caller);
        ProgramReplacement.Become(
            context, shell, _interactive ? ["bash", "--rcfile", made.RcFile] : ["bash", made.RcFile], _caller, lookUp: true, $"executing shell '{shell}'");
    }
}
