using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;

namespace Firn.Differential.Tests;

/// <summary>
/// The text of an expression whose parts are expressions: <c>$"({a} + {b})"</c> of two expressions is a third that
/// can be made smaller by putting a smaller one in the place of either.
/// </summary>
[InterpolatedStringHandler]
internal sealed class Expression
{
    private readonly List<object> _pieces;

    public Expression(int literalLength, int formattedCount) => _pieces = new List<object>(formattedCount * 2 + 1);

    private Expression(List<object> pieces, Sort sort)
    {
        _pieces = pieces;
        Sort = sort;
    }

    /// <summary>What it evaluates to.</summary>
    public Sort Sort { get; private set; } = Sort.Other;

    /// <summary>How many characters.</summary>
    public int Length => ToString().Length;

    public void AppendLiteral(string text) => _pieces.Add(text);

    public void AppendFormatted(string text) => _pieces.Add(text);

    public void AppendFormatted(int number) => _pieces.Add(number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public void AppendFormatted(Expression part) => _pieces.Add(part);

    /// <summary>The same with its sort known.</summary>
    public Expression As(Sort sort)
    {
        Sort = sort;
        return this;
    }

    /// <summary>
    /// The same with one part less: each part in turn replaced by a part of its own that has the same sort, or by the
    /// plainest of its sort. Large steps come first.
    /// </summary>
    public IEnumerable<Expression> Smaller()
    {
        foreach (Expression inner in PartsOfSort(Sort))
        {
            yield return inner;
        }

        Expression plain = Sort.Plainest;
        if (plain.Length < Length)
        {
            yield return plain;
        }

        for (int i = 0; i < _pieces.Count; i++)
        {
            if (_pieces[i] is not Expression part)
            {
                continue;
            }

            foreach (Expression smaller in part.Smaller())
            {
                List<object> pieces = [.. _pieces];
                pieces[i] = smaller;
                yield return new Expression(pieces, Sort);
            }
        }
    }

    /// <summary>The smallest expression found that still has a property.</summary>
    /// <param name="tries">How often the property is asked at most.</param>
    public Expression Shrink(Func<Expression, bool> has, int tries)
    {
        Expression best = this;
        bool improved = true;
        while (improved)
        {
            improved = false;
            foreach (Expression candidate in best.Smaller())
            {
                if (tries-- <= 0)
                {
                    return best;
                }

                if (candidate.Length < best.Length && has(candidate))
                {
                    best = candidate;
                    improved = true;
                    break;
                }
            }
        }

        return best;
    }

    /// <summary>Whether it or a part of it has a property.</summary>
    public bool Any(Func<Expression, bool> has) => has(this) || _pieces.Exists(p => p is Expression part && part.Any(has));

    public override string ToString()
    {
        StringBuilder text = new();
        Write(text);
        return text.ToString();
    }

    private IEnumerable<Expression> PartsOfSort(Sort sort)
    {
        foreach (object piece in _pieces)
        {
            if (piece is Expression part)
            {
                if (part.Sort == sort && sort != Sort.Other)
                {
                    yield return part;
                }

                foreach (Expression inner in part.PartsOfSort(sort))
                {
                    yield return inner;
                }
            }
        }
    }

    private void Write(StringBuilder text)
    {
        foreach (object piece in _pieces)
        {
            if (piece is Expression part)
            {
                part.Write(text);
            }
            else
            {
                text.Append((string)piece);
            }
        }
    }
}
