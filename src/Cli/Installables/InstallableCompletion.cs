using System;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>What a half typed installable may become: attributes of the file given, else directories.</summary>
internal static class InstallableCompletion
{
    public static void Complete(Completions completions, SourceFlags source, string prefix)
    {
        if (source.File is null)
        {
            if (completions.Context.Settings.HasFeature("flakes"))
            {
                Completions.Directories(completions, 0, prefix);
            }

            return;
        }

        completions.Kind = "attrs";
        completions.Context.Settings.Assign("pure-eval", "false");
        EvaluationThread.Run(() => Attributes(completions, source, prefix));
    }

    private static bool Attributes(Completions completions, SourceFlags source, string prefix)
    {
        try
        {
            using ILocalFsStore store = StoreOpening.Open(completions.Context);
            EvaluationSession session = new(completions.Context, source.Evaluation, store);
            int dot = prefix.LastIndexOf('.');
            string path = dot < 0 ? "" : prefix[..dot], begun = prefix[(dot + 1)..];
            if (session.Selector.AutoCall(session.Selector.Select(session.File(source.File!), path)) is not VAttrs set)
            {
                return false;
            }

            foreach (Attr attr in set.InNameOrder(session.Evaluator.Symbols))
            {
                string name = Encoding.UTF8.GetString(session.Evaluator.Symbols.BytesOf(attr.Name));
                if (name.StartsWith(begun, StringComparison.Ordinal))
                {
                    completions.Add(path.Length == 0 ? name : path + "." + name);
                }
            }

            return true;
        }
        catch (EvalError)
        {
            // Who asks for completions wants words or none, no messages.
            return false;
        }
    }
}
