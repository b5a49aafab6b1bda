using System;
using System.Runtime.CompilerServices;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Values;

/// <summary>Types of values as the language sees them.</summary>
public enum ValueKind : byte
{
    /// <summary>Not evaluated yet.</summary>
    Thunk,
    Int,
    Float,
    Bool,
    Null,
    String,
    Path,
    List,
    Attrs,
    Function,
}

/// <summary>A value of the language, or a <see cref="Thunk"/> that will be one. Immutable but for thunks.</summary>
public abstract class Value
{
    private protected Value()
    {
    }

    /// <summary>The type; <see cref="ValueKind.Thunk"/> only for a thunk, evaluated or not.</summary>
    public abstract ValueKind Kind { get; }

    /// <summary>The value itself: evaluates a thunk, gives anything else back. Never a <see cref="Thunk"/>.</summary>
    /// <exception cref="Errors.EvalError">The evaluation failed, now or before.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Value Force() => GetType() == typeof(Thunk) ? Unsafe.As<Thunk>(this).ForceThunk() : this;

    /// <summary>Where a function was written, or the function that a pending call of one argument will call; none for others.</summary>
    internal PosIdx PlaceOf() => this switch
    {
        VLambda lambda => lambda.Pos,
        Thunk { Pending: PendingCall call } => call.Function.PlaceOf(),
        _ => default,
    };

    /// <summary>The value when it is known without evaluating anything: an evaluated thunk gives what it holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Value Peek() => GetType() == typeof(Thunk) ? Unsafe.As<Thunk>(this).Evaluated ?? this : this;
}

/// <summary>An integer of 64 bits.</summary>
public sealed class VInt : Value
{
    private const int CacheMin = -128;
    private const int CacheMax = 1023;
    private static readonly VInt[] Cache = MakeCache();

    /// <summary>The number.</summary>
    public readonly long Number;

    private VInt(long number) => Number = number;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Int;

    /// <summary>The value of a number; small ones are shared.</summary>
    public static VInt Of(long number) =>
        (ulong)(number - CacheMin) <= CacheMax - CacheMin ? Cache[number - CacheMin] : new VInt(number);

    private static VInt[] MakeCache()
    {
        VInt[] cache = new VInt[CacheMax - CacheMin + 1];
        for (int i = 0; i < cache.Length; i++)
        {
            cache[i] = new VInt(i + CacheMin);
        }

        return cache;
    }
}

/// <summary>A floating point number of 64 bits.</summary>
public sealed class VFloat(double number) : Value
{
    /// <summary>The number.</summary>
    public readonly double Number = number;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Float;
}

/// <summary>True or false; there are only these two, so compare by reference.</summary>
public sealed class VBool : Value
{
    /// <summary><c>true</c></summary>
    public static readonly VBool True = new();

    /// <summary><c>false</c></summary>
    public static readonly VBool False = new();

    private VBool()
    {
    }

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Bool;

    /// <summary>Whether this is <see cref="True"/>.</summary>
    public bool IsTrue => ReferenceEquals(this, True);

    /// <summary>One of the two.</summary>
    public static VBool Of(bool value) => value ? True : False;
}

/// <summary>The value <c>null</c>; there is only one.</summary>
public sealed class VNull : Value
{
    /// <summary><c>null</c></summary>
    public static readonly VNull Instance = new();

    private VNull()
    {
    }

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Null;
}

/// <summary>A string: bytes and what they refer to in the store.</summary>
public sealed class VString(byte[] bytes, StringContext? context = null) : Value
{
    /// <summary><c>""</c></summary>
    public static readonly VString Empty = new([]);

    /// <summary>The bytes; not to be changed.</summary>
    public readonly byte[] Bytes = bytes;

    /// <summary>What the string refers to; null for nothing.</summary>
    public readonly StringContext? Context = context;

    // Where the table that was asked last has these bytes as a name; 0 before.
    private int _symbol;

    /// <summary>The bytes as a name. Its place is remembered, and looked at again, since constants serve several tables.</summary>
    internal Symbol SymbolIn(SymbolTable symbols)
    {
        Symbol known = new(_symbol);
        if (!symbols.Is(known, Bytes))
        {
            known = symbols.Intern(Bytes);
            _symbol = known.Id;
        }

        return known;
    }

    /// <summary>A string of text, encoded as UTF-8, without context.</summary>
    public VString(string text)
        : this(Encoding.UTF8.GetBytes(text))
    {
    }

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.String;

    /// <summary>The string as text, for messages.</summary>
    public string Text => MessageText.Decode(Bytes);
}

/// <summary>A path: absolute, without <c>.</c>, <c>..</c> and doubled slashes.</summary>
public sealed class VPath(byte[] path) : Value
{
    /// <summary>The bytes of the path; not to be changed.</summary>
    public readonly byte[] Path = path;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Path;

    /// <summary>The path as text, for messages.</summary>
    public string Text => MessageText.Decode(Path);
}

/// <summary>A list. Elements may be thunks.</summary>
public sealed class VList : Value
{
    /// <summary><c>[ ]</c></summary>
    public static readonly VList Empty = new([]);

    /// <summary>The elements; not to be changed.</summary>
    public readonly Value[] Items;

    private VList(Value[] items) => Items = items;

    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.List;

    /// <summary>Number of elements.</summary>
    public int Count => Items.Length;

    /// <summary>A list of these elements; the array belongs to the list from now on.</summary>
    public static VList Of(Value[] items) => items.Length == 0 ? Empty : new VList(items);
}
