using System.Collections.Generic;
using System.Globalization;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>Evaluates everything that a value holds, each part once, so that cycles end.</summary>
internal readonly struct DeepForcing(Evaluator ev)
{
    private readonly HashSet<Value> _seen = new(ReferenceEqualityComparer.Instance);

    public void Force(Value value)
    {
        ev.Enter(default);
        Value forced = ev.Force(value, value.PlaceOf());
        if (forced is VAttrs set)
        {
            if (_seen.Add(set))
            {
                ForceAttrs(set);
            }
        }
        else if (forced is VList list && _seen.Add(list))
        {
            ForceItems(list);
        }

        ev.Leave();
    }

    private void ForceAttrs(VAttrs set)
    {
        Shape shape = set.Shape;
        Value[] values = set.Values;
        for (int i = 0; i < values.Length; i++)
        {
            try
            {
                Force(values[i]);
            }
            catch (EvalError e) when (e.AddTrace(shape.PosAt(i), "while evaluating the attribute '", ev.ShowName(shape.NameAt(i))))
            {
                throw;
            }
        }
    }

    private void ForceItems(VList list)
    {
        for (int i = 0; i < list.Count; i++)
        {
            try
            {
                Force(list.Items[i]);
            }
            catch (EvalError e) when (e.AddTrace(default, "while evaluating list element at index ", i.ToString(CultureInfo.InvariantCulture), ""))
            {
                throw;
            }
        }
    }
}
