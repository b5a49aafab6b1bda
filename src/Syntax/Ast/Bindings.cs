using System;
using System.Buffers;
using System.Collections.Generic;

namespace Firn.Syntax.Ast;

/// <summary>How an attribute of a literal set is defined.</summary>
public enum AttributeKind : byte
{
    /// <summary><c>name = value;</c>, evaluated in the scope of the set.</summary>
    Plain,

    /// <summary><c>inherit name;</c>: the value is a variable of the scope around the set.</summary>
    Inherited,

    /// <summary><c>inherit (from) name;</c>.</summary>
    InheritedFrom,
}

/// <summary>One attribute with a fixed name.</summary>
/// <param name="Name">The attribute's name, unique in its set.</param>
/// <param name="Kind">How it is defined.</param>
/// <param name="Value">The value; a <see cref="VariableExpr"/> for inherited ones, null when selected from an inherit source.</param>
/// <param name="Source">Index into <see cref="AttributesExpr.InheritSources"/> for <see cref="AttributeKind.InheritedFrom"/>, else -1.</param>
/// <param name="Position">Offset of the attribute path or of the inherited name.</param>
public readonly record struct AttributeDefinition(Name Name, AttributeKind Kind, Expr? Value, int Source, int Position);

/// <summary>One attribute whose name is computed; the name expression is evaluated in the scope of the set.</summary>
public readonly record struct DynamicAttributeDefinition(Expr Name, Expr Value, int Position);

/// <summary>An attribute set literal, plain or recursive, with nested attribute paths already merged.</summary>
/// <remarks>Definitions stand in the order of the text, merged ones where the first stood.</remarks>
public sealed class AttributesExpr : Expr
{
    private const int IndexThreshold = 12;

    private AttributeDefinition[] _attributes = [];
    private int _count;
    private List<DynamicAttributeDefinition>? _dynamic;
    private List<Expr>? _inheritSources;
    private Dictionary<Name, int>? _index;
    private bool _isSealed;

    internal AttributesExpr(int position, bool isRecursive)
        : base(ExprKind.Attributes, position) => IsRecursive = isRecursive;

    /// <summary>True for <c>rec { }</c> and for the set of a legacy <c>let { }</c>.</summary>
    public bool IsRecursive { get; }

    /// <summary>The attributes with fixed names.</summary>
    public ReadOnlySpan<AttributeDefinition> Attributes => _attributes.AsSpan(0, _count);

    /// <summary>The attributes with computed names.</summary>
    public ReadOnlySpan<DynamicAttributeDefinition> DynamicAttributes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_dynamic);

    /// <summary>The expressions of <c>inherit (from)</c>, each evaluated at most once, in the scope of the set.</summary>
    public ReadOnlySpan<Expr> InheritSources => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_inheritSources);

    internal bool HasDynamic => _dynamic is not null;

    internal int Find(Name name)
    {
        if (_index is not null)
        {
            return _index.TryGetValue(name, out int at) ? at : -1;
        }

        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_attributes[i].Name, name))
            {
                return i;
            }
        }

        return -1;
    }

    internal void Add(AttributeDefinition definition)
    {
        if (_count == _attributes.Length)
        {
            AttributeDefinition[] grown = ArrayPool<AttributeDefinition>.Shared.Rent(Math.Max(16, 2 * _count));
            _attributes.CopyTo(grown, 0);
            ReturnAttributes();
            _attributes = grown;
        }

        _isSealed = false;
        _attributes[_count] = definition;
        _count++;
        if (_index is not null)
        {
            _index.Add(definition.Name, _count - 1);
        }
        else if (_count > IndexThreshold)
        {
            _index = new Dictionary<Name, int>(_count * 2, ReferenceEqualityComparer.Instance);
            for (int i = 0; i < _count; i++)
            {
                _index.Add(_attributes[i].Name, i);
            }
        }
    }

    /// <summary>
    /// Says that the literal has ended: gives back the room that was for more. Should another definition add to the set
    /// after all, that costs a copy.
    /// </summary>
    internal void Seal()
    {
        if (_isSealed || _count == 0)
        {
            return;
        }

        foreach (AttributeDefinition definition in Attributes)
        {
            (definition.Value as AttributesExpr)?.Seal();
        }

        AttributeDefinition[] exact = Attributes.ToArray();
        ReturnAttributes();
        _attributes = exact;
        _isSealed = true;
    }

    // What is sealed is the set's own, all else is of the pool.
    private void ReturnAttributes()
    {
        if (!_isSealed && _attributes.Length != 0)
        {
            ArrayPool<AttributeDefinition>.Shared.Return(_attributes, clearArray: true);
        }
    }

    internal void AddDynamic(DynamicAttributeDefinition definition) => (_dynamic ??= []).Add(definition);

    internal int AddInheritSource(Expr source)
    {
        (_inheritSources ??= []).Add(source);
        return _inheritSources.Count - 1;
    }
}

/// <summary><c>let bindings in body</c>.</summary>
public sealed class LetExpr : Expr
{
    internal LetExpr(AttributesExpr bindings, Expr body)
        : base(ExprKind.Let, -1)
    {
        Bindings = bindings;
        Body = body;
    }

    /// <summary>The bindings: always scoped like those of a recursive set, never with computed names.</summary>
    public AttributesExpr Bindings { get; }

    public Expr Body { get; }
}

/// <summary>A comment <c>/** … */</c> in front of a definition: offsets of its start and behind its end.</summary>
public readonly record struct DocComment(int Start, int End);

/// <summary>One formal argument of a set pattern.</summary>
public readonly record struct Formal(Name Name, Expr? Default, int Position);

/// <summary>A function of one argument.</summary>
public sealed class LambdaExpr : Expr
{
    private readonly Formal[]? _formals;

    internal LambdaExpr(int position, Name? argument, Formal[]? formals, bool hasEllipsis, Expr body)
        : base(ExprKind.Lambda, position)
    {
        Argument = argument;
        _formals = formals;
        HasEllipsis = hasEllipsis;
        Body = body;
    }

    /// <summary>The name of the whole argument: <c>x:</c> or <c>{ … } @ x:</c>.</summary>
    public Name? Argument { get; }

    /// <summary>Whether the argument is matched against a set pattern.</summary>
    public bool HasFormals => _formals is not null;

    /// <summary>The formals in the order of the text, unique names; empty without a pattern.</summary>
    public ReadOnlySpan<Formal> Formals => _formals;

    /// <summary>Whether the pattern takes further attributes.</summary>
    public bool HasEllipsis { get; }

    public Expr Body { get; }

    /// <summary>The attribute that the function was defined as, for messages.</summary>
    public Name? Name { get; internal set; }

    /// <summary>The comment that documents the function.</summary>
    public DocComment? DocComment { get; internal set; }
}

/// <summary>One parsed source.</summary>
public sealed class SyntaxTree
{
    private readonly ReadOnlyMemory<Name> _names;

    internal SyntaxTree(Text.SourceText source, Expr root, ReadOnlyMemory<Name> names, IReadOnlyDictionary<int, DocComment> docComments, IReadOnlyDictionary<int, DocComment> lambdaDocs)
    {
        Source = source;
        Root = root;
        _names = names;
        DocComments = docComments;
        LambdaDocs = lambdaDocs;
    }

    public Text.SourceText Source { get; }

    public Expr Root { get; }

    /// <summary>
    /// Every name that occurs in the tree, at the place that <see cref="Name.Index"/> gives; after those of sources that
    /// were parsed with the same table of names before.
    /// </summary>
    public ReadOnlySpan<Name> Names => _names.Span;

    /// <summary>Comments by the offset of what they document.</summary>
    public IReadOnlyDictionary<int, DocComment> DocComments { get; }

    /// <summary>Comments of functions by the offset of the function.</summary>
    public IReadOnlyDictionary<int, DocComment> LambdaDocs { get; }
}
