using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

// Evaluating to a type. The fast way looks at a value that is there already; everything that may fail happens in
// a second method, whose exception filter adds the frame.
public sealed partial class Evaluator
{
    /// <summary>The value of a thunk; <paramref name="pos"/> is who needs it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Value Force(Value value, PosIdx pos) =>
        value.GetType() == typeof(Thunk) ? Unsafe.As<Thunk>(value).ForceThunk(pos) : value;

    /// <summary>Evaluates to an integer.</summary>
    /// <param name="value">The value.</param>
    /// <param name="context">What is being done, as a frame of the trace says it; may be empty.</param>
    /// <param name="pos">Who needs it.</param>
    /// <exception cref="EvalError">It fails or is something else.</exception>
    public long ForceInt(Value value, string context, PosIdx pos = default)
    {
        Value known = value.Peek();
        return known.GetType() == typeof(VInt)
            ? Unsafe.As<VInt>(known).Number
            : Unsafe.As<VInt>(ForceTo(value, ValueKind.Int, "an integer", context, pos)).Number;
    }

    /// <summary>Evaluates to a number, as floating point.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public double ForceFloat(Value value, string context, PosIdx pos = default)
    {
        if (value.Peek() is VInt known)
        {
            return known.Number;
        }

        Value forced = ForceTo(value, ValueKind.Float, "a float", context, pos);
        return forced is VInt number ? number.Number : ((VFloat)forced).Number;
    }

    /// <summary>Evaluates to a boolean.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public bool ForceBool(Value value, string context, PosIdx pos = default)
    {
        Value known = value.Peek();
        return (known.GetType() == typeof(VBool) ? known : ForceTo(value, ValueKind.Bool, "a Boolean", context, pos)) == VBool.True;
    }

    /// <summary>Evaluates to a string, whatever its context.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public VString ForceString(Value value, string context, PosIdx pos = default)
    {
        Value known = value.Peek();
        return Unsafe.As<VString>(known.GetType() == typeof(VString) ? known : ForceTo(value, ValueKind.String, "a string", context, pos));
    }

    /// <summary>Evaluates to a string that must not refer to the store; gives its bytes.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public byte[] ForceStringNoContext(Value value, string context, PosIdx pos = default) =>
        ForcePlainString(value, context, pos).Bytes;

    /// <summary>Evaluates to a string that must not refer to the store; gives the name of these bytes.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public Symbol ForceName(Value value, string context, PosIdx pos = default) =>
        ForcePlainString(value, context, pos).SymbolIn(Symbols);

    private VString ForcePlainString(Value value, string context, PosIdx pos)
    {
        VString text = ForceString(value, context, pos);
        if (text.Context is { } refers)
        {
            throw new EvalError(
                EvalErrorKind.Error,
                $"the string '{text.Bytes}' is not allowed to refer to a store path (such as '{refers.Elements[0].Display()}')").WithTrace(pos, context);
        }

        return text;
    }

    /// <summary>Evaluates to an attribute set.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public VAttrs ForceAttrs(Value value, string context, PosIdx pos = default)
    {
        Value known = Force(value, pos);
        if (known.GetType() != typeof(VAttrs))
        {
            throw Expected("a set", known).WithTrace(pos, context);
        }

        return Unsafe.As<VAttrs>(known);
    }

    /// <summary>Evaluates to a list.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public VList ForceList(Value value, string context, PosIdx pos = default)
    {
        Value known = Force(value, pos);
        if (known.GetType() != typeof(VList))
        {
            throw Expected("a list", known).WithTrace(pos, context);
        }

        return Unsafe.As<VList>(known);
    }

    /// <summary>Evaluates to a function, or to a set that can be called like one.</summary>
    /// <inheritdoc cref="ForceInt"/>
    public Value ForceFunction(Value value, string context, PosIdx pos = default)
    {
        Value known = value.Peek();
        return known.Kind == ValueKind.Function ? known : ForceTo(value, ValueKind.Function, "a function", context, pos);
    }

    /// <summary>Whether an evaluated value can be called like a function though it is a set.</summary>
    public static bool IsFunctor(Value value) => value is VAttrs set && set.Has(WellKnown.MagicFunctor);

    /// <summary>Whether an evaluated value is a set with <c>type = "derivation"</c>.</summary>
    public bool IsDerivation(Value value)
    {
        if (value is not VAttrs set || set.Get(WellKnown.Type) is not { } type)
        {
            return false;
        }

        return Force(type, set.PosOf(WellKnown.Type)) is VString text && text.Bytes.AsSpan().SequenceEqual("derivation"u8);
    }

    /// <summary>The attribute of a set that a builtin was given, perhaps a thunk.</summary>
    /// <exception cref="EvalError">There is none.</exception>
    public Value GetAttr(VAttrs set, Symbol name, string context) =>
        set.Get(name) ?? throw new EvalError(EvalErrorKind.Type, $"attribute '{ShowName(name)}' missing").WithTrace(default, context);

    /// <summary>Evaluates a value and everything in it.</summary>
    public void ForceDeep(Value value) => new DeepForcing(this).Force(value);

    /// <summary>
    /// Evaluates a value; a failure that <c>tryEval</c> catches is given back instead of thrown.
    /// </summary>
    public Value? TryForce(Value value, out EvalError? failure)
    {
        int depth = _callDepth;
        try
        {
            failure = null;
            return value.Force();
        }
        catch (EvalError e) when (e.IsCatchable)
        {
            _callDepth = depth;
            failure = e;
            return null;
        }
    }

    /// <summary>
    /// How deeply calls are nested. Who catches an <see cref="EvalError"/> and goes on sets it back to what it was,
    /// since frames that are left by an error do not.
    /// </summary>
    public int CallDepth
    {
        get => _callDepth;
        set => _callDepth = value;
    }

    /// <summary>An error that says which type was expected and what was found.</summary>
    public EvalError Expected(string type, Value found) =>
        new(EvalErrorKind.Type, $"expected {new Plain(type)} but found {ShowType(found)}: {new Plain(ShowForError(found))}");

    private Value ForceTo(Value value, ValueKind kind, string type, string context, PosIdx pos)
    {
        try
        {
            Value forced = Force(value, pos);
            if (forced.Kind == kind || (kind == ValueKind.Float && forced is VInt) || (kind == ValueKind.Function && IsFunctor(forced)))
            {
                return forced;
            }

            throw Expected(type, forced).At(pos);
        }
        catch (EvalError e) when (context.Length != 0 && e.AddTrace(pos, context))
        {
            throw;
        }
    }

    /// <summary>One more level of calls.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(PosIdx pos)
    {
        // As many levels as the reference: it compares before it counts.
        if (_callDepth > _maxCallDepth)
        {
            TooDeep(pos);
        }

        _callDepth++;
    }

    /// <summary>One level of calls less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave() => _callDepth--;

    [DoesNotReturn]
    private void TooDeep(PosIdx pos) => throw (IsInterrupted
        ? new EvalError(EvalErrorKind.Interrupted, "interrupted by the user")
        : new EvalError(EvalErrorKind.StackOverflow, "stack overflow; max-call-depth exceeded").At(pos));
}
