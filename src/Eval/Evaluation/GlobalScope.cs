using System;
using System.Collections.Generic;
using Firn.Eval.Builtins;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>The names that are in scope everywhere, and the set <c>builtins</c>.</summary>
internal sealed class GlobalScope(Evaluator ev)
{
    private readonly Dictionary<int, Value> _names = [];
    private readonly Dictionary<int, Value> _builtins = [];
    private VAttrs? _set;

    /// <summary>The set <c>builtins</c>.</summary>
    public VAttrs BuiltinsSet => _set ?? throw new InvalidOperationException("builtins are still being collected");

    /// <summary>The value of a name that is in scope everywhere.</summary>
    public Value? Find(Symbol name) => _names.GetValueOrDefault(name.Id);

    public IEnumerable<KeyValuePair<int, Value>> Names => _names;

    public void Add(IBuiltinFamily family)
    {
        foreach (Builtin builtin in family.Builtins)
        {
            if (builtin.Feature is { } feature && !ev.HasFeature(feature))
            {
                continue;
            }

            if (builtin.ImpureOnly && ev.Options.PureEval)
            {
                continue;
            }

            Value value = builtin.MakeConstant is { } make ? make() : new VPrimOp(builtin);
            _builtins[ev.Symbols.Intern(builtin.Name).Id] = value;
            _names[ev.Symbols.Intern(builtin.Global ? builtin.Name : "__" + builtin.Name).Id] = value;
        }
    }

    public void Close()
    {
        // The set holds itself, so its thunk comes first and is evaluated when the set is there.
        BuiltinsNode self = new();
        AttrsBuilder set = new(_builtins.Count + 1);
        set.Add(WellKnown.Builtins, new Thunk(self, null));
        foreach ((int name, Value value) in _builtins)
        {
            set.Add(new Symbol(name), value);
        }

        self.Set = _set = set.Build();
        _names[WellKnown.Builtins.Id] = _set;
    }

    private sealed class BuiltinsNode : Node
    {
        public VAttrs? Set;

        public override Value Eval(Scope? scope) => Set!;
    }
}
