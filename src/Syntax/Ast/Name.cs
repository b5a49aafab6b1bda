using System;
using System.Diagnostics;
using System.Text;

namespace Firn.Syntax.Ast;

/// <summary>
/// A variable or attribute name: one object for each distinct byte string in a tree, so names of one tree are
/// compared by reference.
/// </summary>
/// <remarks>
/// <see cref="Index"/> counts from 0 without gaps within the table of names that the tree was parsed with
/// (<see cref="SyntaxTree.Names"/>): who interns symbols globally maps each name once and then indexes an array.
/// </remarks>
[DebuggerDisplay("{ToString()}")]
public sealed class Name
{
    internal Name(byte[] bytes, int index, int hash)
    {
        Bytes = bytes;
        Index = index;
        Hash = hash;
    }

    /// <summary>The name's bytes; not to be changed.</summary>
    public byte[] Bytes { get; }

    /// <summary>Place in <see cref="SyntaxTree.Names"/>.</summary>
    public int Index { get; }

    internal int Hash { get; }

    /// <summary>The name as text, for messages.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Bytes);
}

/// <summary>One element of an attribute path: a fixed name or an expression that gives the name.</summary>
public readonly struct AttributeName
{
    // One of the two: paths are many and stand in arrays.
    private readonly object _nameOrExpression;

    internal AttributeName(Name name) => _nameOrExpression = name;

    internal AttributeName(Expr expression) => _nameOrExpression = expression;

    /// <summary>The name when it is fixed (<c>a</c>, <c>"a"</c>, <c>${"a"}</c>), else null.</summary>
    public Name? Static => _nameOrExpression as Name;

    /// <summary>The expression when the name is computed, else null.</summary>
    public Expr? Dynamic => _nameOrExpression as Expr;
}
