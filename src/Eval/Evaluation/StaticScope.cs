using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>What a <see cref="Scope"/> will hold, as known before anything runs.</summary>
internal sealed class StaticScope
{
    private const int IndexThreshold = 8;

    private readonly Symbol[] _names;
    private readonly bool _isWith;
    private readonly PosIdx _withPos;
    private Dictionary<int, int>? _index;
    private WithLevel[]? _withs;

    private StaticScope(StaticScope? up, Symbol[] names, bool isWith, PosIdx withPos)
    {
        Up = up;
        _names = names;
        _isWith = isWith;
        _withPos = withPos;
    }

    /// <summary>The scope around this one.</summary>
    public StaticScope? Up { get; }

    /// <summary>The names in its slots.</summary>
    public IReadOnlyList<Symbol> Names => _names;

    /// <summary>Whether it is the scope of a <c>with</c>.</summary>
    public bool IsWith => _isWith;

    /// <summary>The <c>with</c>s around an expression in this scope, inner first.</summary>
    public WithLevel[] Withs => _withs ??= FindWiths();

    /// <summary>A scope with these names in its slots.</summary>
    /// <exception cref="EvalError">They are more than <see cref="Scope.MaxSlots"/>.</exception>
    public static StaticScope Of(StaticScope? up, Symbol[] names) => names.Length <= Scope.MaxSlots
        ? new StaticScope(up, names, false, default)
        : throw new EvalError(EvalErrorKind.Error, $"{names.Length} variables are bound in one place; no more than {Scope.MaxSlots} can be");

    /// <summary>The scope of a <c>with</c>.</summary>
    public static StaticScope With(StaticScope? up, PosIdx pos) => new(up, [], true, pos);

    /// <summary>The slot of a name, negative when it is not here.</summary>
    public int SlotOf(Symbol name)
    {
        if (_names.Length <= IndexThreshold)
        {
            return Array.IndexOf(_names, name);
        }

        if (_index is null)
        {
            _index = new Dictionary<int, int>(_names.Length);
            for (int i = 0; i < _names.Length; i++)
            {
                _index[_names[i].Id] = i;
            }
        }

        return _index.TryGetValue(name.Id, out int slot) ? slot : -1;
    }

    private WithLevel[] FindWiths()
    {
        List<WithLevel> withs = [];
        int level = 0;
        for (StaticScope? scope = this; scope is not null; scope = scope.Up, level++)
        {
            if (scope._isWith)
            {
                withs.Add(new WithLevel(level, scope._withPos));
            }
        }

        return withs.ToArray();
    }
}
