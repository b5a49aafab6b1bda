using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>What a value is.</summary>
public sealed class TypeBuiltins(Evaluator ev) : IBuiltinFamily
{
    private static readonly VString s_int = new("int");
    private static readonly VString s_float = new("float");
    private static readonly VString s_bool = new("bool");
    private static readonly VString s_null = new("null");
    private static readonly VString s_string = new("string");
    private static readonly VString s_path = new("path");
    private static readonly VString s_list = new("list");
    private static readonly VString s_set = new("set");
    private static readonly VString s_lambda = new("lambda");

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("typeOf", TypeOf, "The type of a value, as a string."),
        Builtin.Of("isNull", static v => Is(v, ValueKind.Null), "Whether a value is null.", global: true),
        Builtin.Of("isFunction", static v => Is(v, ValueKind.Function), "Whether a value is a function."),
        Builtin.Of("isInt", static v => Is(v, ValueKind.Int), "Whether a value is an integer."),
        Builtin.Of("isFloat", static v => Is(v, ValueKind.Float), "Whether a value is a float."),
        Builtin.Of("isString", static v => Is(v, ValueKind.String), "Whether a value is a string."),
        Builtin.Of("isBool", static v => Is(v, ValueKind.Bool), "Whether a value is true or false."),
        Builtin.Of("isPath", static v => Is(v, ValueKind.Path), "Whether a value is a path."),
        Builtin.Of("isAttrs", static v => Is(v, ValueKind.Attrs), "Whether a value is a set."),
        Builtin.Of("isList", static v => Is(v, ValueKind.List), "Whether a value is a list."),
        Builtin.Of("functionArgs", FunctionArgs, "The names of a function's pattern and whether each has a default."),
    ];

    private static VBool Is(Value value, ValueKind kind) => VBool.Of(value.Force().Kind == kind);

    private static VString TypeOf(Value value) => value.Force().Kind switch
    {
        ValueKind.Int => s_int,
        ValueKind.Float => s_float,
        ValueKind.Bool => s_bool,
        ValueKind.Null => s_null,
        ValueKind.String => s_string,
        ValueKind.Path => s_path,
        ValueKind.List => s_list,
        ValueKind.Attrs => s_set,
        ValueKind.Function => s_lambda,
        ValueKind.Thunk => throw new InvalidOperationException("an evaluated value is no thunk"),
    };

    private VAttrs FunctionArgs(Value function) => function.Force() switch
    {
        VLambda lambda => lambda.NamedArguments ?? VAttrs.Empty,
        VPrimOp { Builtin.Optional: { Length: > 0 } names } => Optional(names),
        VPrimOp or VPrimOpApp => VAttrs.Empty,
        _ => throw new EvalError(EvalErrorKind.Type, "'functionArgs' requires a function"),
    };

    private VAttrs Optional(string[] names)
    {
        AttrsBuilder set = new(names.Length, ev.Symbols);
        foreach (string name in names)
        {
            set.Add(ev.Symbols.Intern(name), VBool.True);
        }

        return set.Build();
    }
}
