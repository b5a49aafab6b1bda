using System;
using System.Collections.Generic;
using Firn.Eval.Builtins.Regex;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Strings and regular expressions.</summary>
public sealed class StringBuiltins(Evaluator ev) : IBuiltinFamily
{
    private readonly RegexCache _regexes = new();

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("toString", ConvertToString, "A value as a string.", global: true),
        Builtin.Of("substring", Substring, "The part of a string from an offset on, of at most some length; both in bytes."),
        Builtin.Of("stringLength", StringLength, "The length of a string in bytes."),
        Builtin.Of("concatStringsSep", ConcatStringsSep, "The strings of a list in one, with a separator between each two."),
        Builtin.Of("replaceStrings", ReplaceStrings, "A string with each of some strings replaced by another."),
        Builtin.Of("match", Match, "The groups of a regular expression that matches the whole of a string, null if it does not."),
        Builtin.Of("split", Split, "A string cut by the matches of a regular expression: text and lists of groups by turns."),
    ];

    private Value ConvertToString(Value value) =>
        ev.CoerceToString(value, "while evaluating the first argument passed to builtins.toString", Coercion.More);

    private Value Substring(Value start, Value length, Value text)
    {
        long from = ev.ForceInt(start, "while evaluating the first argument (the start offset) passed to builtins.substring");
        if (from < 0)
        {
            throw new EvalError(EvalErrorKind.Error, "negative start position in 'substring'");
        }

        long count = ev.ForceInt(length, "while evaluating the second argument (the substring length) passed to builtins.substring");

        // The empty part of a string carries its context: a way to depend on something without its text.
        VString whole = ev.CoerceToString(
            text, "while evaluating the third argument (the string) passed to builtins.substring", Coercion.CopyToStore);
        if (from >= whole.Bytes.Length)
        {
            return whole.Context is null ? VString.Empty : new VString([], whole.Context);
        }

        long available = whole.Bytes.Length - from;
        long taken = count < 0 ? available : Math.Min(count, available);
        return taken == whole.Bytes.Length ? whole : new VString(whole.Bytes.AsSpan((int)from, (int)taken).ToArray(), whole.Context);
    }

    private Value StringLength(Value text) => VInt.Of(
        ev.CoerceToString(text, "while evaluating the argument passed to builtins.stringLength", Coercion.CopyToStore).Bytes.Length);

    private Value ConcatStringsSep(Value separator, Value list)
    {
        VString between = ev.ForceString(
            separator, "while evaluating the first argument (the separator string) passed to builtins.concatStringsSep");
        VList items = ev.ForceList(
            list, "while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep");
        StringBuilding result = default;
        result.AddContext(between.Context);
        for (int i = 0; i < items.Count; i++)
        {
            if (i != 0)
            {
                result.Add(between.Bytes);
            }

            result.Add(ev.CoerceToString(
                items.Items[i],
                "while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep",
                Coercion.CopyToStore));
        }

        return result.ToValue();
    }

    private Value ReplaceStrings(Value from, Value to, Value text)
    {
        VList patterns = ev.ForceList(from, "while evaluating the first argument passed to builtins.replaceStrings");
        VList replacements = ev.ForceList(to, "while evaluating the second argument passed to builtins.replaceStrings");
        if (patterns.Count != replacements.Count)
        {
            throw new EvalError(EvalErrorKind.Error, "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths");
        }

        byte[][] wanted = new byte[patterns.Count][];
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = ev.ForceString(
                patterns.Items[i], "while evaluating one of the strings to replace passed to builtins.replaceStrings").Bytes;
        }

        VString source = ev.ForceString(text, "while evaluating the third argument passed to builtins.replaceStrings");
        return new Replacement(ev, wanted, replacements.Items).Replace(source);
    }

    private Value Match(Value pattern, Value text)
    {
        byte[] source = ev.ForceStringNoContext(pattern, "while evaluating the first argument passed to builtins.match");
        try
        {
            PosixRegex regex = _regexes.Get(source);
            byte[] bytes = ev.ForceString(text, "while evaluating the second argument passed to builtins.match").Bytes;
            return regex.MatchWhole(bytes) is RegexMatch match ? Groups(match, bytes) : VNull.Instance;
        }
        catch (RegexException e)
        {
            throw Refuse(e, source);
        }
    }

    private Value Split(Value pattern, Value text)
    {
        byte[] source = ev.ForceStringNoContext(pattern, "while evaluating the first argument passed to builtins.split");
        try
        {
            PosixRegex regex = _regexes.Get(source);
            VString whole = ev.ForceString(text, "while evaluating the second argument passed to builtins.split");
            byte[] bytes = whole.Bytes;
            List<Value> pieces = [];
            int done = 0;
            foreach (RegexMatch match in regex.EnumerateMatches(bytes))
            {
                pieces.Add(new VString(bytes[done..match.Start]));
                pieces.Add(Groups(match, bytes));
                done = match.End;
            }

            if (pieces.Count == 0)
            {
                return VList.Of([whole]);
            }

            pieces.Add(new VString(bytes[done..]));
            return VList.Of(pieces.ToArray());
        }
        catch (RegexException e)
        {
            throw Refuse(e, source);
        }
    }

    private static VList Groups(RegexMatch match, byte[] text)
    {
        Value[] groups = new Value[match.GroupCount];
        for (int i = 0; i < groups.Length; i++)
        {
            (int start, int end) = match.Group(i);
            groups[i] = end < 0 ? VNull.Instance : new VString(text[start..end]);
        }

        return VList.Of(groups);
    }

    private static EvalError Refuse(RegexException error, byte[] pattern) => error.Fault switch
    {
        RegexFault.TooComplex => new EvalError(EvalErrorKind.Error, $"memory limit exceeded by regular expression '{pattern}'"),
        RegexFault.Invalid => new EvalError(EvalErrorKind.Error, $"invalid regular expression '{pattern}'"),
    };
}
