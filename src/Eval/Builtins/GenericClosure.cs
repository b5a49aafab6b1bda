using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Breadth-first search from a list of sets with keys; of equal keys only the first counts.</summary>
internal sealed class GenericClosure(Evaluator ev, Value op)
{
    // Keys are nearly always strings, sometimes integers: those are hashed. Anything else is kept in order.
    private readonly HashSet<byte[]> _strings = new(ByteArrayComparer.Instance);
    private readonly HashSet<long> _integers = [];
    private readonly List<(Value Key, Value Element)> _seen = [];
    private SortedSet<Value>? _ordered;

    public Value Run(VList start)
    {
        Queue<Value> open = new(start.Items);
        List<Value> found = [];
        while (open.TryDequeue(out Value? element))
        {
            if (!IsNew(element))
            {
                continue;
            }

            found.Add(element);
            try
            {
                VList next = ev.ForceList(
                    ev.Call(op, element), "while evaluating the return value of the `operator` passed to builtins.genericClosure");
                foreach (Value item in next.Items)
                {
                    item.Force();
                    open.Enqueue(item);
                }
            }
            catch (EvalError e) when (e.AddTrace(default, $"while calling operator on genericClosure element {ev.ShowForError(element)}"))
            {
                throw;
            }
        }

        return VList.Of(found.ToArray());
    }

    private bool IsNew(Value element)
    {
        Value key;
        try
        {
            key = ev.GetAttr(ev.ForceAttrs(element, ""), WellKnown.Key, "");
        }
        catch (EvalError e) when (e.AddTrace(default, $"in genericClosure element {ev.ShowForError(element)}"))
        {
            throw;
        }

        key = key.Force();
        try
        {
            if (!Add(key))
            {
                return false;
            }
        }
        catch (EvalError e) when (Explain(e, key, element))
        {
            throw;
        }

        _seen.Add((key, element));
        return true;
    }

    private bool Add(Value key)
    {
        if (_ordered is null)
        {
            if (key is VString text && _integers.Count == 0)
            {
                return _strings.Add(text.Bytes);
            }

            if (key is VInt number && _strings.Count == 0)
            {
                return _integers.Add(number.Number);
            }

            _ordered = new SortedSet<Value>(new KeyOrder(ev));
            foreach ((Value earlier, _) in _seen)
            {
                _ordered.Add(earlier);
            }
        }

        return _ordered.Add(key);
    }

    /// <summary>Adds the elements that could not be compared to an error.</summary>
    private bool Explain(EvalError error, Value key, Value element)
    {
        List<(Value Key, Value Element)> others = [.. _seen];
        KeyOrder order = new(ev);
        others.Sort((a, b) => order.Compare(a.Key, b.Key));
        foreach ((Value otherKey, Value other) in others)
        {
            try
            {
                order.Compare(key, otherKey);
            }
            catch (EvalError)
            {
                error.AddTrace(default, "with element " + ev.ShowForError(other));
                return error.AddTrace(default, "while comparing element " + ev.ShowForError(element));
            }
        }

        return error.AddTrace(default, "while checking key of element " + ev.ShowForError(element));
    }

    private sealed class KeyOrder(Evaluator ev) : IComparer<Value>
    {
        public int Compare(Value? x, Value? y)
        {
            ValueOrder order = new(ev);
            return order.IsLess(x!, y!, "") ? -1 : order.IsLess(y!, x!, "") ? 1 : 0;
        }
    }
}
