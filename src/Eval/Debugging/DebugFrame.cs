using System;
using System.Collections.Generic;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Debugging;

/// <summary>The variables of one place in scopes.</summary>
/// <param name="Names">In the order of their slots; none for a <c>with</c>.</param>
/// <param name="With">The names that a <c>with</c> brings; null for other places, and where its set is not evaluated yet.</param>
public readonly record struct DebugLevel(IReadOnlyList<Symbol> Names, IReadOnlyList<Symbol>? With);

/// <summary>Something that the evaluation is in the middle of.</summary>
public sealed class DebugFrame
{
    private readonly StaticScope? _names;
    private readonly Scope? _scope;
    private readonly Func<string> _text;

    internal DebugFrame(PosIdx pos, Func<string> text, StaticScope? names, Scope? scope, bool isError = false)
    {
        Pos = pos;
        IsError = isError;
        _text = text;
        _names = names;
        _scope = scope;
    }

    /// <summary>Where; may be none.</summary>
    public PosIdx Pos { get; }

    /// <summary>Whether it is an error rather than what led to it.</summary>
    public bool IsError { get; }

    /// <summary>What is going on, with the escapes of highlights.</summary>
    public string Text => _text();

    /// <summary>The scopes around, inner first; those that are everywhere are not among them.</summary>
    public IEnumerable<DebugLevel> Levels
    {
        get
        {
            Scope? scope = _scope;
            for (StaticScope? names = _names; names is not null && scope is not null; names = names.Up, scope = scope.Up)
            {
                yield return new DebugLevel(names.Names, names.IsWith && Set(scope) is { } set ? NamesOf(set) : null);
            }
        }
    }

    /// <summary>The variables that can be seen here, as a set.</summary>
    public VAttrs Variables()
    {
        List<(StaticScope Names, Scope Scope)> levels = [];
        Scope? scope = _scope;
        for (StaticScope? names = _names; names is not null && scope is not null; names = names.Up, scope = scope.Up)
        {
            levels.Add((names, scope));
        }

        // What an inner scope defines hides what an outer one does.
        VAttrs all = VAttrs.Empty;
        for (int i = levels.Count - 1; i >= 0; i--)
        {
            (StaticScope names, Scope values) = levels[i];
            if (names.IsWith)
            {
                all = Set(values) is { } set ? VAttrs.Update(all, set) : all;
                continue;
            }

            AttrsBuilder own = new(names.Names.Count);
            for (int slot = 0; slot < names.Names.Count; slot++)
            {
                if (values.Get(slot) is { } value)
                {
                    own.Add(names.Names[slot], value);
                }
            }

            all = VAttrs.Update(all, own.Build());
        }

        return all;
    }

    /// <summary>The same place with an error on top.</summary>
    internal DebugFrame WithError(PosIdx pos, string text) => new(pos, () => text, _names, _scope, isError: true);

    private static Symbol[] NamesOf(VAttrs set)
    {
        Symbol[] names = new Symbol[set.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = set.At(i).Name;
        }

        return names;
    }

    private static VAttrs? Set(Scope scope) => scope.S0?.Peek() as VAttrs;
}
