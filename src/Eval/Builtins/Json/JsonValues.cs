using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins.Json;

/// <summary>Makes values of JSON text. Keeps its own stack, so depth is bounded by memory alone.</summary>
internal readonly struct JsonValues(Evaluator ev)
{
    /// <summary>An array or object that is being read.</summary>
    private sealed class Open(bool isObject)
    {
        public readonly bool IsObject = isObject;
        public readonly List<Value> Items = [];
        public readonly Dictionary<Symbol, int> Names = [];
        public Symbol Name;
    }

    /// <exception cref="JsonException">The text is not JSON.</exception>
    /// <exception cref="EvalError">A string in it cannot be a string of the language.</exception>
    public Value Parse(ReadOnlySpan<byte> text)
    {
        JsonReader reader = new(text);
        Stack<Open> open = new();
        reader.Next();
        while (true)
        {
            Value? value = Begin(ref reader, open);
            while (value is not null)
            {
                if (!open.TryPeek(out Open? inner))
                {
                    reader.Next();
                    return reader.Token == JsonToken.End ? value : throw reader.Fail("value", "end of input");
                }

                Add(inner, value);
                value = Continue(ref reader, open);
            }
        }
    }

    /// <summary>Reads a value; null when it is an array or object that now stands open before its next value.</summary>
    private Value? Begin(ref JsonReader reader, Stack<Open> open)
    {
        switch (reader.Token)
        {
            case JsonToken.True:
                return VBool.True;
            case JsonToken.False:
                return VBool.False;
            case JsonToken.Null:
                return VNull.Instance;
            case JsonToken.Integer:
                return VInt.Of(reader.Integer);
            case JsonToken.Unsigned:
                throw new JsonException($"unsigned json number {reader.Unsigned} outside of Nix integer range", false);
            case JsonToken.Float:
                return new VFloat(reader.Float);
            case JsonToken.String:
                return new VString(Checked(reader.String));
            case JsonToken.BeginArray:
                reader.Next();
                if (reader.Token == JsonToken.EndArray)
                {
                    return VList.Empty;
                }

                open.Push(new Open(isObject: false));
                return null;
            case JsonToken.BeginObject:
                reader.Next();
                if (reader.Token == JsonToken.EndObject)
                {
                    return VAttrs.Empty;
                }

                Open started = new(isObject: true);
                open.Push(started);
                ReadName(ref reader, started);
                return null;
            case JsonToken.Invalid:
                throw reader.Fail("value", "");
            default:
                throw reader.Fail("value", "'[', '{', or a literal");
        }
    }

    /// <summary>Behind a value in an array or object: null when another one follows, else what it has become.</summary>
    private Value? Continue(ref JsonReader reader, Stack<Open> open)
    {
        Open inner = open.Peek();
        reader.Next();
        if (reader.Token == JsonToken.Comma)
        {
            reader.Next();
            if (inner.IsObject)
            {
                ReadName(ref reader, inner);
            }

            return null;
        }

        if (reader.Token != (inner.IsObject ? JsonToken.EndObject : JsonToken.EndArray))
        {
            throw inner.IsObject ? reader.Fail("object", "'}'") : reader.Fail("array", "']'");
        }

        open.Pop();
        return Close(inner);
    }

    private void ReadName(ref JsonReader reader, Open inner)
    {
        if (reader.Token != JsonToken.String)
        {
            throw reader.Fail("object key", "string literal");
        }

        inner.Name = ev.Symbols.Intern(Checked(reader.String));
        reader.Next();
        if (reader.Token != JsonToken.Colon)
        {
            throw reader.Fail("object separator", "':'");
        }

        reader.Next();
    }

    private static void Add(Open inner, Value value)
    {
        if (!inner.IsObject)
        {
            inner.Items.Add(value);
        }
        else if (inner.Names.TryGetValue(inner.Name, out int at))
        {
            // Of equal names the last counts.
            inner.Items[at] = value;
        }
        else
        {
            inner.Names.Add(inner.Name, inner.Items.Count);
            inner.Items.Add(value);
        }
    }

    private Value Close(Open inner)
    {
        if (!inner.IsObject)
        {
            return VList.Of(inner.Items.ToArray());
        }

        AttrsBuilder set = new(inner.Items.Count, ev.Symbols);
        foreach ((Symbol name, int at) in inner.Names)
        {
            set.Add(name, inner.Items[at]);
        }

        return set.Build();
    }

    private static byte[] Checked(ReadOnlySpan<byte> text) => NulBytes.Refuse(text.ToArray());
}
