using System;
using System.Collections.Generic;
using System.Linq;

namespace Firn.Differential.Tests;

/// <summary>
/// Makes random expressions of a wanted sort that mostly evaluate. Parts of a sort in <c>.Sorts.cs</c>, what every
/// sort has in common here.
/// </summary>
/// <param name="current">
/// Whether to use what only the newer implementation does: overflow as an error, more builtins, other text of floats.
/// </param>
internal sealed partial class ExpressionGenerator(int seed, bool current)
{
    private static readonly string[] s_names = ["a", "b", "c", "foo", "x-y", "z'"];
    private static readonly Sort[] s_plainSorts = [Sort.Int, Sort.Float, Sort.Bool, Sort.String, Sort.Path, Sort.Null];

    private readonly Random _random = new(seed);
    private readonly List<(string Name, Sort Sort)> _scope = [];

    public Expression Next()
    {
        _scope.Clear();
        return Make(AnySort(3), _random.Next(3, 7));
    }

    private Expression Choose(params Func<Expression>[] choices) => choices[_random.Next(choices.Length)]();

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

    private string Name() => Pick(s_names);

    private Sort AnySort(int depth) => _random.Next(depth > 0 ? 12 : 8) switch
    {
        0 or 1 => Sort.Int,
        2 => Sort.Float,
        3 => Sort.Bool,
        4 or 5 => Sort.String,
        6 => Sort.Path,
        7 => _random.Next(4) == 0 ? Sort.Null : Sort.String,
        8 or 9 => Sort.List(AnySort(depth - 1)),
        10 => Sort.Set(AnySort(depth - 1)),
        _ => _random.Next(4) switch
        {
            0 => Sort.Derivation,
            1 => Sort.Function,
            _ => Sort.Set(AnySort(depth - 1)),
        },
    };

    private Sort ComparableSort(int depth)
    {
        Sort sort = AnySort(depth);
        return sort.IsComparable ? sort : Sort.Int;
    }

    private Sort OrderedSort()
    {
        Sort sort = AnySort(1);
        return sort.IsOrdered ? sort : Sort.String;
    }

    /// <summary>An expression of a sort; now and then one of another, for errors.</summary>
    private Expression Make(Sort sort, int depth)
    {
        if (_random.Next(150) == 0)
        {
            return Make(AnySort(1), depth - 1);
        }

        if (depth <= 0)
        {
            List<string> variables = [.. _scope.Where(v => v.Sort == sort).Select(static v => v.Name)];
            Expression leaf = variables.Count > 0 && _random.Next(2) == 0
                ? Text(variables[_random.Next(variables.Count)])
                : Leaf(sort);
            return leaf.As(sort);
        }

        Expression made = _random.Next(5) == 0 ? Common(sort, depth - 1) : Particular(sort, depth - 1);
        return made.As(sort);
    }

    private static Expression Text(string text) => $"{text}";

    /// <summary>Ways to any sort.</summary>
    private Expression Common(Sort sort, int d)
    {
        Sort other = AnySort(1);
        return Choose(
            () => $"(if {Make(Sort.Bool, d)} then {Make(sort, d)} else {Make(sort, d)})",
            () => Bind(sort, d),
            () => Bind(sort, d),
            () => Bind(sort, d),
            () => $"({Make(Sort.Set(sort), d)}.{Name()} or {Make(sort, d)})",
            () => $"{Make(Sort.Set(sort), d)}.{Name()}",
            () => $"{Make(Sort.Set(Sort.Set(sort)), d)}.{Name()}.{Name()} or {Make(sort, d)}",
            () => $"(builtins.elemAt {Make(Sort.List(sort), d)} {_random.Next(2)})",
            () => $"(builtins.head {Make(Sort.List(sort), d)})",
            () => $"(assert {Make(Sort.Bool, d)}; {Make(sort, d)})",
            () => $"(builtins.seq {Make(other, d)} {Make(sort, d)})",
            () => $"(builtins.deepSeq {Make(other, d)} {Make(sort, d)})",
            () => $"(builtins.tryEval {Make(sort, d)}).value",
            () => $"(builtins.addErrorContext \"doing\" {Make(sort, d)})",
            () => Lambda("acc", sort, "x", other, sort, d, f => $"(builtins.foldl' {f} {Make(sort, d)} {Make(Sort.List(other), d)})"),
            () => $"((x: x) {Make(sort, d)})",
            () => $"(rec {{ {Name()} = {Make(other, d)}; result = {Make(sort, d)}; }}).result",
            () => $"(builtins.getAttr \"{Name()}\" {Make(Sort.Set(sort), d)})");
    }

    /// <summary>Ways to bind a variable around an expression.</summary>
    private Expression Bind(Sort sort, int d)
    {
        Sort bound = AnySort(2);
        string name = "v" + _scope.Count;
        Expression value = Make(bound, d);
        Expression body = Within(name, bound, () => Make(sort, d));
        string field = Name();
        return Choose(
            () => $"(let {name} = {value}; in {body})",
            () => $"(({name}: {body}) {value})",
            () => $"(({{ {name}, other ? 1 }}: {body}) {{ {name} = {value}; }})",
            () => $"(({{ {name} ? {Make(bound, d)}, ... }}@all: {body}) {{ {name} = {value}; more = {name}; }})",
            () => $"((all@{{ {name} ? {value} }}: {body}) {{ }})",
            () => $"(with {{ {name} = {value}; }}; {body})",
            () => $"(with {{ {name} = {value}; }}; with {{ {name}x = 1; }}; {body})",
            () => $"(let {name} = {Make(bound, 0)}; in with {{ {name} = 1; }}; {body})",
            () => $"(let inherit ({{ {name} = {value}; {field} = 1; }}) {name} {field}; in {body})",
            () => $"(let set.{name} = {value}; set.other = 1; in let inherit (set) {name}; in {body})",
            () => $"(rec {{ {name} = {value}; result = {body}; }}).result",
            () => $"({{ __functor = self: {name}: {body}; }} {value})",
            () => $"(builtins.head (map ({name}: {body}) [ {value} ]))");
    }

    private Expression Within(string name, Sort sort, Func<Expression> make)
    {
        _scope.Add((name, sort));
        Expression made = make();
        _scope.RemoveAt(_scope.Count - 1);
        return made;
    }

    /// <summary>A function of one argument.</summary>
    private Expression Lambda(Sort argument, Sort result, int d)
    {
        string name = "v" + _scope.Count;
        Expression body = Within(name, argument, () => Make(result, Math.Min(d, 3)));
        return $"({name}: {body})";
    }

    /// <summary>A function of two arguments, in something.</summary>
    private Expression Lambda(string first, Sort firstSort, string second, Sort secondSort, Sort result, int d, Func<Expression, Expression> use)
    {
        first += _scope.Count;
        second += _scope.Count;
        Expression body = Within(first, firstSort, () => Within(second, secondSort, () => Make(result, Math.Min(d, 3))));
        return use($"({first}: {second}: {body})");
    }
}
