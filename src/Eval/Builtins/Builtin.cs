using System;
using System.Collections.Generic;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>
/// A builtin of one argument. Arguments come unevaluated. There is no position: the frame "while calling the …
/// builtin", which the evaluator adds, names the place.
/// </summary>
/// <returns>An evaluated value, never a thunk.</returns>
public delegate Value Fn1(Value a);

/// <inheritdoc cref="Fn1"/>
public delegate Value Fn2(Value a, Value b);

/// <inheritdoc cref="Fn1"/>
public delegate Value Fn3(Value a, Value b, Value c);

/// <summary>
/// What a builtin of one argument gives for <c>map function items</c>. The function is evaluated, unless there are no
/// items.
/// </summary>
internal delegate Value FnOfMapped(Value function, Value[] items);

/// <summary>
/// A row in the table of a family of builtins: name, arity, what it does, its page of the manual, the feature it
/// hides behind.
/// </summary>
/// <remarks>
/// <see cref="Name"/> is the name in the set <c>builtins</c>. Names that are also in scope by themselves
/// (<c>map</c>, <c>toString</c>, …) say so with <see cref="Global"/>; the others are in scope as <c>__name</c>.
/// </remarks>
public sealed class Builtin
{
    private Builtin(string name, int arity, Delegate? fn, Func<Value>? constant)
    {
        Name = name;
        Arity = arity;
        Fn = fn;
        MakeConstant = constant;
    }

    /// <summary>The name in the set <c>builtins</c>.</summary>
    public string Name { get; }

    /// <summary>Number of arguments, 1 to 3; 0 for a constant.</summary>
    public int Arity { get; }

    /// <summary>Whether the name is in scope by itself; else it is with two underscores before it.</summary>
    public bool Global { get; init; }

    /// <summary>The experimental feature without which it does not exist; null for none.</summary>
    public string? Feature { get; init; }

    /// <summary>Whether a constant is there only in impure evaluation.</summary>
    public bool ImpureOnly { get; init; }

    /// <summary>What it does, in one or two sentences.</summary>
    public string Doc { get; init; } = "";

    /// <summary>The names of the arguments.</summary>
    public string[] Args => ArgumentNames.Of(Name);

    /// <summary>Attributes of its one argument with a default, as <c>functionArgs</c> tells them.</summary>
    public string[] Optional { get; init; } = [];

    /// <summary>Whether errors inside get the line "while calling the 'name' builtin"; off where it would mislead.</summary>
    public bool AddTrace { get; init; } = true;

    /// <summary>The same for <c>builtin (map function list)</c>, where the elements need not be kept; null for none.</summary>
    internal FnOfMapped? OfMapped { get; private init; }

    internal Delegate? Fn { get; }

    internal Func<Value>? MakeConstant { get; }

    /// <summary>A builtin function of one argument.</summary>
    public static Builtin Of(string name, Fn1 fn, string doc = "", bool global = false, string? feature = null, bool addTrace = true, string[]? optional = null) =>
        new(name, 1, fn, null) { Doc = doc, Global = global, Feature = feature, AddTrace = addTrace, Optional = optional ?? [] };

    /// <summary>A builtin function of a list whose elements it only looks at.</summary>
    internal static Builtin Of(string name, Fn1 fn, FnOfMapped ofMapped, string doc) =>
        new(name, 1, fn, null) { Doc = doc, OfMapped = ofMapped };

    /// <summary>A builtin function of two arguments.</summary>
    public static Builtin Of(string name, Fn2 fn, string doc = "", bool global = false, string? feature = null, bool addTrace = true) =>
        new(name, 2, fn, null) { Doc = doc, Global = global, Feature = feature, AddTrace = addTrace };

    /// <summary>A builtin function of three arguments.</summary>
    public static Builtin Of(string name, Fn3 fn, string doc = "", bool global = false, string? feature = null) =>
        new(name, 3, fn, null) { Doc = doc, Global = global, Feature = feature };

    /// <summary>A value with a name; made when the evaluator is made, so it may be a thunk but must be cheap.</summary>
    public static Builtin Constant(string name, Func<Value> value, string doc = "", bool global = false, bool impureOnly = false) =>
        new(name, 0, null, value) { Doc = doc, Global = global, ImpureOnly = impureOnly };
}

/// <summary>
/// A family of builtins: a sealed class made with its <see cref="Evaluation.Evaluator"/>, whose instance methods
/// are the builtins and whose table names them.
/// </summary>
/// <example>
/// <code>
/// public sealed class ListBuiltins(Evaluator ev) : IBuiltinFamily
/// {
///     public IReadOnlyList&lt;Builtin&gt; Builtins =>
///     [
///         Builtin.Of("head", Head, "First element of a list; an error for an empty one."),
///     ];
///
///     private Value Head(Value list) { … ev.ForceList(list, "while evaluating …") … }
/// }
/// </code>
/// </example>
public interface IBuiltinFamily
{
    /// <summary>The table, read once when the evaluator is made.</summary>
    IReadOnlyList<Builtin> Builtins { get; }
}
