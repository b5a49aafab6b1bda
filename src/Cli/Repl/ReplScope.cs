using System;
using System.Collections.Generic;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Cli.Repl;

/// <summary>The names that a conversation has defined. What was evaluated keeps the meaning that they had then.</summary>
internal sealed class ReplScope(Evaluator evaluator)
{
    private readonly Dictionary<Symbol, Attr> _names = [];
    private readonly SortedSet<string> _known = new(evaluator.GlobalNames, StringComparer.Ordinal);
    private VAttrs? _set;

    /// <summary>All of them as a set.</summary>
    public VAttrs Names
    {
        get
        {
            if (_set is null)
            {
                AttrsBuilder set = new(_names.Count);
                foreach (Attr attr in _names.Values)
                {
                    set.Add(attr.Name, attr.Value, attr.Pos);
                }

                _set = set.Build();
            }

            return _set;
        }
    }

    public void Add(Attr attr)
    {
        _names[attr.Name] = attr;
        _known.Add(evaluator.Symbols.TextOf(attr.Name));
        _set = null;
    }

    public void Clear()
    {
        _names.Clear();
        _known.Clear();
        _known.UnionWith(evaluator.GlobalNames);
        _set = null;
    }

    /// <summary>The names in scope that begin so, those of the language too.</summary>
    public IEnumerable<string> StartingWith(string prefix)
    {
        foreach (string name in _known)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return name;
            }
        }
    }
}
