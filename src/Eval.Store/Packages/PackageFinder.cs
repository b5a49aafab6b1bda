using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Store.Packages;

/// <summary>A derivation that an expression holds.</summary>
/// <param name="AttrPath">Where it was found, parts joined by dots; empty for the expression itself.</param>
/// <param name="Attributes">The set with <c>type = "derivation"</c>.</param>
public sealed record Package(string AttrPath, VAttrs Attributes);

/// <summary>Finds the derivations in a value as the classic commands do: in sets and lists, and deeper where <c>recurseForDerivations</c> says so.</summary>
/// <param name="skipFailedAssertions">Whether what fails with <c>assert</c> or <c>throw</c> is passed over.</param>
public sealed class PackageFinder(Evaluator evaluator, AttrPathSelector selector, bool skipFailedAssertions = false)
{
    private readonly HashSet<VAttrs> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<Package> _found = [];

    /// <summary>The derivations in <paramref name="value"/>, each once, sets in the order of their names.</summary>
    /// <param name="value">Where to look.</param>
    /// <param name="path">The attribute path of the value, which those of the derivations start with.</param>
    /// <exception cref="EvalError">The value is neither a derivation nor a set or list.</exception>
    public IReadOnlyList<Package> Find(Value value, string path = "")
    {
        Visit(value, path);
        return _found;
    }

    private void Visit(Value unforced, string path)
    {
        // A set may hold itself.
        evaluator.Enter(default);
        Value value = selector.AutoCall(unforced);
        if (Take(value, path))
        {
            VisitInside(value, path);
        }

        evaluator.Leave();
    }

    private void VisitInside(Value value, string path)
    {
        switch (value)
        {
            case VAttrs set:
                VisitSet(set, path);
                break;
            case VList list:
                for (int i = 0; i < list.Count; i++)
                {
                    string inner = Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
                    if (Take(list.Items[i], inner))
                    {
                        Visit(list.Items[i], inner);
                    }
                }

                break;
            default:
                throw new EvalError(EvalErrorKind.Type, "expression does not evaluate to a derivation (or a set or list of those)");
        }
    }

    private void VisitSet(VAttrs set, string path)
    {
        bool combine = set.Has(evaluator.Symbols.Intern("_combineChannels"));
        foreach (Attr attr in set.InNameOrder(evaluator.Symbols))
        {
            ReadOnlySpan<byte> name = evaluator.Symbols.BytesOf(attr.Name);
            if (!IsSelectable(name))
            {
                continue;
            }

            string text = evaluator.Symbols.TextOf(attr.Name), inner = Join(path, text);
            try
            {
                if (combine || (Take(attr.Value, inner) && IsEntered(attr.Value)))
                {
                    Visit(attr.Value, inner);
                }
            }
            catch (EvalError e) when (e.AddTrace(attr.Pos, "while evaluating the attribute '", text))
            {
                throw;
            }
        }
    }

    private bool IsEntered(Value value) =>
        value.Force() is VAttrs set
        && set.Get(evaluator.Symbols.Intern("recurseForDerivations")) is Value recurse
        && evaluator.ForceBool(recurse, "while evaluating the attribute `recurseForDerivations`");

    /// <summary>Takes a derivation into the result; true where the value is none, so may hold some.</summary>
    private bool Take(Value value, string path)
    {
        try
        {
            Value forced = value.Force();
            if (!evaluator.IsDerivation(forced))
            {
                return true;
            }

            VAttrs set = (VAttrs)forced;
            if (_seen.Add(set))
            {
                Package package = new(path, set);
                _ = new PackageInfo(evaluator, package).Name;
                _found.Add(package);
            }

            return false;
        }
        catch (EvalError e) when (skipFailedAssertions && e.IsCatchable)
        {
            return false;
        }
    }

    /// <summary>Names with other characters cannot be given on a command line, so they are passed over.</summary>
    private static bool IsSelectable(ReadOnlySpan<byte> name)
    {
        if (name.Length == 0 || !(char.IsAsciiLetter((char)name[0]) || name[0] == '_'))
        {
            return false;
        }

        foreach (byte b in name[1..])
        {
            if (!(char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'+'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
