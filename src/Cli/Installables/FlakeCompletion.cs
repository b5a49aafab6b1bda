using System;
using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Fetchers;
using Firn.Fetchers.Fetching;
using Firn.Flakes;
using Firn.Formats;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>What half typed flake references and the names of inputs may become.</summary>
internal static class FlakeCompletion
{
    private const string Indirect = "flake:";

    /// <summary>Adds the directories and the names in registries that begin so.</summary>
    public static void References(Completions completions, int index, string prefix)
    {
        if (!completions.Context.Settings.HasFeature("flakes"))
        {
            return;
        }

        if (prefix.Length == 0)
        {
            completions.Add(".");
        }

        Completions.Directories(completions, index, prefix);
        Evaluate(completions, new EvaluationFlags(), session => AddRegistered(completions, session.Store.Fetcher.Registries, prefix));
    }

    /// <summary>Adds the inputs of the flakes on the line that begin so.</summary>
    public static void Inputs(Completions completions, int index, string prefix) => Evaluate(completions, new EvaluationFlags(), session =>
    {
        foreach (string flake in completions.Flakes)
        {
            foreach (string input in session.Flakes.Read(Parse(completions, session, flake)).Inputs.Keys)
            {
                if (input.StartsWith(prefix, StringComparison.Ordinal))
                {
                    completions.Add(input);
                }
            }
        }
    });

    /// <summary>Adds inputs for a first word, references for a second.</summary>
    public static void InputThenReference(Completions completions, int index, string prefix)
    {
        if (index == 0)
        {
            Inputs(completions, index, prefix);
        }
        else
        {
            References(completions, index, prefix);
        }
    }

    /// <summary>The flake that a word means, which may have a fragment and begin at home.</summary>
    public static FlakeReference Parse(Completions completions, EvaluationSession session, string word) =>
        FlakeWiring.ParseWithFragment(completions.Context, session.Store, Completions.AtHome(word)).Reference;

    /// <summary>Evaluates what words depend on; who asks for completions wants words or none, no messages.</summary>
    public static void Evaluate(Completions completions, EvaluationFlags flags, Action<EvaluationSession> work)
    {
        try
        {
            using IStore store = StoreOpening.OpenForEvaluation(completions.Context);
            EvaluationThread.Run(() =>
            {
                work(new EvaluationSession(completions.Context, flags, store));
                return true;
            });
        }
        catch (Exception e) when (e is EvalError or CliException or FetchException or StoreException or FormatsException)
        {
            completions.Context.Say(LogLevel.Talkative, e.Message);
        }
    }

    private static void AddRegistered(Completions completions, InputRegistries registries, string prefix)
    {
        bool wholly = prefix.StartsWith(Indirect, StringComparison.Ordinal);
        foreach (RegistryEntry entry in registries.All.SelectMany(static registry => registry.Entries))
        {
            string name = entry.From.ToString();
            name = !wholly && name.StartsWith(Indirect, StringComparison.Ordinal) ? name[Indirect.Length..] : name;
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                completions.Add(name);
            }
        }
    }
}
