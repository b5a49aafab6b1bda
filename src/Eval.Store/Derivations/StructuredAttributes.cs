using System.Globalization;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Json;

namespace Firn.Eval.Store.Derivations;

/// <summary>Writes values as the JSON of structured attributes: no blanks, members sorted by name.</summary>
internal sealed class StructuredAttributes(Evaluator ev)
{
    /// <summary>Adds an attribute; gives what its strings refer to.</summary>
    internal StringContext? Write(JsonTextWriter json, Attr attribute)
    {
        StringContext? context = null;
        json.Name(ev.Symbols.BytesOf(attribute.Name));
        Write(json, attribute.Value, ref context);
        return context;
    }

    private void Write(JsonTextWriter json, Value value, ref StringContext? context)
    {
        ev.Enter(default);
        Value forced = value.Force();
        switch (forced)
        {
            case VInt number:
                json.Number(number.Number);
                break;
            case VBool truth:
                json.Bool(truth.IsTrue);
                break;
            case VNull:
                json.Null();
                break;
            case VFloat number:
                json.Number(number.Number);
                break;
            case VString or VPath:
                WriteString(json, ev.CoerceToString(forced, "", Coercion.CopyToStore), ref context);
                break;
            case VList list:
                WriteList(json, list, ref context);
                break;
            case VAttrs set when set.Has(WellKnown.MagicToString):
                WriteString(json, ev.CoerceToString(set, "", Coercion.Strict), ref context);
                break;
            case VAttrs set when set.Get(WellKnown.OutPath) is { } outPath:
                Write(json, outPath, ref context);
                break;
            case VAttrs set:
                WriteSet(json, set, ref context);
                break;
            default:
                throw new EvalError(EvalErrorKind.Type, $"cannot convert {new Plain("a function")} to JSON");
        }

        ev.Leave();
    }

    private static void WriteString(JsonTextWriter json, VString value, ref StringContext? context)
    {
        context = StringContext.Union(context, value.Context);
        json.String(value.Bytes);
    }

    private void WriteList(JsonTextWriter json, VList list, ref StringContext? context)
    {
        json.BeginArray();
        for (int i = 0; i < list.Count; i++)
        {
            try
            {
                Write(json, list.Items[i], ref context);
            }
            catch (EvalError e) when (e.AddTrace(default, "while evaluating list element at index ", i.ToString(CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }

        json.EndArray();
    }

    private void WriteSet(JsonTextWriter json, VAttrs set, ref StringContext? context)
    {
        json.BeginObject();
        foreach (Attr attribute in set.InNameOrder(ev.Symbols))
        {
            json.Name(ev.Symbols.BytesOf(attribute.Name));
            try
            {
                Write(json, attribute.Value, ref context);
            }
            catch (EvalError e) when (e.AddTrace(attribute.Pos, "while evaluating attribute '", ev.Symbols.TextOf(attribute.Name)))
            {
                throw;
            }
        }

        json.EndObject();
    }
}
