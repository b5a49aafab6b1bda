using System.Collections.Generic;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Flakes.Locking;
using Firn.Formats.Logging;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake prefetch-inputs</c>: brings the trees of all inputs of a flake into the store.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-prefetch-inputs</remarks>
internal sealed class FlakePrefetchInputs : FlakeCommand
{
    public override string Description => "fetch the inputs of a flake";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        LockedFlake flake = session.Flakes.Lock(Reference(context, session), Options(context, session));
        HashSet<LockNode> done = [];
        int status = 0;
        Visit(flake.LockFile.Root);
        return status;

        void Visit(LockNode node)
        {
            if (!done.Add(node))
            {
                return;
            }

            if (node is LockedNode locked)
            {
                try
                {
                    using Activity activity = context.Log.Begin(Verbosity.Info, ActivityType.Unknown, $"fetching '{locked.Locked}'");
                    session.Store.FetchInput(locked.Locked.Input);
                }
                catch (EvalError e)
                {
                    // The others are wanted all the same.
                    Rendering.ErrorRenderer.Report(context, e);
                    status = 1;
                }
            }

            foreach ((_, LockEdge edge) in node.Inputs)
            {
                if (edge is LockEdge.To to)
                {
                    Visit(to.Node);
                }
            }
        }
    }
}
