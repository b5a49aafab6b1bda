using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>A literal, or a name that is in scope everywhere.</summary>
internal sealed class ConstantNode(Value value) : Node(keepsScope: false)
{
    public Value Value => value;

    public override bool DelayKeepsScope => false;

    public override Value Eval(Scope? scope) => value.GetType() == typeof(Thunk) ? Unsafe.As<Thunk>(value).ForceThunk(Pos) : value;

    public override Value Delay(Scope? scope) => value;
}

/// <summary>
/// A variable of a scope some levels up. Looking at a thunk that was evaluated puts its value into the scope, so
/// that the thunk can go and the next look is direct.
/// </summary>
/// <remarks>
/// Delaying a variable makes a thunk only while the scope is being filled, when nothing is evaluated: so bodies that
/// delay variables do not keep their scope.
/// </remarks>
internal sealed class LocalNode(int level, int slot) : Node(keepsScope: false)
{
    public int Level => level;

    public int Slot => slot;

    public override bool DelayKeepsScope => false;

    public override Value Eval(Scope? scope)
    {
        for (int i = level; i != 0; i--)
        {
            scope = scope!.Up;
        }

        ref Value? place = ref Unsafe.Add(ref scope!.S0, slot);
        Value value = place!;
        if (value.GetType() == typeof(Thunk))
        {
            value = Unsafe.As<Thunk>(value).ForceThunk(Pos);
            place = value;
        }

        return value;
    }

    // A scope that is just being filled may not have the value yet.
    public override Value Delay(Scope? scope)
    {
        Scope home = scope!;
        for (int i = level; i != 0; i--)
        {
            home = home.Up!;
        }

        return Unsafe.Add(ref home.S0, slot)?.Peek() ?? new Thunk(this, scope);
    }

    /// <summary>The value as it stands in its scope.</summary>
    public Value? Look(Scope scope)
    {
        for (int i = level; i != 0; i--)
        {
            scope = scope.Up!;
        }

        return Unsafe.Add(ref scope.S0, slot)?.Peek();
    }
}

/// <summary>A variable of the scope at hand.</summary>
internal sealed class Local0Node(int slot) : Node(keepsScope: false)
{
    public int Slot => slot;

    public override bool DelayKeepsScope => false;

    public override Value Eval(Scope? scope)
    {
        ref Value? place = ref Unsafe.Add(ref scope!.S0, slot);
        Value value = place!;
        if (value.GetType() == typeof(Thunk))
        {
            value = Unsafe.As<Thunk>(value).ForceThunk(Pos);
            place = value;
        }

        return value;
    }

    public override Value Delay(Scope? scope) => Unsafe.Add(ref scope!.S0, slot)?.Peek() ?? new Thunk(this, scope);
}

/// <summary>A variable of the scope around the one at hand.</summary>
internal sealed class Local1Node(int slot) : Node(keepsScope: false)
{
    public int Slot => slot;

    public override bool DelayKeepsScope => false;

    public override Value Eval(Scope? scope)
    {
        ref Value? place = ref Unsafe.Add(ref scope!.Up!.S0, slot);
        Value value = place!;
        if (value.GetType() == typeof(Thunk))
        {
            value = Unsafe.As<Thunk>(value).ForceThunk(Pos);
            place = value;
        }

        return value;
    }

    public override Value Delay(Scope? scope) => Unsafe.Add(ref scope!.Up!.S0, slot)?.Peek() ?? new Thunk(this, scope);
}

/// <summary>One <c>with</c> around a variable: how many scopes up, and where it was written.</summary>
internal readonly record struct WithLevel(int Level, PosIdx Pos);

/// <summary>A variable that no scope defines by name: looked up in the sets of the <c>with</c>s around it, inner first.</summary>
internal sealed class WithVariableNode(Evaluator ev, Symbol name, WithLevel[] withs) : Node(keepsScope: false)
{
    private int _guess;

    public override Value Eval(Scope? scope)
    {
        foreach (WithLevel with in withs)
        {
            Scope home = Climb(scope!, with.Level);
            Value set = home.S0!;
            if (set.GetType() != typeof(VAttrs))
            {
                set = ev.ForceAttrs(set, "while evaluating the first subexpression of a with expression", with.Pos);
                home.S0 = set;
            }

            if (Find(Unsafe.As<VAttrs>(set)) is { } found)
            {
                return ev.Force(found, Pos);
            }
        }

        throw new EvalError(EvalErrorKind.UndefinedVariable, $"undefined variable '{ev.ShowName(name)}'").At(Pos);
    }

    // Where every set on the way is there already, the variable is what it holds.
    public override Value Delay(Scope? scope)
    {
        foreach (WithLevel with in withs)
        {
            if (Climb(scope!, with.Level).S0?.Peek() is not VAttrs set)
            {
                break;
            }

            if (Find(set) is { } found)
            {
                // Two looks at a function are two things to ==, as long as it is not looked at in its set.
                return found.Peek() is { Kind: not ValueKind.Function } value ? value : new Thunk(this, scope);
            }
        }

        return new Thunk(this, scope);
    }

    private Value? Find(VAttrs set)
    {
        Shape? shape = set.FlatShape(out Value[]? values);
        if (shape is null)
        {
            return set.Get(name);
        }

        int guess = _guess;
        int[] keys = shape.Keys;
        if ((uint)guess < (uint)keys.Length && keys[guess] == name.Id)
        {
            return values![guess];
        }

        int at = shape.IndexOf(name);
        if (at < 0)
        {
            return null;
        }

        _guess = at;
        return values![at];
    }

    private static Scope Climb(Scope scope, int level)
    {
        for (int i = level; i != 0; i--)
        {
            scope = scope.Up!;
        }

        return scope;
    }
}

/// <summary><c>__curPos</c></summary>
internal sealed class CurrentPositionNode(Evaluator ev) : Node(keepsScope: false)
{
    public override Value Eval(Scope? scope) => ev.PositionValue(Pos);
}
