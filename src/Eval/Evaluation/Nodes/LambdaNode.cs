using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>A named argument of a pattern.</summary>
internal readonly record struct FormalArgument(Symbol Name, Node? Default, PosIdx Pos);

/// <summary>
/// A function. Its scope holds the argument itself, if it has a name, then the named arguments in the order of
/// their symbols.
/// </summary>
internal sealed class LambdaNode(Evaluator ev) : Node
{
    public Symbol Name;
    public Symbol Argument;
    public FormalArgument[]? Formals;
    public bool Ellipsis;
    public int Slots;
    public Node Body = null!;

    /// <summary>Whether the scope of a call may be used again when the body has been evaluated.</summary>
    public bool FreesScope;

    /// <summary>Whether the body is again a function of one plain argument: two arguments then need no closure between them.</summary>
    public LambdaNode? Inner;

    private PatternMatch? _match;
    private VAttrs? _namedArguments;

    public VAttrs? NamedArguments => Formals is null ? null : _namedArguments ??= MakeNamedArguments();

    public override Value Eval(Scope? scope) => new VLambda(this, scope);

    public override Value Delay(Scope? scope) => new VLambda(this, scope);

    /// <summary>The scope of the body for an argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope Bind(Scope? up, Value argument, PosIdx callPos) =>
        Formals is null ? new Scope(up) { S0 = argument } : BindPattern(up, argument, callPos);

    private Scope BindPattern(Scope? up, Value argument, PosIdx callPos)
    {
        VAttrs set = argument.Peek() as VAttrs ?? ForceArgument(argument, callPos);
        Scope scope = Scope.Make(up, Slots);
        int slot = 0;
        if (Argument.IsSet)
        {
            scope.S0 = argument;
            slot = 1;
        }

        Shape shape = set.Shape;
        Value[] values = set.Values;
        PatternMatch match = _match is { } known && ReferenceEquals(known.Shape, shape) ? known : Match(set, shape, callPos);
        int[] indices = match.Indices;
        for (int i = 0; i < indices.Length; i++)
        {
            int at = indices[i];
            if (at >= 0)
            {
                scope.Set(slot + i, values[at]);
            }
        }

        if (match.HasDefaults)
        {
            for (int i = 0; i < indices.Length; i++)
            {
                if (indices[i] < 0)
                {
                    scope.Set(slot + i, Formals![i].Default!.Delay(scope));
                }
            }
        }

        return scope;
    }

    private VAttrs ForceArgument(Value argument, PosIdx callPos)
    {
        try
        {
            return ev.ForceAttrs(argument, "while evaluating the value passed for the lambda argument", Pos);
        }
        catch (EvalError e) when (callPos.IsSet && e.AddTrace(callPos, "from call site"))
        {
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PatternMatch Match(VAttrs set, Shape shape, PosIdx callPos)
    {
        FormalArgument[] formals = Formals!;
        int[] indices = new int[formals.Length];
        int used = 0;
        for (int i = 0; i < formals.Length; i++)
        {
            int at = shape.IndexOf(formals[i].Name);
            indices[i] = at;
            if (at >= 0)
            {
                used++;
            }
            else if (formals[i].Default is null)
            {
                throw new EvalError(
                    EvalErrorKind.Type,
                    $"function '{DisplayName}' called without required argument '{ev.ShowName(formals[i].Name)}'").At(Pos).WithTrace(callPos, "from call site");
            }
        }

        if (!Ellipsis && used != set.Count)
        {
            throw Unexpected(shape, callPos);
        }

        PatternMatch match = new(shape, indices, used != formals.Length);
        Volatile.Write(ref _match, match);
        return match;
    }

    private EvalError Unexpected(Shape shape, PosIdx callPos)
    {
        for (int i = 0; i < shape.Count; i++)
        {
            Symbol name = shape.NameAt(i);
            if (Array.FindIndex(Formals!, f => f.Name == name) >= 0)
            {
                continue;
            }

            List<string> names = [];
            foreach (FormalArgument formal in Formals!)
            {
                names.Add(ev.Symbols.TextOf(formal.Name));
            }

            string unexpected = ev.Symbols.TextOf(name);
            EvalError error = new(EvalErrorKind.Type, $"function '{DisplayName}' called with unexpected argument '{ev.ShowName(name)}'");
            error.Suggestions = Suggestions.For(names, unexpected);
            return error.At(Pos).WithTrace(callPos, "from call site");
        }

        throw new InvalidOperationException("every argument is expected");
    }

    /// <summary>The name in messages.</summary>
    public string DisplayName => Name.IsSet ? ev.Symbols.TextOf(Name) : "anonymous lambda";

    private VAttrs MakeNamedArguments()
    {
        AttrsBuilder set = new(Formals!.Length, ev.Symbols);
        foreach (FormalArgument formal in Formals)
        {
            set.Add(formal.Name, VBool.Of(formal.Default is not null), formal.Pos);
        }

        return set.Build();
    }

    /// <summary>Where the named arguments are in sets of one shape; a negative index means the default.</summary>
    private sealed class PatternMatch(Shape shape, int[] indices, bool hasDefaults)
    {
        public readonly Shape Shape = shape;
        public readonly int[] Indices = indices;
        public readonly bool HasDefaults = hasDefaults;
    }
}
