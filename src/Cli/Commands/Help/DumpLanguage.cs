using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Builtins;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Store;

namespace Firn.Cli.Commands.Help;

/// <summary><c>nix __dump-language</c>: the builtins as JSON, for the manual.</summary>
internal sealed class DumpLanguage : NixCommand
{
    public override string Description => "describe the builtins as JSON";

    public override string? Feature => null;

    public override int Run(CommandContext context)
    {
        context.Settings.Assign("pure-eval", "false");
        context.Settings.Assign("experimental-features", "dynamic-derivations fetch-closure fetch-tree flakes");
        context.Settings.Assign("store", "dummy://");
        return EvaluationThread.Run(() => Dump(context));
    }

    private static int Dump(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        Evaluator evaluator = new EvaluationSession(context, new EvaluationFlags(), store).Evaluator;
        ByteBuffer text = new();
        JsonTextWriter json = new(text);
        json.BeginObject();
        foreach (Attr attr in evaluator.Builtins.InNameOrder(evaluator.Symbols))
        {
            if (attr.Value.Peek() is VPrimOp { Builtin: Builtin builtin } && builtin.Doc.Length > 0)
            {
                json.Name(evaluator.Symbols.BytesOf(attr.Name));
                json.BeginObject();
                json.Name("args");
                json.BeginArray();
                foreach (string name in builtin.Args)
                {
                    json.String(name);
                }

                json.EndArray();
                json.Name("doc");
                json.String(Encoding.UTF8.GetBytes(builtin.Doc));
                if (builtin.Feature is string feature)
                {
                    json.Name("experimental-feature");
                    json.String(feature);
                }

                json.EndObject();
            }
        }

        json.EndObject();
        context.WriteLine(text.Span);
        return 0;
    }
}
