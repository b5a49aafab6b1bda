using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>A name of an attribute path that an expression gives; <paramref name="text"/> is how it was written.</summary>
internal sealed class ComputedName(Node expression, string text, PosIdx pos)
{
    public string Text => text;

    public bool KeepsScope => expression.KeepsScope;

    public Symbol Resolve(Evaluator ev, Scope? scope) =>
        ev.ForceName(expression.Eval(scope), "while evaluating an attribute name", pos);
}

/// <summary>An element of an attribute path: a name, or what gives one.</summary>
internal readonly struct PathElement
{
    private readonly ComputedName? _computed;

    public PathElement(Symbol name) => Name = name;

    public PathElement(ComputedName computed) => _computed = computed;

    /// <summary>The name when it is fixed.</summary>
    public Symbol Name { get; }

    public bool IsFixed => _computed is null;

    public Symbol Resolve(Evaluator ev, Scope? scope) => _computed is null ? Name : _computed.Resolve(ev, scope);

    /// <summary>Whether evaluating one of the names may keep the scope.</summary>
    public static bool AnyKeepsScope(PathElement[] path)
    {
        foreach (PathElement element in path)
        {
            if (element._computed is { KeepsScope: true })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The path as messages show it.</summary>
    public static string Show(Evaluator ev, Scope? scope, PathElement[] path)
    {
        StringBuilder text = new();
        foreach (PathElement element in path)
        {
            text.Append(text.Length == 0 ? "" : ".");
            int depth = ev.CallDepth;
            try
            {
                text.Append(ev.ShowName(element.Resolve(ev, scope)));
            }
            catch (EvalError)
            {
                ev.CallDepth = depth;
                text.Append("\"${").Append(element._computed!.Text).Append("}\"");
            }
        }

        return text.ToString();
    }
}

/// <summary>
/// <c>subject.name</c>. The index where the name was found last is tried first: it is right whenever the sets at
/// this place have one shape, and mostly when they are similar.
/// </summary>
internal sealed class SelectNode(Evaluator ev, Node subject, Symbol name) : Node(keepsScope: subject.KeepsScope)
{
    private int _guess;

    public override Value Eval(Scope? scope)
    {
        Value value = subject.Eval(scope);
        if (value.GetType() != typeof(VAttrs))
        {
            throw ev.Expected("a set", value).WithTrace(Pos, "while selecting an attribute");
        }

        VAttrs set = Unsafe.As<VAttrs>(value);
        Shape? shape = set.FlatShape(out Value[]? values);
        if (shape is null)
        {
            return Layered(set);
        }

        int[] keys = shape.Keys;
        int at = _guess;
        if ((uint)at >= (uint)keys.Length || keys[at] != name.Id)
        {
            at = shape.IndexOf(name);
            if (at < 0)
            {
                throw Missing(ev, set, name).At(Pos);
            }

            _guess = at;
        }

        Value found = values![at];
        if (found.GetType() == typeof(Thunk))
        {
            Thunk thunk = Unsafe.As<Thunk>(found);
            found = thunk.Evaluated ?? ForceFound(thunk, shape.PosAt(at));
            values[at] = found;
        }

        return found;
    }

    public override Value Delay(Scope? scope)
    {
        Value? known = subject switch
        {
            Local0Node local => scope!.Get(local.Slot)?.Peek(),
            Local1Node local => scope!.Up!.Get(local.Slot)?.Peek(),
            LocalNode local => local.Look(scope!),
            _ => null,
        };

        // Nothing can fail any more, so nothing is lost by not waiting; but two looks at a function are two to ==.
        return known is VAttrs set && set.Get(name)?.Peek() is { Kind: not (ValueKind.Thunk or ValueKind.Function) } found
            ? found
            : new Thunk(this, scope);
    }

    private Value Layered(VAttrs set)
    {
        Value? found = set.Get(name);
        if (found is null)
        {
            throw Missing(ev, set, name).At(Pos);
        }

        return found is Thunk thunk ? thunk.Evaluated ?? ForceFound(thunk, set.PosOf(name)) : found;
    }

    private Value ForceFound(Thunk found, PosIdx pos)
    {
        try
        {
            return found.ForceThunk(pos.IsSet ? pos : Pos);
        }
        catch (EvalError e) when (pos.IsSet && !ev.IsInternal(pos) && e.AddTrace(pos, "while evaluating the attribute '", ev.ShowName(name)))
        {
            throw;
        }
    }

    /// <summary>The error for a name that a set does not have, with the names that may have been meant.</summary>
    public static EvalError Missing(Evaluator ev, VAttrs set, Symbol name)
    {
        List<string> names = [];
        for (int i = 0; i < set.Count; i++)
        {
            names.Add(ev.Symbols.TextOf(set.Shape.NameAt(i)));
        }

        string wanted = ev.Symbols.TextOf(name);
        EvalError error = new(EvalErrorKind.Error, $"attribute '{ev.ShowName(name)}' missing");
        error.Suggestions = Suggestions.For(names, wanted);
        return error;
    }
}

/// <summary><c>subject.a.b</c>, names computed or not, with or without <c>or</c>.</summary>
internal sealed class SelectPathNode(Evaluator ev, Node subject, PathElement[] path, Node? fallback)
    : Node(keepsScope: subject.KeepsScope || PathElement.AnyKeepsScope(path) || fallback is { KeepsScope: true })
{
    public override Value Eval(Scope? scope)
    {
        Value current = subject.Eval(scope);
        PosIdx found = default;
        try
        {
            foreach (PathElement element in path)
            {
                Symbol name = element.Resolve(ev, scope);
                VAttrs? set;
                if (fallback is null)
                {
                    set = ev.ForceAttrs(current, "while selecting an attribute", Pos);
                }
                else
                {
                    current = ev.Force(current, Pos);
                    set = current as VAttrs;
                    if (set is null)
                    {
                        return fallback.Eval(scope);
                    }
                }

                Value? value = Lookup(set, name, out PosIdx at);
                if (value is null)
                {
                    return fallback is null ? throw SelectNode.Missing(ev, set, name).At(Pos) : fallback.Eval(scope);
                }

                current = value;
                found = at;
            }

            return ev.Force(current, found.IsSet ? found : Pos);
        }
        catch (EvalError e) when (found.IsSet && !ev.IsInternal(found) && e.AddTrace(found, "while evaluating the attribute '", PathElement.Show(ev, scope, path)))
        {
            throw;
        }
    }

    private static Value? Lookup(VAttrs set, Symbol name, out PosIdx pos)
    {
        Shape? shape = set.FlatShape(out Value[]? values);
        if (shape is null)
        {
            pos = set.PosOf(name);
            return set.Get(name);
        }

        int at = shape.IndexOf(name);
        pos = at < 0 ? default : shape.PosAt(at);
        return at < 0 ? null : values![at];
    }
}

/// <summary><c>subject ? a.b</c></summary>
internal sealed class HasAttributeNode(Evaluator ev, Node subject, PathElement[] path)
    : Node(keepsScope: subject.KeepsScope || PathElement.AnyKeepsScope(path))
{
    public override Value Eval(Scope? scope)
    {
        Value current = subject.Eval(scope);
        foreach (PathElement element in path)
        {
            current = ev.Force(current, Pos);
            Symbol name = element.Resolve(ev, scope);
            if (current.GetType() != typeof(VAttrs) || Unsafe.As<VAttrs>(current).Get(name) is not { } next)
            {
                return VBool.False;
            }

            current = next;
        }

        return VBool.True;
    }
}

/// <summary>
/// An attribute that was inherited from an expression: selects from the value of that expression, which every
/// attribute inherited from it shares. A thunk of this node holds that value in place of a scope.
/// </summary>
internal sealed class InheritedNode(Evaluator ev, Symbol name) : Node(NodeRole.Application)
{
    public override Value Eval(Scope? scope) => Apply(scope, default);

    public override Value Apply(object? state, PosIdx pos)
    {
        Value source = Unsafe.As<Value>(state)!;
        VAttrs set = ev.ForceAttrs(source, "while selecting an attribute", Pos);
        Value found = set.Get(name) ?? throw SelectNode.Missing(ev, set, name).At(Pos);
        PosIdx at = set.PosOf(name);
        try
        {
            return ev.Force(found, at.IsSet ? at : Pos);
        }
        catch (EvalError e) when (at.IsSet && !ev.IsInternal(at) && e.AddTrace(at, "while evaluating the attribute '", ev.ShowName(name)))
        {
            throw;
        }
    }
}
