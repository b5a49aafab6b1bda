using System;
using System.Collections.Generic;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Flakes;
using Firn.Flakes.Locking;

namespace Firn.Cli.Installables;

/// <summary>What a half typed installable may become: attributes of the file given, else flakes and their outputs.</summary>
internal static class InstallableCompletion
{
    /// <summary>Completes the installables of a command.</summary>
    /// <param name="places">Where in flakes the command looks, by the system; null for packages.</param>
    public static Completer For(SourceFlags source, Func<string, FlakePlaces>? places = null) => (completions, index, prefix) =>
    {
        if (source.File is string file)
        {
            completions.Kind = "attrs";
            completions.Context.Settings.Assign("pure-eval", "false");
            FlakeCompletion.Evaluate(completions, source.Evaluation, session => OfFile(completions, session, file, prefix));
            return;
        }

        int hash = prefix.IndexOf('#', StringComparison.Ordinal);
        if (hash < 0)
        {
            FlakeCompletion.References(completions, index, prefix);
            return;
        }

        completions.Kind = "attrs";
        FlakePlaces found = (places ?? FlakePlaces.Packages)(completions.Context.Settings.String("system"));
        FlakeCompletion.Evaluate(completions, source.Evaluation, session =>
            OfFlake(completions, session, FlakeWiring.Options(completions.Context, session.Store, source.Flakes), found, prefix[..hash], prefix[(hash + 1)..]));
    };

    private static void OfFile(Completions completions, EvaluationSession session, string file, string prefix)
    {
        int dot = prefix.LastIndexOf('.');
        string path = dot < 0 ? "" : prefix[..dot];
        if (session.Selector.AutoCall(session.Selector.Select(session.File(file), path)) is VAttrs set)
        {
            foreach (string name in Begun(session, set, prefix[(dot + 1)..]))
            {
                completions.Add(path.Length == 0 ? name : path + "." + name);
            }
        }
    }

    private static void OfFlake(Completions completions, EvaluationSession session, LockOptions options, FlakePlaces places, string flake, string fragment)
    {
        // Who only looks changes no lock file.
        Value root = Outputs(session, FlakeCompletion.Parse(completions, session, flake), options with { Write = false });
        bool fromRoot = fragment.StartsWith('.');
        fragment = fromRoot ? fragment[1..] : fragment;
        string before = flake + (fromRoot ? "#." : "#");
        foreach (string place in (IEnumerable<string>)[.. fromRoot ? [] : places.Prefixes, ""])
        {
            string path = place + fragment;
            List<string> names = [.. AttrPathSelector.Split(path)];
            string begun = names.Count == 0 || path.EndsWith('.') ? "" : names[^1];
            names.RemoveRange(names.Count - (begun.Length > 0 ? 1 : 0), begun.Length > 0 ? 1 : 0);
            if (Follow(session, root, names) is VAttrs set)
            {
                names.RemoveRange(0, AttrPathSelector.Split(place).Count);
                foreach (string name in Begun(session, set, begun))
                {
                    completions.Add(before + string.Join('.', [.. names, name]));
                }
            }
        }

        if (fragment.Length == 0)
        {
            foreach (string path in places.Defaults)
            {
                if (Follow(session, root, AttrPathSelector.Split(path)) is not null)
                {
                    completions.Add(before);
                }
            }
        }
    }

    private static Value Outputs(EvaluationSession session, FlakeReference reference, LockOptions options) =>
        session.Evaluator.ForceAttrs(session.Flakes.Call(session.Flakes.Lock(reference, options)), "while parsing cached flake data").Get(WellKnown.Outputs)!.Force();

    private static Value? Follow(EvaluationSession session, Value root, IEnumerable<string> names)
    {
        Value? value = root;
        foreach (string name in names)
        {
            value = (value.Force() as VAttrs)?.Get(session.Evaluator.Symbols.Intern(name));
            if (value is null)
            {
                return null;
            }
        }

        return value.Force();
    }

    private static IEnumerable<string> Begun(EvaluationSession session, VAttrs set, string begun)
    {
        foreach (Attr attr in set.InNameOrder(session.Evaluator.Symbols))
        {
            string name = Encoding.UTF8.GetString(session.Evaluator.Symbols.BytesOf(attr.Name));
            if (name.StartsWith(begun, StringComparison.Ordinal))
            {
                yield return name;
            }
        }
    }
}
