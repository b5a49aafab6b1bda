using System.Collections.Generic;
using Firn.Eval.Builtins.Json;
using Firn.Eval.Builtins.Toml;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Values as text of other formats and back.</summary>
public sealed class ConversionBuiltins(Evaluator ev) : IBuiltinFamily
{
    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("toJSON", ToJson, "A value as JSON; paths become what they are in the store."),
        Builtin.Of("fromJSON", FromJson, "The value of a JSON text."),
        Builtin.Of("toXML", ToXml, "A value as an XML document."),
        Builtin.Of("fromTOML", FromToml, "The value of a TOML document.", global: true),
    ];

    private Value ToJson(Value value) => JsonPrinter.Print(ev, value, strict: true, copyToStore: true);

    private Value ToXml(Value value) => XmlPrinter.Print(ev, value, strict: true, locations: false);

    private Value FromJson(Value text)
    {
        byte[] json = ev.ForceStringNoContext(text, "while evaluating the first argument passed to builtins.fromJSON");
        try
        {
            return new JsonValues(ev).Parse(json);
        }
        catch (JsonException e)
        {
            EvalError error = new(EvalErrorKind.Error, e.Message, e);
            throw e.IsSyntax ? error.WithTrace(default, "while decoding a JSON string") : error;
        }
    }

    private Value FromToml(Value text)
    {
        byte[] toml = ev.ForceStringNoContext(text, "while evaluating the argument passed to builtins.fromTOML");
        try
        {
            return new TomlValues(ev).Make(TomlParser.Parse(toml));
        }
        catch (TomlException e)
        {
            throw new EvalError(EvalErrorKind.Error, $"while parsing TOML: {e.Message}");
        }
    }
}
