using System;

namespace Firn.Syntax.Ast;

/// <summary>The kinds of expression; one sealed class each.</summary>
public enum ExprKind : byte
{
    Int,
    Float,
    String,
    Path,
    SearchPath,
    Variable,
    CurrentPosition,
    Select,
    HasAttribute,
    Attributes,
    List,
    Lambda,
    Call,
    Let,
    With,
    If,
    Assert,
    Not,
    Negate,
    Binary,
    Concat,
}

/// <summary>A node of the parsed tree: immutable once the parser has returned it, free to be shared.</summary>
public abstract class Expr
{
    private protected Expr(ExprKind kind, int position)
    {
        Kind = kind;
        Position = position;
    }

    /// <summary>Which class this is.</summary>
    public ExprKind Kind { get; }

    /// <summary>
    /// The offset that messages about this expression point at, or <see cref="Text.SourceText.NoPosition"/>:
    /// the operator of most binary expressions, the start of the others; literals and <c>==</c> have none.
    /// </summary>
    public int Position { get; }
}

/// <summary>An integer literal.</summary>
public sealed class IntExpr : Expr
{
    internal IntExpr(long value)
        : base(ExprKind.Int, -1) => Value = value;

    public long Value { get; }
}

/// <summary>A floating-point literal.</summary>
public sealed class FloatExpr : Expr
{
    internal FloatExpr(double value)
        : base(ExprKind.Float, -1) => Value = value;

    public double Value { get; }
}

/// <summary>A string without interpolation (quoted, indented or a URL), escapes and indentation resolved.</summary>
public sealed class StringExpr : Expr
{
    internal StringExpr(byte[] value)
        : base(ExprKind.String, -1) => Value = value;

    /// <summary>The string's bytes; not to be changed.</summary>
    public byte[] Value { get; }
}

/// <summary>A path literal, or the part of one before the first interpolation.</summary>
public sealed class PathExpr : Expr
{
    internal PathExpr(byte[] value)
        : base(ExprKind.Path, -1) => Value = value;

    /// <summary>
    /// Absolute path, <c>.</c> and <c>..</c> resolved; ends in a slash only as the first part of an
    /// interpolated path. Not to be changed.
    /// </summary>
    public byte[] Value { get; }
}

/// <summary><c>&lt;nixpkgs/lib&gt;</c>: means <c>__findFile __nixPath "nixpkgs/lib"</c> with both names looked up in scope.</summary>
public sealed class SearchPathExpr : Expr
{
    internal SearchPathExpr(int position, byte[] value, Name findFile, Name nixPath)
        : base(ExprKind.SearchPath, position)
    {
        Value = value;
        FindFile = findFile;
        NixPath = nixPath;
    }

    /// <summary>The text between the angle brackets.</summary>
    public byte[] Value { get; }

    /// <summary>The name <c>__findFile</c>.</summary>
    public Name FindFile { get; }

    /// <summary>The name <c>__nixPath</c>.</summary>
    public Name NixPath { get; }
}

/// <summary>A variable.</summary>
public sealed class VariableExpr : Expr
{
    internal VariableExpr(int position, Name name)
        : base(ExprKind.Variable, position) => Name = name;

    public Name Name { get; }
}

/// <summary><c>__curPos</c>: the set of file, line and column of <see cref="Expr.Position"/>.</summary>
public sealed class CurrentPositionExpr : Expr
{
    internal CurrentPositionExpr(int position)
        : base(ExprKind.CurrentPosition, position)
    {
    }
}

/// <summary><c>subject.a.b or default</c>.</summary>
public sealed class SelectExpr : Expr
{
    private readonly AttributeName[] _path;

    internal SelectExpr(int position, Expr subject, AttributeName[] path, Expr? fallback)
        : base(ExprKind.Select, position)
    {
        Subject = subject;
        _path = path;
        Default = fallback;
    }

    public Expr Subject { get; }

    /// <summary>At least one element.</summary>
    public ReadOnlySpan<AttributeName> Path => _path;

    /// <summary>The expression after <c>or</c>, if there is one.</summary>
    public Expr? Default { get; }
}

/// <summary><c>subject ? a.b</c>.</summary>
public sealed class HasAttributeExpr : Expr
{
    private readonly AttributeName[] _path;

    internal HasAttributeExpr(Expr subject, AttributeName[] path)
        : base(ExprKind.HasAttribute, subject.Position)
    {
        Subject = subject;
        _path = path;
    }

    public Expr Subject { get; }

    /// <summary>At least one element.</summary>
    public ReadOnlySpan<AttributeName> Path => _path;
}

/// <summary>A list.</summary>
public sealed class ListExpr : Expr
{
    private readonly Expr[] _items;

    internal ListExpr(Expr[] items)
        : base(ExprKind.List, items.Length == 0 ? -1 : items[0].Position) => _items = items;

    public ReadOnlySpan<Expr> Items => _items;
}

/// <summary>A function application with all arguments that were written in a row: <c>f a b</c> is one call.</summary>
public sealed class CallExpr : Expr
{
    private readonly Expr[] _arguments;

    internal CallExpr(int position, Expr function, Expr[] arguments)
        : base(ExprKind.Call, position)
    {
        Function = function;
        _arguments = arguments;
    }

    /// <summary>Never itself a <see cref="CallExpr"/>.</summary>
    public Expr Function { get; }

    /// <summary>At least one.</summary>
    public ReadOnlySpan<Expr> Arguments => _arguments;
}

/// <summary><c>with scope; body</c>.</summary>
public sealed class WithExpr : Expr
{
    internal WithExpr(int position, Expr scope, Expr body)
        : base(ExprKind.With, position)
    {
        Scope = scope;
        Body = body;
    }

    public Expr Scope { get; }

    public Expr Body { get; }
}

/// <summary><c>if condition then a else b</c>.</summary>
public sealed class IfExpr : Expr
{
    internal IfExpr(int position, Expr condition, Expr then, Expr otherwise)
        : base(ExprKind.If, position)
    {
        Condition = condition;
        Then = then;
        Else = otherwise;
    }

    public Expr Condition { get; }

    public Expr Then { get; }

    public Expr Else { get; }
}

/// <summary><c>assert condition; body</c>.</summary>
public sealed class AssertExpr : Expr
{
    internal AssertExpr(int position, Expr condition, Expr body)
        : base(ExprKind.Assert, position)
    {
        Condition = condition;
        Body = body;
    }

    public Expr Condition { get; }

    public Expr Body { get; }
}

/// <summary><c>!operand</c>.</summary>
public sealed class NotExpr : Expr
{
    internal NotExpr(Expr operand)
        : base(ExprKind.Not, operand.Position) => Operand = operand;

    public Expr Operand { get; }
}

/// <summary><c>-operand</c>: means <c>__sub 0 operand</c>, with <c>__sub</c> looked up in scope.</summary>
public sealed class NegateExpr : Expr
{
    internal NegateExpr(int position, Expr operand, Name function)
        : base(ExprKind.Negate, position)
    {
        Operand = operand;
        Function = function;
    }

    public Expr Operand { get; }

    /// <summary>The name <c>__sub</c>.</summary>
    public Name Function { get; }
}

/// <summary>The binary operators other than <c>+</c>, <c>?</c> and the pipes (which are calls).</summary>
public enum BinaryOperator : byte
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Implies,
    Update,
    ConcatLists,
    Subtract,
    Multiply,
    Divide,
}

/// <summary>A binary operator and its operands.</summary>
/// <remarks>
/// The language defines some operators by functions that are looked up by name in scope, where a program may
/// shadow them: <c>a - b</c>, <c>a * b</c>, <c>a / b</c> are <c>__sub</c>, <c>__mul</c>, <c>__div</c>;
/// <c>a &lt; b</c> is <c>__lessThan a b</c>, <c>a &gt; b</c> is <c>__lessThan b a</c>,
/// <c>a &lt;= b</c> is <c>!(__lessThan b a)</c>, <c>a &gt;= b</c> is <c>!(__lessThan a b)</c>.
/// </remarks>
public sealed class BinaryExpr : Expr
{
    internal BinaryExpr(int position, BinaryOperator op, Expr left, Expr right, Name? function)
        : base(ExprKind.Binary, position)
    {
        Operator = op;
        Left = left;
        Right = right;
        Function = function;
    }

    public BinaryOperator Operator { get; }

    public Expr Left { get; }

    public Expr Right { get; }

    /// <summary>The name of the function that defines the operator, null for the operators that have none.</summary>
    public Name? Function { get; }
}

/// <summary>What a <see cref="ConcatExpr"/> was written as.</summary>
public enum ConcatKind : byte
{
    /// <summary><c>a + b</c>: exactly two parts; the first decides whether numbers, strings or a path result.</summary>
    Add,

    /// <summary>A string with interpolation: the result is a string.</summary>
    String,

    /// <summary>A path with interpolation: the first part is a <see cref="PathExpr"/> and the result is a path.</summary>
    Path,
}

/// <summary>One part of a concatenation, with the offset where it starts.</summary>
public readonly record struct ConcatPart(int Position, Expr Value);

/// <summary>A concatenation by <c>+</c> or interpolation.</summary>
public sealed class ConcatExpr : Expr
{
    private readonly ConcatPart[] _parts;

    internal ConcatExpr(int position, ConcatKind concat, ConcatPart[] parts)
        : base(ExprKind.Concat, position)
    {
        Concat = concat;
        _parts = parts;
    }

    public ConcatKind Concat { get; }

    /// <summary>At least one.</summary>
    public ReadOnlySpan<ConcatPart> Parts => _parts;
}
