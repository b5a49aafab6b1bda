using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Flakes.Locking;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake show</c>: the outputs of a flake as a tree.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-show</remarks>
internal sealed class FlakeShow : FlakeCommand
{
    private readonly JsonFlags _json = new();
    private bool _legacy, _allSystems;

    public FlakeShow()
    {
        _json.Declare(Flags);
        Flags.Add("legacy", "Show the contents of the `legacyPackages` output.", () => _legacy = true);
        Flags.Add("all-systems", "Show the contents of outputs for all systems.", () => _allSystems = true);
    }

    public override string Description => "show the outputs provided by a flake";

    protected override void Prepare(CommandContext context)
    {
        // To show what there is, nothing is built, unless the user wants that.
        if (!context.Settings.IsSet("allow-import-from-derivation"))
        {
            context.Settings.Assign("allow-import-from-derivation", "false");
        }
    }

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockedFlake flake = session.Flakes.Lock(Reference(context, session), Options(context, session));
        Evaluator evaluator = session.Evaluator;
        VAttrs value = evaluator.ForceAttrs(session.Flakes.Call(flake), "while parsing cached flake data");
        OutputTree tree = new(context, evaluator, _json.Json)
        {
            Legacy = _legacy,
            AllSystems = _allSystems,
            LocalSystem = context.Settings.String("system"),
        };
        ShownOutput shown = tree.Show(value.Get(WellKnown.Outputs)!, $"\e[1m{flake.Flake.Locked}\e[0m");
        if (_json.Json)
        {
            _json.Write(context, shown.WriteTo);
        }

        return 0;
    }
}
