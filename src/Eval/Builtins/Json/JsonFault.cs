using System;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Builtins.Json;

/// <summary>Says what is wrong with a text that should be JSON, as <c>fromJSON</c> says it.</summary>
public static class JsonFault
{
    /// <summary>The message; null where the text is JSON.</summary>
    public static string? Of(Evaluator ev, ReadOnlySpan<byte> text)
    {
        try
        {
            _ = new JsonValues(ev).Parse(text);
            return null;
        }
        catch (Exception e) when (e is JsonException or EvalError)
        {
            return e.Message;
        }
    }
}
