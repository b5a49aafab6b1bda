using System.Collections.Generic;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Fetchers;
using Firn.Flakes.Locking;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake update</c>: locks all inputs, or those named, as they are now.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-update</remarks>
internal sealed class FlakeUpdate : FlakeCommand
{
    private IReadOnlyList<string> _inputs = [];

    public FlakeUpdate()
        : base(takesFlake: false)
    {
        Flags.Add("flake", "The flake to operate on. Default is the current directory.", "flake-url", u => Url = u, FlakeCompletion.References);
        Flags.Remove("no-update-lock-file");
        Flags.Remove("no-write-lock-file");
        ExpectMany("inputs", i => _inputs = i, FlakeCompletion.Inputs);
    }

    public override string Description => "update flake lock file";

    protected override void Prepare(CommandContext context) => context.Settings.Assign("tarball-ttl", "0");

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockOptions options = Options(context, session);
        HashSet<InputPath> updates = [.. options.Updates];
        foreach (string input in _inputs)
        {
            InputPath path = Parse(context, input);
            if (!updates.Add(path))
            {
                context.Warn($"Input '{path}' was specified multiple times. You may have done this by accident.");
            }
        }

        options = options with { Write = true, Updates = updates, Recreate = updates.Count == 0 };
        FlakeWiring.Apply(context, session.Flakes.Lock(Reference(context, session), options).Flake);
        return 0;
    }

    private static InputPath Parse(CommandContext context, string input)
    {
        try
        {
            InputPath path = InputPath.Parse(input);
            return path.IsRoot
                ? throw CliException.Usage("input path to be updated cannot be zero-length; it would refer to the flake itself, not an input")
                : path;
        }
        catch (System.Exception e) when (e is FetchException or CliException)
        {
            context.Warn($"Invalid flake input '{input}'. To update a specific flake, use 'nix flake update --flake {input}' instead.");
            throw new CliException(e.Message);
        }
    }
}
