using System;
using System.Collections.Generic;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands.Flakes;

/// <summary>Evaluates the outputs of a flake as far as is known what they should be.</summary>
/// <param name="report">Takes an error; says whether to go on.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-check "Evaluation checks"</remarks>
internal sealed class OutputChecker(CommandContext context, EvaluationSession session, Func<EvalError, bool> report)
{
    private readonly Evaluator _ev = session.Evaluator;
    private readonly string _localSystem = context.Settings.String("system");
    private readonly bool _mayBuild = session.Store.AllowsImportFromDerivation;

    /// <summary>Whether outputs for other systems are evaluated too.</summary>
    public bool AllSystems { get; init; }

    /// <summary>Systems whose outputs were left out.</summary>
    public SortedSet<string> OmittedSystems { get; } = new(StringComparer.Ordinal);

    /// <summary>Checks to build, by their derivations, with where they are in the flake.</summary>
    public SortedDictionary<StorePath, List<string>> Checks { get; } = [];

    // What is done to an output, or to a member of one.
    private delegate void Check_(string path, Value value, PosIdx pos);

    /// <summary>Checks all outputs.</summary>
    /// <exception cref="EvalError">One is wrong, and the error is not to be passed over.</exception>
    public void Check(VAttrs outputs)
    {
        // Jobs come first: what these would build others may have to.
        Symbol jobs = _ev.Symbols.Intern("hydraJobs");
        if (outputs.Get(jobs) is { } value)
        {
            CheckOutput("hydraJobs", value, outputs.PosOf(jobs));
        }

        for (int i = 0; i < outputs.Count; i++)
        {
            Attr attr = outputs.At(i);
            if (attr.Name != jobs)
            {
                CheckOutput(_ev.Symbols.TextOf(attr.Name), attr.Value, attr.Pos);
            }
        }
    }

    private static string? Replacement(string output) => output switch
    {
        "defaultPackage" => "packages.<system>.default",
        "defaultApp" => "apps.<system>.default",
        "defaultTemplate" => "templates.default",
        "defaultBundler" => "bundlers.<system>.default",
        "overlay" => "overlays.default",
        "devShell" => "devShells.<system>.default",
        "nixosModule" => "nixosModules.default",
        _ => null,
    };

    private void CheckOutput(string name, Value value, PosIdx pos)
    {
        using Activity activity = context.Log.Begin(Verbosity.Info, ActivityType.Unknown, $"checking flake output '{name}'");
        Try(pos, "while checking flake output '", name, () =>
        {
            session.Store.AllowsImportFromDerivation = context.Settings.IsSet("allow-import-from-derivation") ? _mayBuild : name != "hydraJobs";
            _ev.Force(value, pos);
            if (Replacement(name) is { } replacement)
            {
                context.Warn($"flake output attribute '{name}' is deprecated; use '{replacement}' instead");
            }

            switch (name)
            {
                case "checks":
                    ForSystems(name, value, pos, (path, set, at) => ForEach(path, set, at, CheckCheck));
                    break;
                case "packages" or "devShells":
                    ForSystems(name, value, pos, (path, set, at) => ForEach(path, set, at, CheckDerivation));
                    break;
                case "apps":
                    ForSystems(name, value, pos, (path, set, at) => ForEach(path, set, at, CheckApp));
                    break;
                case "bundlers":
                    ForSystems(name, value, pos, (path, set, at) => ForEach(path, set, at, CheckBundler));
                    break;
                case "formatter" or "defaultPackage" or "devShell":
                    ForSystems(name, value, pos, CheckDerivation);
                    break;
                case "defaultApp":
                    ForSystems(name, value, pos, CheckApp);
                    break;
                case "defaultBundler":
                    ForSystems(name, value, pos, CheckBundler);
                    break;
                case "legacyPackages":
                    ForSystems(name, value, pos, static (_, _, _) => { });
                    break;
                case "overlay":
                    CheckOverlay(name, value, pos);
                    break;
                case "overlays":
                    ForEach(name, value, pos, CheckOverlay);
                    break;
                case "nixosModule":
                    CheckModule(name, value, pos);
                    break;
                case "nixosModules":
                    ForEach(name, value, pos, CheckModule);
                    break;
                case "nixosConfigurations":
                    ForEach(name, value, pos, CheckConfiguration);
                    break;
                case "hydraJobs":
                    CheckJobs(name, value, pos);
                    break;
                case "defaultTemplate":
                    CheckTemplate(name, value, pos);
                    break;
                case "templates":
                    ForEach(name, value, pos, CheckTemplate);
                    break;
                case "lib" or "darwinConfigurations" or "darwinModules" or "flakeModule" or "flakeModules" or "herculesCI"
                    or "homeConfigurations" or "homeModule" or "homeModules" or "nixopsConfigurations":
                    // Known, but nobody says what is in them.
                    break;
                default:
                    context.Warn($"unknown flake output '{name}'");
                    break;
            }
        });
    }

    private void Try(PosIdx pos, string doing, string path, Action check)
    {
        try
        {
            check();
        }
        catch (EvalError e) when (e.Kind != EvalErrorKind.Interrupted && (e.AddTrace(pos, doing, path) || report(e)))
        {
            // It was shown.
        }
    }

    private void ForEach(string path, Value value, PosIdx pos, Check_ check)
    {
        VAttrs set = _ev.ForceAttrs(value, "", pos);
        for (int i = 0; i < set.Count; i++)
        {
            Attr attr = set.At(i);
            check($"{path}.{_ev.Symbols.TextOf(attr.Name)}", attr.Value, attr.Pos);
        }
    }

    // Checks what is there for this system, or for all.
    private void ForSystems(string path, Value value, PosIdx pos, Check_ check) => ForEach(path, value, pos, (inner, member, at) =>
    {
        string system = inner[(path.Length + 1)..];
        if (!system.Contains('-'))
        {
            EvalError error = new(EvalErrorKind.Error, $"'{system}' is not a valid system type, at {ErrorPlace(at)}");
            if (!report(error))
            {
                throw error;
            }
        }

        if (AllSystems || system == _localSystem)
        {
            check(inner, member, at);
        }
        else
        {
            OmittedSystems.Add(system);
        }
    });

    private Plain ErrorPlace(PosIdx pos) => new(ErrorRenderer.Describe(_ev.Positions, pos));

    private Activity Begin(string text) => context.Log.Begin(Verbosity.Info, ActivityType.Unknown, text);

    private static EvalError Error(HintText text) => new(EvalErrorKind.Error, text);

    private void CheckDerivation(string path, Value value, PosIdx pos) => DerivationAt(path, value, pos);

    private StorePath? DerivationAt(string path, Value value, PosIdx pos)
    {
        StorePath? derivation = null;
        Try(pos, "while checking the derivation '", path, () =>
        {
            using Activity activity = Begin($"checking derivation {path}");
            if (value.Force() is not VAttrs set || !_ev.IsDerivation(set))
            {
                throw Error($"flake attribute '{path}' is not a derivation");
            }

            PackageInfo package = new(_ev, new Package("", set));
            _ = package.Name;
            derivation = package.DrvPath;
            if (derivation is { } known)
            {
                context.Say(LogLevel.Info, $"derivation evaluated to {session.Store.Options.StoreDir.Print(known)}");
            }
        });
        return derivation;
    }

    private void CheckCheck(string path, Value value, PosIdx pos)
    {
        if (DerivationAt(path, value, pos) is not { } derivation || path.Split('.')[1] != _localSystem)
        {
            return;
        }

        if (!Checks.TryGetValue(derivation, out List<string>? places))
        {
            Checks.Add(derivation, places = []);
        }

        places.Add(path);
    }

    private void CheckApp(string path, Value value, PosIdx pos) => Try(pos, "while checking the app definition '", path, () =>
    {
        using Activity activity = Begin($"checking app '{path}'");
        VAttrs app = _ev.ForceAttrs(value, "", pos);
        _ = _ev.ForceStringNoContext(Find(app, "type", out PosIdx at) ?? throw Error($"app '{path}' lacks attribute '{"type"}'"), "", at);
        _ = _ev.ForceString(Find(app, "program", out at) ?? throw Error($"app '{path}' lacks attribute '{"program"}'"), "", at);
        if (Find(app, "meta", out at) is not { } meta)
        {
            context.Warn($"app '{path}' lacks attribute 'meta'");
        }
        else if (Find(_ev.ForceAttrs(meta, "", at), "description", out at) is { } description)
        {
            _ = _ev.ForceStringNoContext(description, "", at);
        }
        else
        {
            context.Warn($"app '{path}' lacks attribute 'meta.description'");
        }

        RefuseOthers("app", path, app, "type", "program", "meta");
    });

    private void CheckOverlay(string path, Value value, PosIdx pos) => Try(pos, "while checking the overlay '", path, () =>
    {
        using Activity activity = Begin($"checking overlay '{path}'");
        if (_ev.Force(value, pos) is not VLambda lambda)
        {
            throw new EvalError(EvalErrorKind.Error, $"overlay is not a function, but {Evaluator.ShowType(value)} instead");
        }

        if (lambda.NamedArguments is not null || _ev.Symbols.TextOf(lambda.Argument) is not ("final" or "_" or "_final"))
        {
            throw Error($"overlay does not take an argument named 'final'");
        }
    });

    private void CheckModule(string path, Value value, PosIdx pos) => Try(pos, "while checking the NixOS module '", path, () =>
    {
        using Activity activity = Begin($"checking NixOS module '{path}'");
        _ev.Force(value, pos);
    });

    private void CheckJobs(string path, Value value, PosIdx pos) => Try(pos, "while checking the Hydra jobset '", path, () =>
    {
        using Activity activity = Begin($"checking Hydra job '{path}'");
        if (_ev.IsDerivation(_ev.ForceAttrs(value, "", pos)))
        {
            throw Error($"jobset should not be a derivation at top-level");
        }

        ForEach(path, value, pos, (inner, job, at) =>
        {
            if (!_ev.IsDerivation(_ev.ForceAttrs(job, "", at)))
            {
                CheckJobs(inner, job, at);
                return;
            }

            using Activity activity = Begin($"checking Hydra job '{inner}'");
            CheckDerivation(inner, job, at);
        });
    });

    private void CheckConfiguration(string path, Value value, PosIdx pos) => Try(pos, "while checking the NixOS configuration '", path, () =>
    {
        using Activity activity = Begin($"checking NixOS configuration '{path}'");
        if (!_ev.IsDerivation(new AttrPathSelector(_ev, VAttrs.Empty).Select(value, "config.system.build.toplevel")))
        {
            throw Error($"attribute 'config.system.build.toplevel' is not a derivation");
        }
    });

    private void CheckTemplate(string path, Value value, PosIdx pos) => Try(pos, "while checking the template '", path, () =>
    {
        using Activity activity = Begin($"checking template '{path}'");
        VAttrs template = _ev.ForceAttrs(value, "", pos);
        byte[] files = _ev.CoerceToPath(Find(template, "path", out PosIdx at) ?? throw Error($"template '{path}' lacks attribute '{"path"}'"), "", out _, at);
        if (_ev.Io.Lstat(files) is null)
        {
            throw Error($"template '{path}' refers to a non-existent path '{System.Text.Encoding.UTF8.GetString(files)}'");
        }

        _ = _ev.ForceStringNoContext(Find(template, "description", out at) ?? throw Error($"template '{path}' lacks attribute '{"description"}'"), "", at);
        RefuseOthers("template", path, template, "path", "description", "welcomeText");
    });

    private void CheckBundler(string path, Value value, PosIdx pos) => Try(pos, "while checking the template '", path, () =>
    {
        using Activity activity = Begin($"checking bundler '{path}'");
        if (_ev.Force(value, pos) is not VLambda)
        {
            throw Error($"bundler must be a function");
        }
    });

    private Value? Find(VAttrs set, string name, out PosIdx pos)
    {
        Symbol symbol = _ev.Symbols.Intern(name);
        Value? value = set.Get(symbol);
        pos = value is null ? default : set.PosOf(symbol);
        return value;
    }

    private void RefuseOthers(string what, string path, VAttrs set, params ReadOnlySpan<string> known)
    {
        for (int i = 0; i < set.Count; i++)
        {
            string name = _ev.Symbols.TextOf(set.At(i).Name);
            if (!known.Contains(name))
            {
                throw Error($"{new Plain(what)} '{path}' has unsupported attribute '{name}'");
            }
        }
    }
}
