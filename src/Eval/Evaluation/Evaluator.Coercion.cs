using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>How far values are made into strings.</summary>
[Flags]
public enum Coercion : byte
{
    /// <summary>Strings, paths and sets that say how (<c>__toString</c>, <c>outPath</c>); paths stay what they are.</summary>
    Strict = 0,

    /// <summary>Also numbers, booleans, null and lists, as <c>toString</c> does.</summary>
    More = 1,

    /// <summary>Paths are put into the store and become its path, as in interpolation.</summary>
    CopyToStore = 2,
}

public sealed partial class Evaluator
{
    /// <summary>Makes a string of a value.</summary>
    /// <param name="value">The value, perhaps a thunk.</param>
    /// <param name="context">What is being done, for the trace.</param>
    /// <param name="how">What is accepted and what becomes of paths.</param>
    /// <param name="pos">Who needs it.</param>
    /// <returns>The bytes, with everything that they refer to.</returns>
    /// <exception cref="EvalError">The value has no string form, or evaluating it failed.</exception>
    public VString CoerceToString(Value value, string context, Coercion how, PosIdx pos = default)
    {
        if (value.Peek() is VString known)
        {
            return known;
        }

        Enter(pos);
        VString result = CoerceSlow(Force(value, pos), context, how, pos);
        Leave();
        return result;
    }

    private VString CoerceSlow(Value value, string context, Coercion how, PosIdx pos)
    {
        switch (value)
        {
            case VString text:
                return text;

            case VPath path:
                return (how & Coercion.CopyToStore) != 0 ? Store.CopyToStore(path.Path) : new VString(path.Path);

            case VAttrs set:
                if (set.Get(WellKnown.MagicToString) is { } toString)
                {
                    return CoerceToString(
                        Call(toString, set, pos), "while evaluating the result of the `__toString` attribute", how, pos);
                }

                if (set.Get(WellKnown.OutPath) is { } outPath)
                {
                    return CoerceToString(outPath, context, how, pos);
                }

                break;

            case VBool b when (how & Coercion.More) != 0:
                return b.IsTrue ? new VString("1"u8.ToArray()) : VString.Empty;

            case VInt number when (how & Coercion.More) != 0:
                return new VString(number.Number.ToString(CultureInfo.InvariantCulture));

            case VFloat number when (how & Coercion.More) != 0:
                return new VString(FloatText.Fixed(number.Number));

            case VNull when (how & Coercion.More) != 0:
                return VString.Empty;

            case VList list when (how & Coercion.More) != 0:
                return CoerceList(list, context, how, pos);
        }

        throw new EvalError(EvalErrorKind.Type, $"cannot coerce {ShowType(value)} to a string: {new Plain(ShowForError(value))}").WithTrace(pos, context);
    }

    private VString CoerceList(VList list, string context, Coercion how, PosIdx pos)
    {
        StringBuilding result = default;
        for (int i = 0; i < list.Items.Length; i++)
        {
            Value item = list.Items[i];
            try
            {
                result.Add(CoerceToString(item, "while evaluating one element of the list", how, pos));
            }
            catch (EvalError e) when (e.AddTrace(pos, context))
            {
                throw;
            }

            // No blank after an empty list: the rule of the language, though it leaves one too few in places.
            if (i < list.Items.Length - 1 && item.Force() is not VList { Count: 0 })
            {
                result.Add(" "u8);
            }
        }

        return result.ToValue();
    }

    /// <summary>
    /// Makes an absolute path of a value: a path, or a string that begins with a slash. What the string refers to
    /// is given in <paramref name="refers"/>.
    /// </summary>
    /// <exception cref="EvalError">It is not an absolute path.</exception>
    public byte[] CoerceToPath(Value value, string context, out StringContext? refers, PosIdx pos = default)
    {
        Value forced;
        try
        {
            forced = Force(value, pos);
        }
        catch (EvalError e) when (e.AddTrace(pos, context))
        {
            throw;
        }

        if (forced is VPath path)
        {
            refers = null;
            return path.Path;
        }

        if (forced is VAttrs set && set.Get(WellKnown.MagicToString) is { } toString)
        {
            Enter(pos);
            byte[] result = CoerceToPath(Call(toString, set, pos), context, out refers, pos);
            Leave();
            return result;
        }

        VString text = CoerceToString(forced, context, Coercion.Strict, pos);
        if (text.Bytes is [] or [not (byte)'/', ..])
        {
            throw new EvalError(EvalErrorKind.Error, $"string '{text.Bytes}' doesn't represent an absolute path").WithTrace(pos, context);
        }

        refers = text.Context;
        return CanonPath.Make(text.Bytes);
    }

    /// <summary>
    /// The absolute path that a builtin shall read, with everything built that it refers to.
    /// </summary>
    public byte[] RealisePath(Value value, string context = "while realising the context of a path", PosIdx pos = default)
    {
        byte[] path = CoerceToPath(value, context, out StringContext? refers, pos);
        if (refers is null)
        {
            return path;
        }

        try
        {
            return CanonPath.Make(Store.Realise(path, refers));
        }
        catch (EvalError e) when (e.AddTrace(pos, "while realising the context of path '", Encoding.UTF8.GetString(path)))
        {
            throw;
        }
    }
}
