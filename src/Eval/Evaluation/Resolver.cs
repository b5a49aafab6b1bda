using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Debugging;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;

namespace Firn.Eval.Evaluation;

/// <summary>
/// Makes the runnable tree of a parsed one: names become places in scopes, known builtins constants, and each
/// kind of expression the node that is cheapest for it.
/// </summary>
internal sealed class Resolver
{
    private readonly Evaluator _ev;
    private readonly Symbol[] _symbols;
    private readonly uint _base;
    private readonly Comparison<AttributeDefinition> _bySymbol;

    private Resolver(Evaluator ev, Symbol[] symbols, uint start)
    {
        _ev = ev;
        _base = start;
        _symbols = symbols;
        _bySymbol = (a, b) => Of(a.Name).Id.CompareTo(Of(b.Name).Id);
    }

    /// <summary>The runnable form of a tree whose free names are looked up in <paramref name="scope"/>, then globally.</summary>
    /// <param name="symbols">What the names are, by their numbers.</param>
    /// <param name="start">The position of the tree's first byte.</param>
    /// <exception cref="EvalError">A variable is defined nowhere.</exception>
    public static Node Resolve(Evaluator ev, SyntaxTree tree, Symbol[] symbols, uint start, StaticScope? scope) =>
        new Resolver(ev, symbols, start).Make(tree.Root, scope);

    private Symbol Of(Name name) => _symbols[name.Index];

    private PosIdx At(int position) => position < 0 ? default : new PosIdx(_base + (uint)position);

    private Node Make(Expr expr, StaticScope? scope)
    {
        Node node = MakeNode(expr, scope);
        node.Pos = At(expr.Position);
        if (expr is CallExpr && _ev.Options.TraceFunctionCalls)
        {
            node = new TracedCallNode(_ev, node) { Pos = node.Pos };
        }

        return _ev.Options.Debugger is null ? node : Debugged(expr, node, scope);
    }

    // What a debugger can stop at. Other kinds of node stay what they are, since other nodes look at that.
    private Node Debugged(Expr expr, Node node, StaticScope? scope)
    {
        switch (expr)
        {
            case CallExpr:
                return Watched(node, scope, "while calling a function");
            case LetExpr:
                return Watched(node, scope, "while evaluating a '\e[35;1mlet\e[0m' expression");
            case SelectExpr e when node is not ConstantNode:
                string path = string.Join('.', Array.ConvertAll(e.Path.ToArray(), name => name.Static is { } fixedName ? _ev.ShowName(Of(fixedName)) : "«dynamic»"));
                return Watched(node, scope, $"while evaluating the attribute '\e[35;1m{path}\e[0m'");
            case AssertExpr:
                return Watched(node, scope, "while evaluating an assertion");
            default:
                return node;
        }
    }

    private DebuggedNode Watched(Node node, StaticScope? scope, string text) =>
        new(_ev, _ev.Options.Debugger!, node, scope, () => text) { Pos = node.Pos };

    private Node WatchedBody(LambdaNode lambda, Node body, StaticScope inner)
    {
        if (_ev.Options.Debugger is { } debugger)
        {
            string Text() => $"while calling \e[35;1m{(lambda.Name.IsSet ? $"'{_ev.Symbols.TextOf(lambda.Name)}'" : "anonymous lambda")}\e[0m";
            body = new DebuggedNode(_ev, debugger, body, inner, Text) { Pos = lambda.Pos };
        }

        return _ev.Options.Profile is { } profile ? new ProfiledBodyNode(_ev, profile, lambda, body) : body;
    }

    private Node MakeNode(Expr expr, StaticScope? scope)
    {
        switch (expr)
        {
            case IntExpr e:
                return new ConstantNode(VInt.Of(e.Value));
            case FloatExpr e:
                return new ConstantNode(new VFloat(e.Value));
            case StringExpr e:
                return new ConstantNode(e.Value.Length == 0 ? VString.Empty : new VString(e.Value));
            case PathExpr e:
                return new ConstantNode(new VPath(e.Value));
            case VariableExpr e:
                return Variable(Of(e.Name), At(e.Position), scope);
            case SelectExpr e:
                return Select(e, scope);
            case CallExpr e:
                return Call(e, scope);
            case LambdaExpr e:
                return Lambda(e, scope);
            case AttributesExpr e:
                return Attributes(e, scope);
            case ListExpr e:
                return e.Items.Length == 0 ? new ConstantNode(VList.Empty) : new ListNode(MakeAll(e.Items, scope));
            case LetExpr e:
                return Let(e, scope);
            case WithExpr e:
                return new WithNode(Make(e.Scope, scope), Make(e.Body, StaticScope.With(scope, At(e.Position))));
            case IfExpr e:
                return new IfNode(_ev, Make(e.Condition, scope), Make(e.Then, scope), Make(e.Else, scope));
            case AssertExpr e:
                return new AssertNode(
                    _ev, Make(e.Condition, scope), e.Condition, Make(e.Body, scope));
            case NotExpr e:
                return new NotNode(_ev, Make(e.Operand, scope));
            case BinaryExpr e:
                return Binary(e, scope);
            case ConcatExpr e:
                return Concat(e, scope);
            case HasAttributeExpr e:
                return new HasAttributeNode(_ev, Make(e.Subject, scope), Path(e.Path, scope));
            case NegateExpr e:
                return Operator(
                    Of(e.Function), IntegerOperator.Subtract, new ConstantNode(VInt.Of(0)), Make(e.Operand, scope), false, At(e.Position), scope);
            case SearchPathExpr e:
                return SearchPath(e, scope);
            case CurrentPositionExpr:
                return new CurrentPositionNode(_ev);
            default:
                throw new InvalidOperationException($"no node for {expr.Kind}");
        }
    }

    private Node[] MakeAll(ReadOnlySpan<Expr> exprs, StaticScope? scope)
    {
        Node[] nodes = new Node[exprs.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Make(exprs[i], scope);
        }

        return nodes;
    }

    private Node Variable(Symbol name, PosIdx pos, StaticScope? scope)
    {
        int level = 0;
        for (StaticScope? s = scope; s is not null; s = s.Up, level++)
        {
            int slot = s.SlotOf(name);
            if (slot >= 0)
            {
                return level switch
                {
                    0 => new Local0Node(slot),
                    1 => new Local1Node(slot),
                    _ => new LocalNode(level, slot),
                };
            }
        }

        if (_ev.FindGlobal(name) is { } global)
        {
            return new ConstantNode(global);
        }

        WithLevel[] withs = scope is null ? [] : scope.Withs;
        return withs.Length == 0
            ? throw new EvalError(EvalErrorKind.UndefinedVariable, $"undefined variable '{_ev.ShowName(name)}'").At(pos)
            : new WithVariableNode(_ev, name, withs);
    }

    private PathElement[] Path(ReadOnlySpan<AttributeName> names, StaticScope? scope)
    {
        PathElement[] path = new PathElement[names.Length];
        for (int i = 0; i < path.Length; i++)
        {
            path[i] = names[i].Static is { } name
                ? new PathElement(Of(name))
                : new PathElement(new ComputedName(
                    Make(names[i].Dynamic!, scope), Encoding.UTF8.GetString(TreePrinter.Print(names[i].Dynamic!)), At(names[i].Dynamic!.Position)));
        }

        return path;
    }

    private Node Select(SelectExpr e, StaticScope? scope)
    {
        Node subject = Make(e.Subject, scope);
        PathElement[] path = Path(e.Path, scope);
        if (e.Default is null && path.Length == 1 && path[0].IsFixed)
        {
            if (subject is ConstantNode { Value: VAttrs known } && ReferenceEquals(known, _ev.Builtins) && known.Get(path[0].Name) is { } builtin)
            {
                return new ConstantNode(builtin);
            }

            return new SelectNode(_ev, subject, path[0].Name);
        }

        return new SelectPathNode(_ev, subject, path, e.Default is null ? null : Make(e.Default, scope));
    }

    private Node Call(CallExpr e, StaticScope? scope)
    {
        Node function = Make(e.Function, scope);
        Node[] arguments = MakeAll(e.Arguments, scope);
        if (_ev.Options.Profile is { } profile)
        {
            return new ProfiledCallNode(_ev, profile, function, arguments);
        }

        if (function is ConstantNode { Value: VPrimOp { Builtin: var builtin } } && builtin.Arity == arguments.Length)
        {
            return builtin.Arity switch
            {
                1 => new BuiltinCallNode(_ev, builtin, arguments[0]),
                2 => new BuiltinCall2Node(_ev, builtin, arguments[0], arguments[1]),
                _ => new BuiltinCall3Node(_ev, builtin, arguments[0], arguments[1], arguments[2]),
            };
        }

        return CallOf(function, arguments);
    }

    private Node CallOf(Node function, Node[] arguments) => arguments.Length switch
    {
        1 when arguments[0] is BuiltinCall2Node { Builtin.Name: "map" } map => new CallOfMapNode(_ev, function, map),
        1 => new CallNode(_ev, function, arguments[0]),
        2 => new Call2Node(_ev, function, arguments[0], arguments[1]),
        _ => new CallManyNode(_ev, function, arguments),
    };

    private Node SearchPath(SearchPathExpr e, StaticScope? scope)
    {
        PosIdx pos = At(e.Position);
        Node find = Variable(Of(e.FindFile), pos, scope);
        find.Pos = pos;
        Node path = Variable(Of(e.NixPath), pos, scope);
        path.Pos = pos;
        return CallOf(find, [path, new ConstantNode(new VString(e.Value))]);
    }

    private LambdaNode Lambda(LambdaExpr e, StaticScope? scope)
    {
        LambdaNode node = new(_ev)
        {
            Argument = e.Argument is null ? default : Of(e.Argument),
            Name = e.Name is null ? default : Of(e.Name),
            Ellipsis = e.HasEllipsis,
        };
        List<Symbol> names = [];
        if (e.Argument is not null)
        {
            names.Add(node.Argument);
        }

        Formal[] formals = e.Formals.ToArray();
        if (e.HasFormals)
        {
            Array.Sort(formals, (a, b) => Of(a.Name).Id.CompareTo(Of(b.Name).Id));
            foreach (Formal formal in formals)
            {
                names.Add(Of(formal.Name));
            }
        }

        StaticScope inner = StaticScope.Of(scope, names.ToArray());
        node.Slots = names.Count;
        if (e.HasFormals)
        {
            node.Formals = new FormalArgument[formals.Length];
            for (int i = 0; i < formals.Length; i++)
            {
                node.Formals[i] = new FormalArgument(
                    Of(formals[i].Name), formals[i].Default is { } value ? Make(value, inner) : null, At(formals[i].Position));
            }
        }

        node.Body = Make(e.Body, inner);
        if (_ev.Options.Debugger is not null || _ev.Options.Profile is not null)
        {
            node.Pos = At(e.Position);
            node.Body = WatchedBody(node, node.Body, inner);
        }

        node.Inner = node.Body as LambdaNode;
        node.FreesScope = node.Formals is null && node.Body.MayFreeScope;
        return node;
    }

    private Node Attributes(AttributesExpr e, StaticScope? scope)
    {
        ArraySegment<AttributeDefinition> definitions = Sorted(e);
        Shape shape = ShapeOf(definitions, At(e.Position));
        StaticScope? inner = e.IsRecursive ? StaticScope.Of(scope, NamesOf(definitions)) : scope;
        Binding[] bindings = Bindings(definitions, inner, scope);
        Return(definitions);
        Node[] sources = MakeAll(e.InheritSources, inner);
        if (!e.IsRecursive && e.DynamicAttributes.Length == 0)
        {
            return new AttrsNode(shape, bindings, sources);
        }

        DynamicBinding[] dynamic = new DynamicBinding[e.DynamicAttributes.Length];
        for (int i = 0; i < dynamic.Length; i++)
        {
            DynamicAttributeDefinition definition = e.DynamicAttributes[i];
            dynamic[i] = new DynamicBinding(Make(definition.Name, inner), Make(definition.Value, inner), At(definition.Position));
        }

        return new GeneralAttrsNode(_ev, shape, bindings, sources, dynamic, e.IsRecursive);
    }

    private LetNode Let(LetExpr e, StaticScope? scope)
    {
        ArraySegment<AttributeDefinition> definitions = Sorted(e.Bindings);
        StaticScope inner = StaticScope.Of(scope, NamesOf(definitions));
        Binding[] bindings = Bindings(definitions, inner, scope);
        Return(definitions);
        return new LetNode(bindings, MakeAll(e.Bindings.InheritSources, inner), Make(e.Body, inner));
    }

    // What was sorted goes back to the pool where it came from when the nodes have been made of it.
    private ArraySegment<AttributeDefinition> Sorted(AttributesExpr e)
    {
        ReadOnlySpan<AttributeDefinition> written = e.Attributes;
        AttributeDefinition[] room = ArrayPool<AttributeDefinition>.Shared.Rent(written.Length);
        written.CopyTo(room);
        room.AsSpan(0, written.Length).Sort(_bySymbol);
        return new(room, 0, written.Length);
    }

    private static void Return(ArraySegment<AttributeDefinition> sorted) =>
        ArrayPool<AttributeDefinition>.Shared.Return(sorted.Array!, clearArray: true);

    private Symbol[] NamesOf(ReadOnlySpan<AttributeDefinition> definitions)
    {
        Symbol[] names = new Symbol[definitions.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Of(definitions[i].Name);
        }

        return names;
    }

    private Shape ShapeOf(ReadOnlySpan<AttributeDefinition> definitions, PosIdx pos)
    {
        int[] keys = new int[definitions.Length];
        PosIdx[] positions = new PosIdx[definitions.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Of(definitions[i].Name).Id;
            positions[i] = At(definitions[i].Position);
        }

        return new Shape(keys, positions, _ev.Symbols.Shapes, pos);
    }

    private Binding[] Bindings(ReadOnlySpan<AttributeDefinition> definitions, StaticScope? inner, StaticScope? outer)
    {
        Binding[] bindings = new Binding[definitions.Length];
        for (int i = 0; i < bindings.Length; i++)
        {
            AttributeDefinition d = definitions[i];
            bindings[i] = d.Kind switch
            {
                AttributeKind.Plain => new Binding(BindingKind.Plain, Make(d.Value!, inner), -1),
                AttributeKind.Inherited => new Binding(BindingKind.Inherited, Make(d.Value!, outer), -1),
                AttributeKind.InheritedFrom => new Binding(
                    BindingKind.InheritedFrom, new InheritedNode(_ev, Of(d.Name)) { Pos = At(d.Position) }, d.Source),
            };
        }

        return bindings;
    }

    private Node Binary(BinaryExpr e, StaticScope? scope)
    {
        Node left = Make(e.Left, scope);
        Node right = Make(e.Right, scope);
        PosIdx pos = At(e.Position);
        return e.Operator switch
        {
            BinaryOperator.Equal => new EqualNode(_ev, left, right, false),
            BinaryOperator.NotEqual => new EqualNode(_ev, left, right, true),
            BinaryOperator.And => new AndNode(_ev, left, right),
            BinaryOperator.Or => new OrNode(_ev, left, right),
            BinaryOperator.Implies => new ImpliesNode(_ev, left, right),
            BinaryOperator.Update => new UpdateNode(_ev, left, right),
            BinaryOperator.ConcatLists => new ConcatListsNode(_ev, left, right),
            BinaryOperator.Subtract => Operator(Of(e.Function!), IntegerOperator.Subtract, left, right, false, pos, scope),
            BinaryOperator.Multiply => Operator(Of(e.Function!), IntegerOperator.Multiply, left, right, false, pos, scope),
            BinaryOperator.Divide => Operator(Of(e.Function!), IntegerOperator.Divide, left, right, false, pos, scope),
            BinaryOperator.Less => Operator(Of(e.Function!), IntegerOperator.LessThan, left, right, false, pos, scope),
            BinaryOperator.Greater => Operator(Of(e.Function!), IntegerOperator.LessThan, right, left, false, pos, scope),
            BinaryOperator.LessOrEqual => Operator(Of(e.Function!), IntegerOperator.LessThan, right, left, true, pos, scope),
            BinaryOperator.GreaterOrEqual => Operator(Of(e.Function!), IntegerOperator.LessThan, left, right, true, pos, scope),
        };
    }

    // A program may define __sub and the like itself; then the operator is an ordinary call of that.
    private Node Operator(Symbol name, IntegerOperator op, Node left, Node right, bool negated, PosIdx pos, StaticScope? scope)
    {
        Node function = Variable(name, pos, scope);
        if (function is ConstantNode { Value: VPrimOp { Builtin: { Arity: 2 } builtin } })
        {
            return new IntegerOperatorNode(_ev, builtin, op, left, right, negated);
        }

        function.Pos = pos;
        Node call = new Call2Node(_ev, function, left, right) { Pos = pos };
        return negated ? new NotNode(_ev, call) : call;
    }

    private ConcatNode Concat(ConcatExpr e, StaticScope? scope)
    {
        Node[] parts = new Node[e.Parts.Length];
        PosIdx[] positions = new PosIdx[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = Make(e.Parts[i].Value, scope);
            positions[i] = At(e.Parts[i].Position);
        }

        return new ConcatNode(_ev, parts, positions, e.Concat == ConcatKind.String);
    }
}
