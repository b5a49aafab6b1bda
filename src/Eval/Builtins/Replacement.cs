using System;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>
/// Replaces strings from left to right; where several begin in one place the first in the list counts. A
/// replacement is evaluated when it is first used, and only then does the result refer to what it refers to.
/// </summary>
internal readonly ref struct Replacement
{
    private readonly Evaluator _ev;
    private readonly byte[][] _wanted;
    private readonly Value[] _replacements;
    private readonly VString?[] _evaluated;

    public Replacement(Evaluator ev, byte[][] wanted, Value[] replacements)
    {
        _ev = ev;
        _wanted = wanted;
        _replacements = replacements;
        _evaluated = new VString?[replacements.Length];
    }

    public VString Replace(VString source)
    {
        byte[] text = source.Bytes;
        Span<bool> begins = stackalloc bool[256];
        bool anyEmpty = false;
        foreach (byte[] wanted in _wanted)
        {
            if (wanted.Length == 0)
            {
                anyEmpty = true;
            }
            else
            {
                begins[wanted[0]] = true;
            }
        }

        StringBuilding result = default;
        result.AddContext(source.Context);
        bool changed = false;
        int kept = 0;
        int at = 0;

        // One step past the end: the empty string is there too.
        while (at <= text.Length)
        {
            int found = anyEmpty || (at < text.Length && begins[text[at]]) ? Find(text.AsSpan(at)) : -1;
            if (found < 0)
            {
                at++;
                continue;
            }

            changed = true;
            result.Add(text.AsSpan(kept, at - kept));
            if (_evaluated[found] is VString known)
            {
                result.Add(known.Bytes);
            }
            else
            {
                VString replacement = _ev.ForceString(
                    _replacements[found], "while evaluating one of the replacement strings passed to builtins.replaceStrings");
                _evaluated[found] = replacement;
                result.Add(replacement);
            }

            kept = at;
            at += Math.Max(1, _wanted[found].Length);
            if (_wanted[found].Length != 0)
            {
                kept = at;
            }
        }

        if (!changed)
        {
            return source;
        }

        if (kept < text.Length)
        {
            result.Add(text.AsSpan(kept));
        }

        return result.ToValue();
    }

    private int Find(ReadOnlySpan<byte> rest)
    {
        for (int i = 0; i < _wanted.Length; i++)
        {
            if (rest.StartsWith(_wanted[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
