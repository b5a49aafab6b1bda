using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Scheduling;

/// <summary>
/// The derivations that have to be built, with what each waits for: found from what is wanted, down to where outputs
/// are valid.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="protect">Keep collectors from everything that is found, so that what is valid now stays so.</param>
internal sealed class GoalGraph(BuildStore store, bool protect)
{
    private readonly Dictionary<StorePath, Goal> _goals = [];

    /// <summary>Goals with something to do, in an order in which they can be built.</summary>
    public List<Goal> Order { get; } = [];

    /// <summary>Paths that are not valid and that no derivation here makes, with what needs them.</summary>
    public SortedSet<StorePath> Unknown { get; } = [];

    /// <summary>The goal for outputs of a derivation, with all that it needs.</summary>
    /// <exception cref="BuildException">A derivation is missing or wrong, or needs itself.</exception>
    public Goal Add(StorePath derivation, IReadOnlyList<string>? outputs, BuildMode mode)
    {
        Goal top = Get(derivation, outputs);
        if (top.Mode == BuildMode.Normal)
        {
            top.Mode = mode;
        }

        Expand(top);
        return top;
    }

    private Goal Get(StorePath derivation, IReadOnlyList<string>? outputs)
    {
        if (!_goals.TryGetValue(derivation, out Goal? goal))
        {
            _goals[derivation] = goal = new Goal(derivation);
        }

        if (outputs is null)
        {
            goal.WantsAll = true;
        }
        else
        {
            goal.Wanted.UnionWith(outputs);
        }

        return goal;
    }

    // Depth first without recursion: chains of thousands of derivations exist.
    private void Expand(Goal top)
    {
        Stack<(Goal Goal, List<Goal> Inputs, int Next)> stack = new();
        Enter(top, null);
        while (stack.TryPop(out (Goal Goal, List<Goal> Inputs, int Next) frame))
        {
            if (frame.Next < frame.Inputs.Count)
            {
                stack.Push((frame.Goal, frame.Inputs, frame.Next + 1));
                Enter(frame.Inputs[frame.Next], frame.Goal);
                continue;
            }

            frame.Goal.State = GoalState.Waiting;
            Order.Add(frame.Goal);
            foreach (Goal input in frame.Inputs)
            {
                if (input.State == GoalState.Waiting)
                {
                    input.Waiters.Add(frame.Goal);
                    frame.Goal.Missing++;
                }
            }
        }

        void Enter(Goal goal, Goal? from)
        {
            goal.Derivation ??= Read(goal.Path);
            CheckNames(goal);
            switch (goal.State)
            {
                case GoalState.Entered:
                    throw new BuildException(BuildStatus.InputRejected,
                        $"dependency cycle detected: '{Print(from!.Path)}' and '{Print(goal.Path)}' need each other");
                case GoalState.Waiting:
                    return;
                case GoalState.New or GoalState.Valid:
                    if (protect && goal.State == GoalState.New)
                    {
                        store.TempRoots.AddTempRoots([goal.Path, .. goal.Derivation.OutputPaths(store.Infos.StoreDir).Select(o => o.Path).OfType<StorePath>()]);
                    }

                    // Valid before, it may now be wanted for another output.
                    if (goal.Mode == BuildMode.Normal && IsDone(goal))
                    {
                        goal.State = GoalState.Valid;
                        goal.Status = BuildStatus.AlreadyValid;
                        return;
                    }

                    goal.Status = null;
                    goal.State = GoalState.Entered;
                    stack.Push((goal, Inputs(goal), 0));
                    return;
            }
        }
    }

    private List<Goal> Inputs(Goal goal)
    {
        List<Goal> inputs = [];
        foreach (InputDerivation input in goal.Derivation!.InputDerivations)
        {
            if (!input.Outputs.Dynamic.IsEmpty)
            {
                throw new BuildException(BuildStatus.InputRejected,
                    $"derivation '{Print(goal.Path)}' needs outputs of a derivation that is itself built, which is not supported");
            }

            Goal of = Get(input.Path, input.Outputs.Names);
            of.Derivation ??= Read(input.Path);
            foreach (string name in input.Outputs.Names)
            {
                DerivationOutput output = of.Derivation.Output(name) ?? throw NoOutput(input.Path, name);
                goal.Inputs.Add(output.KnownPath(store.Infos.StoreDir, of.Derivation.Name, name)
                    ?? throw new BuildException(BuildStatus.InputRejected,
                        $"derivation '{Print(input.Path)}' has outputs whose paths follow from their contents, which is not supported"));
            }

            inputs.Add(of);
        }

        foreach (StorePath source in goal.Derivation.InputSources)
        {
            goal.Inputs.Add(source);
            if (!store.Infos.IsValid(source))
            {
                Unknown.Add(source);
            }
        }

        return inputs;
    }

    private bool IsDone(Goal goal)
    {
        foreach (string name in goal.WantedOutputs)
        {
            if (goal.Derivation!.Output(name)!.KnownPath(store.Infos.StoreDir, goal.Derivation.Name, name) is not { } path || !store.Infos.IsValid(path))
            {
                return false;
            }
        }

        return true;
    }

    private void CheckNames(Goal goal)
    {
        foreach (string name in goal.Wanted)
        {
            if (goal.Derivation!.Output(name) is null)
            {
                throw NoOutput(goal.Path, name);
            }
        }
    }

    private BuildException NoOutput(StorePath derivation, string name) =>
        new(BuildStatus.InputRejected, $"derivation '{Print(derivation)}' does not have wanted outputs '{name}'");

    private Derivation Read(StorePath path)
    {
        if (!store.Infos.IsValid(path))
        {
            throw new BuildException(BuildStatus.MiscFailure, $"path '{Print(path)}' does not exist and cannot be created");
        }

        try
        {
            return DerivationReader.Parse(store.Contents.ReadFile(path), path.DerivationName, store.Infos.StoreDir);
        }
        catch (FormatsException e)
        {
            throw new BuildException(BuildStatus.InputRejected, $"error parsing derivation '{Print(path)}': {e.Message}");
        }
    }

    private string Print(StorePath path) => store.Infos.StoreDir.Print(path);
}
