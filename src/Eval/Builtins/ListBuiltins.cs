using System;
using System.Buffers;
using System.Collections.Generic;
using Firn.Eval.Builtins.Sorting;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Lists.</summary>
public sealed class ListBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly AttrsTemplate _parts;

    public ListBuiltins(Evaluator ev)
    {
        _ev = ev;
        _parts = new AttrsTemplate([WellKnown.Right, WellKnown.Wrong]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("length", Length, "The number of elements of a list."),
        Builtin.Of("elemAt", ElementAt, "The element at an index, which counts from 0."),
        Builtin.Of("head", Head, "The first element of a list."),
        Builtin.Of("tail", Tail, "A list without its first element."),
        Builtin.Of("map", Map, "The list of a function's results for each element.", global: true),
        Builtin.Of("filter", Filter, "The elements for which a function gives true."),
        Builtin.Of("elem", Contains, "Whether a list has an element that is equal to a value."),
        Builtin.Of("concatLists", ConcatLists, ConcatMapped, "The elements of the lists in a list, in one list."),
        Builtin.Of("concatMap", ConcatMap, "The elements of a function's results for each element, in one list."),
        Builtin.Of("foldl'", FoldLeft, "Combines the elements from the left by a function, evaluating each intermediate result."),
        Builtin.Of("any", Any, "Whether a function gives true for an element of a list."),
        Builtin.Of("all", All, "Whether a function gives true for all elements of a list."),
        Builtin.Of("genList", Generate, "The list of a function's results for 0, 1, … up to a length."),
        Builtin.Of("sort", Sort, "A list in the order of a function that says whether one element comes before another; stable."),
        Builtin.Of("partition", Partition, "The elements for which a function gives true, and the others."),
        Builtin.Of("groupBy", GroupBy, "The elements as a set of lists, by the name that a function gives for each."),
        Builtin.Of("genericClosure", GenericClosure, "All that can be reached from a set of values by an operator, each key once."),
    ];

    private Value Length(Value list) =>
        VInt.Of(_ev.ForceList(list, "while evaluating the first argument passed to builtins.length").Count);

    private Value ElementAt(Value list, Value index)
    {
        long n = _ev.ForceInt(index, "while evaluating the second argument passed to 'builtins.elemAt'");
        VList items = _ev.ForceList(list, "while evaluating the first argument passed to 'builtins.elemAt'");
        return n < 0 || n >= items.Count
            ? throw new EvalError(EvalErrorKind.Error, $"'builtins.elemAt' called with index {n} on a list of size {items.Count}")
            : items.Items[n].Force();
    }

    private Value Head(Value list)
    {
        VList items = _ev.ForceList(list, "while evaluating the first argument passed to 'builtins.head'");
        return items.Count == 0
            ? throw new EvalError(EvalErrorKind.Error, "'builtins.head' called on an empty list")
            : items.Items[0].Force();
    }

    private Value Tail(Value list)
    {
        VList items = _ev.ForceList(list, "while evaluating the first argument passed to 'builtins.tail'");
        return items.Count == 0
            ? throw new EvalError(EvalErrorKind.Error, "'builtins.tail' called on an empty list")
            : VList.Of(items.Items[1..]);
    }

    private Value Map(Value function, Value list)
    {
        VList items = MappedList(_ev, list);
        if (items.Count == 0)
        {
            return items;
        }

        PendingCalls calls = _ev.DelayCalls(MappedFunction(_ev, function));
        Value[] results = new Value[items.Count];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = calls.With(items.Items[i]);
        }

        return VList.Of(results);
    }

    /// <summary>The second argument of <c>map</c>.</summary>
    internal static VList MappedList(Evaluator ev, Value list) =>
        ev.ForceList(list, "while evaluating the second argument passed to builtins.map");

    /// <summary>The first argument of <c>map</c>.</summary>
    internal static Value MappedFunction(Evaluator ev, Value function) =>
        ev.ForceFunction(function, "while evaluating the first argument passed to builtins.map");

    private Value Filter(Value predicate, Value list)
    {
        VList items = _ev.ForceList(list, "while evaluating the second argument passed to builtins.filter");
        if (items.Count == 0)
        {
            return items;
        }

        Value function = _ev.ForceFunction(predicate, "while evaluating the first argument passed to builtins.filter");
        Value[] kept = new Value[items.Count];
        int count = 0;
        foreach (Value item in items.Items)
        {
            if (_ev.ForceBool(_ev.Call(function, item), "while evaluating the return value of the filtering function passed to builtins.filter"))
            {
                kept[count++] = item;
            }
        }

        return count == items.Count ? items : VList.Of(kept[..count]);
    }

    private Value Contains(Value value, Value list)
    {
        foreach (Value item in _ev.ForceList(list, "while evaluating the second argument passed to builtins.elem").Items)
        {
            if (_ev.AreEqual(value, item, "while searching for the presence of the given element in the list"))
            {
                return VBool.True;
            }
        }

        return VBool.False;
    }

    private Value ConcatLists(Value lists)
    {
        VList outer = _ev.ForceList(lists, "while evaluating the first argument passed to builtins.concatLists");
        Concatenation all = new(outer.Count);
        foreach (Value item in outer.Items)
        {
            all.Add(_ev.ForceList(item, "while evaluating a value of the list passed to builtins.concatLists"));
        }

        return all.ToList();
    }

    private Value ConcatMapped(Value function, Value[] items)
    {
        Concatenation all = new(items.Length);
        foreach (Value item in items)
        {
            all.Add(_ev.ForceList(_ev.Call(function, item), "while evaluating a value of the list passed to builtins.concatLists"));
        }

        return all.ToList();
    }

    private Value ConcatMap(Value function, Value list)
    {
        Value f = _ev.ForceFunction(function, "while evaluating the first argument passed to builtins.concatMap");
        VList items = _ev.ForceList(list, "while evaluating the second argument passed to builtins.concatMap");
        Concatenation all = new(items.Count);
        foreach (Value item in items.Items)
        {
            all.Add(_ev.ForceList(
                _ev.Call(f, item),
                "while evaluating the return value of the function passed to builtins.concatMap",
                f is VLambda lambda ? lambda.Pos : default));
        }

        return all.ToList();
    }

    /// <summary>Joins lists. Most have no elements, and often only one has: nothing is made for those.</summary>
    private struct Concatenation(int most)
    {
        private VList? _only;
        private VList[]? _lists;
        private int _filled;
        private int _count;

        public void Add(VList list)
        {
            if (list.Count == 0)
            {
                return;
            }

            if (_filled == 0)
            {
                _only = list;
            }
            else
            {
                _lists ??= First();
                _lists[_filled] = list;
            }

            _filled++;
            _count += list.Count;
        }

        public readonly VList ToList()
        {
            if (_filled <= 1)
            {
                return _only ?? VList.Empty;
            }

            Value[] all = new Value[_count];
            int at = 0;
            foreach (VList list in _lists.AsSpan(0, _filled))
            {
                list.Items.AsSpan().CopyTo(all.AsSpan(at));
                at += list.Count;
            }

            ArrayPool<VList>.Shared.Return(_lists!, clearArray: true);
            return VList.Of(all);
        }

        private readonly VList[] First()
        {
            VList[] lists = ArrayPool<VList>.Shared.Rent(most);
            lists[0] = _only!;
            return lists;
        }
    }

    private Value FoldLeft(Value op, Value seed, Value list)
    {
        Value function = _ev.ForceFunction(op, "while evaluating the first argument passed to builtins.foldlStrict");
        VList items = _ev.ForceList(list, "while evaluating the third argument passed to builtins.foldlStrict");

        // The seed itself is not evaluated: a function may well ignore it.
        Value current = seed;
        foreach (Value item in items.Items)
        {
            current = _ev.Call(function, current, item);
        }

        return current.Force();
    }

    private Value Any(Value predicate, Value list) => VBool.Of(Exists(
        true,
        "while evaluating the first argument passed to builtins.any",
        "while evaluating the second argument passed to builtins.any",
        "while evaluating the return value of the function passed to builtins.any",
        predicate,
        list));

    private Value All(Value predicate, Value list) => VBool.Of(!Exists(
        false,
        "while evaluating the first argument passed to builtins.all",
        "while evaluating the second argument passed to builtins.all",
        "while evaluating the return value of the function passed to builtins.all",
        predicate,
        list));

    private bool Exists(bool wanted, string first, string second, string result, Value predicate, Value list)
    {
        Value function = _ev.ForceFunction(predicate, first);
        VList items = _ev.ForceList(list, second);
        foreach (Value item in items.Items)
        {
            if (_ev.ForceBool(_ev.Call(function, item), result) == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private Value Generate(Value generator, Value length)
    {
        long count = _ev.ForceInt(length, "while evaluating the second argument passed to builtins.genList");
        if (count < 0 || count > Array.MaxLength)
        {
            throw new EvalError(EvalErrorKind.Error, $"cannot create list of size {count}");
        }

        PendingCalls calls = _ev.DelayCalls(_ev.ForceFunction(generator, "while evaluating the first argument passed to builtins.genList"));
        Value[] items = new Value[count];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = calls.With(VInt.Of(i));
        }

        return VList.Of(items);
    }

    private Value Sort(Value comparator, Value list)
    {
        VList items = _ev.ForceList(list, "while evaluating the second argument passed to builtins.sort");
        if (items.Count == 0)
        {
            return items;
        }

        Value function = _ev.ForceFunction(comparator, "while evaluating the first argument passed to builtins.sort");
        foreach (Value item in items.Items)
        {
            item.Force();
        }

        Value[] sorted = (Value[])items.Items.Clone();
        if (function is VPrimOp { Builtin.Name: ArithmeticBuiltins.LessThanName })
        {
            ValueOrder order = new(_ev);
            PeekSort.Sort(
                sorted,
                (a, b) => order.IsLess(a.Force(), b.Force(), "while evaluating the ordering function passed to builtins.sort"));
        }
        else
        {
            PeekSort.Sort(
                sorted,
                (a, b) => _ev.ForceBool(
                    _ev.Call(function, a, b), "while evaluating the return value of the sorting function passed to builtins.sort"));
        }

        return VList.Of(sorted);
    }

    private Value Partition(Value predicate, Value list)
    {
        Value function = _ev.ForceFunction(predicate, "while evaluating the first argument passed to builtins.partition");
        VList items = _ev.ForceList(list, "while evaluating the second argument passed to builtins.partition");
        List<Value> right = [];
        List<Value> wrong = [];
        foreach (Value item in items.Items)
        {
            item.Force();
            bool isRight = _ev.ForceBool(
                _ev.Call(function, item), "while evaluating the return value of the partition function passed to builtins.partition");
            (isRight ? right : wrong).Add(item);
        }

        return _parts.Make([VList.Of(right.ToArray()), VList.Of(wrong.ToArray())]);
    }

    private Value GroupBy(Value function, Value list)
    {
        Value f = _ev.ForceFunction(function, "while evaluating the first argument passed to builtins.groupBy");
        VList items = _ev.ForceList(list, "while evaluating the second argument passed to builtins.groupBy");
        Dictionary<Symbol, List<Value>> groups = [];
        foreach (Value item in items.Items)
        {
            byte[] name = _ev.ForceStringNoContext(
                _ev.Call(f, item), "while evaluating the return value of the grouping function passed to builtins.groupBy");
            Symbol symbol = _ev.Symbols.Intern(name);
            if (!groups.TryGetValue(symbol, out List<Value>? group))
            {
                groups.Add(symbol, group = []);
            }

            group.Add(item);
        }

        AttrsBuilder set = new(groups.Count, _ev.Symbols);
        foreach ((Symbol name, List<Value> group) in groups)
        {
            set.Add(name, VList.Of(group.ToArray()));
        }

        return set.Build();
    }

    private Value GenericClosure(Value arguments)
    {
        VAttrs set = _ev.ForceAttrs(arguments, "while evaluating the first argument passed to builtins.genericClosure");
        VList start = _ev.ForceList(
            _ev.GetAttr(set, WellKnown.StartSet, "in the attrset passed as argument to builtins.genericClosure"),
            "while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure");
        if (start.Count == 0)
        {
            return start;
        }

        Value op = _ev.ForceFunction(
            _ev.GetAttr(set, WellKnown.Operator, "in the attrset passed as argument to builtins.genericClosure"),
            "while evaluating the 'operator' attribute passed as argument to builtins.genericClosure");
        return new GenericClosure(_ev, op).Run(start);
    }
}
