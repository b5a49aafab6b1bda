using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins.Toml;

/// <summary>Makes values of TOML documents.</summary>
internal readonly struct TomlValues(Evaluator ev)
{
    private static readonly VString s_timestamp = new("timestamp");

    /// <exception cref="TomlException">The language has no value for a part.</exception>
    public Value Make(TomlNode node)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TomlException("tables are nested too deeply");
        }

        switch (node)
        {
            case TomlTable table:
                AttrsBuilder set = new(table.Items.Count);
                foreach ((byte[] key, TomlNode value) in table.Items)
                {
                    set.Add(ev.Symbols.Intern(Checked(key)), Make(value));
                }

                return set.Build();
            case TomlArray array:
                Value[] items = new Value[array.Items.Count];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = Make(array.Items[i]);
                }

                return VList.Of(items);
            case TomlString text:
                return new VString(Checked(text.Value));
            case TomlInteger integer:
                return VInt.Of(integer.Value);
            case TomlFloat number:
                return new VFloat(number.Value);
            case TomlBoolean boolean:
                return VBool.Of(boolean.Value);
            case TomlTimestamp time when ev.HasFeature("parse-toml-timestamps"):
                AttrsBuilder timestamp = new(2);
                timestamp.Add(WellKnown.UnderscoreType, s_timestamp);
                timestamp.Add(WellKnown.Value, new VString(time.Value));
                return timestamp.Build();
            case TomlTimestamp:
                throw new TomlException("Dates and times are not supported");
            default:
                throw new InvalidOperationException($"no value for {node.GetType().Name}");
        }
    }

    private static byte[] Checked(byte[] text)
    {
        try
        {
            return NulBytes.Refuse(text);
        }
        catch (EvalError e)
        {
            throw new TomlException("error: " + e.Hint);
        }
    }
}
