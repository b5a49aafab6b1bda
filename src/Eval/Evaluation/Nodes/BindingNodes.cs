using System;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>How a binding of a set or <c>let</c> gets its value.</summary>
internal enum BindingKind : byte
{
    /// <summary>From a node in the scope of the bindings.</summary>
    Plain,

    /// <summary>From a node in the scope around.</summary>
    Inherited,

    /// <summary>Selected from a source that several bindings share.</summary>
    InheritedFrom,
}

/// <summary>A binding with a fixed name; <paramref name="Source"/> is the number of the source that it is selected from.</summary>
internal readonly record struct Binding(BindingKind Kind, Node Node, int Source)
{
    /// <summary>The value, not evaluated.</summary>
    public Value Delay(Scope? inner, Scope? outer, Value[] sources) => Kind switch
    {
        BindingKind.Plain => Node.Delay(inner),
        BindingKind.Inherited => Node.Delay(outer),
        BindingKind.InheritedFrom => new Thunk(Node, sources[Source]),
    };
}

/// <summary>An attribute whose name is computed.</summary>
internal readonly record struct DynamicBinding(Node Name, Node Value, PosIdx Pos);

/// <summary>A set that does not refer to itself and has only fixed names.</summary>
internal sealed class AttrsNode(Shape shape, Binding[] bindings, Node[] sources) : Node
{
    public override Value Eval(Scope? scope)
    {
        if (bindings.Length == 0)
        {
            return VAttrs.Empty;
        }

        Value[] values = new Value[bindings.Length];
        if (sources.Length == 0)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = bindings[i].Node.Delay(scope);
            }
        }
        else
        {
            Value[] from = DelayAll(sources, scope);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = bindings[i].Delay(scope, scope, from);
            }
        }

        return new VAttrs(shape, values);
    }

    internal static Value[] DelayAll(Node[] nodes, Scope? scope)
    {
        Value[] values = new Value[nodes.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = nodes[i].Delay(scope);
        }

        return values;
    }

    /// <summary>Fills a scope with bindings that may refer to each other.</summary>
    internal static void Fill(Scope inner, Scope? outer, Binding[] bindings, Node[] sources)
    {
        Value[] from = sources.Length == 0 ? [] : DelayAll(sources, inner);
        for (int i = 0; i < bindings.Length; i++)
        {
            inner.Set(i, bindings[i].Delay(inner, outer, from));
        }
    }
}

/// <summary>A set that refers to itself, or has computed names, or both.</summary>
internal sealed class GeneralAttrsNode(
    Evaluator ev, Shape shape, Binding[] bindings, Node[] sources, DynamicBinding[] dynamic, bool recursive) : Node
{
    /// <summary>Whether names of attributes have to be computed.</summary>
    public bool IsDynamic => dynamic.Length > 0;

    public override Value Eval(Scope? scope)
    {
        Scope? inner = scope;
        Value[] values = new Value[bindings.Length];
        int overrides = -1;
        if (recursive)
        {
            Scope own = Scope.Make(scope, bindings.Length);
            inner = own;
            overrides = shape.IndexOf(WellKnown.MagicOverrides);
            if (overrides >= 0)
            {
                FillLazily(own, scope);
            }
            else
            {
                AttrsNode.Fill(own, scope, bindings, sources);
            }

            for (int i = 0; i < values.Length; i++)
            {
                values[i] = own.Get(i);
            }
        }
        else
        {
            Value[] from = AttrsNode.DelayAll(sources, scope);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = bindings[i].Delay(scope, scope, from);
            }
        }

        VAttrs set = new(shape, values);
        if (overrides >= 0)
        {
            set = Override(set, values[overrides], inner!);
        }

        return dynamic.Length == 0 ? set : AddDynamic(set, inner);
    }

    // What __overrides replaces must not have been looked up before.
    private void FillLazily(Scope inner, Scope? outer)
    {
        Value[] from = AttrsNode.DelayAll(sources, inner);
        for (int i = 0; i < bindings.Length; i++)
        {
            Binding binding = bindings[i];
            inner.Set(i, binding.Kind == BindingKind.Plain ? new Thunk(binding.Node, inner) : binding.Delay(inner, outer, from));
        }
    }

    private VAttrs Override(VAttrs set, Value overrides, Scope inner)
    {
        VAttrs over = ev.ForceAttrs(overrides, "while evaluating the `__overrides` attribute");
        for (int i = 0; i < over.Count; i++)
        {
            Attr attr = over.At(i);
            int at = shape.IndexOf(attr.Name);
            if (at >= 0)
            {
                inner.Set(at, attr.Value);
            }
        }

        return VAttrs.Update(set, over);
    }

    private VAttrs AddDynamic(VAttrs set, Scope? inner)
    {
        AttrsBuilder added = new(dynamic.Length, ev.Symbols);
        foreach (DynamicBinding binding in dynamic)
        {
            Value name = ev.Force(binding.Name.Eval(inner), binding.Pos);
            if (name is VNull)
            {
                continue;
            }

            Symbol symbol = ev.ForceName(name, "while evaluating the name of a dynamic attribute", binding.Pos);
            if (set.Has(symbol) || added.Find(symbol, out _))
            {
                PosIdx before = added.Find(symbol, out PosIdx place) ? place : set.PosOf(symbol);
                throw new EvalError(
                    EvalErrorKind.Error,
                    $"dynamic attribute '{ev.ShowName(symbol)}' already defined at {ErrorRenderer.Describe(ev.Positions, before)}").At(binding.Pos);
            }

            if (binding.Value is LambdaNode { Name.IsSet: false } lambda)
            {
                lambda.Name = symbol;
            }

            added.Add(symbol, binding.Value.Delay(inner), binding.Pos);
        }

        return added.Count == 0 ? set : VAttrs.Update(set, added.Build());
    }
}

/// <summary><c>let bindings in body</c></summary>
internal sealed class LetNode(Binding[] bindings, Node[] sources, Node body) : Node
{
    public override Value Eval(Scope? scope)
    {
        Scope inner = Scope.Make(scope, bindings.Length);
        AttrsNode.Fill(inner, scope, bindings, sources);
        return body.Eval(inner);
    }
}
