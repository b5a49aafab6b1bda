using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Inputs;

/// <summary>The value of an attribute of an input.</summary>
public abstract record InputValue
{
    private InputValue()
    {
    }

    /// <summary>A string.</summary>
    public sealed record Text(string Value) : InputValue;

    /// <summary>An integer.</summary>
    public sealed record Number(ulong Value) : InputValue;

    /// <summary>A Boolean.</summary>
    public sealed record Flag(bool Value) : InputValue;
}

/// <summary>The attributes of an input by name, in byte order of the names. Immutable.</summary>
public sealed class InputAttributes : IEnumerable<KeyValuePair<string, InputValue>>, IEquatable<InputAttributes>
{
    private readonly SortedDictionary<string, InputValue> _values;

    /// <summary>No attributes.</summary>
    public InputAttributes() => _values = new(StringComparer.Ordinal);

    private InputAttributes(SortedDictionary<string, InputValue> values) => _values = values;

    /// <summary>Whether there is an attribute of this name.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>These attributes and one more, or with another value.</summary>
    public InputAttributes With(string name, InputValue value)
    {
        SortedDictionary<string, InputValue> values = new(_values, StringComparer.Ordinal) { [name] = value };
        return new InputAttributes(values);
    }

    /// <inheritdoc cref="With(string, InputValue)"/>
    public InputAttributes With(string name, string value) => With(name, new InputValue.Text(value));

    /// <inheritdoc cref="With(string, InputValue)"/>
    public InputAttributes With(string name, bool value) => With(name, new InputValue.Flag(value));

    /// <inheritdoc cref="With(string, InputValue)"/>
    public InputAttributes With(string name, ulong value) => With(name, new InputValue.Number(value));

    /// <summary>These attributes without one.</summary>
    public InputAttributes Without(string name)
    {
        if (!Has(name))
        {
            return this;
        }

        SortedDictionary<string, InputValue> values = new(_values, StringComparer.Ordinal);
        values.Remove(name);
        return new InputAttributes(values);
    }

    /// <summary>A string; null when there is none of this name.</summary>
    /// <exception cref="FetchException">The attribute is of another type.</exception>
    public string? FindText(string name) => _values.GetValueOrDefault(name) switch
    {
        null => null,
        InputValue.Text text => text.Value,
        _ => throw new FetchException($"input attribute '{name}' is not a string {ToJson()}"),
    };

    /// <summary>A string that has to be there.</summary>
    /// <exception cref="FetchException">It is missing or of another type.</exception>
    public string Text(string name) => FindText(name) ?? throw new FetchException($"input attribute '{name}' is missing");

    /// <summary>An integer; null when there is none of this name.</summary>
    /// <exception cref="FetchException">The attribute is of another type.</exception>
    public ulong? FindNumber(string name) => _values.GetValueOrDefault(name) switch
    {
        null => null,
        InputValue.Number number => number.Value,
        _ => throw new FetchException($"input attribute '{name}' is not an integer"),
    };

    /// <summary>A Boolean; null when there is none of this name.</summary>
    /// <exception cref="FetchException">The attribute is of another type.</exception>
    public bool? FindFlag(string name) => _values.GetValueOrDefault(name) switch
    {
        null => null,
        InputValue.Flag flag => flag.Value,
        _ => throw new FetchException($"input attribute '{name}' is not a Boolean"),
    };

    /// <summary>The value of an attribute; null for none.</summary>
    public InputValue? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>A value as a parameter of a URL.</summary>
    internal static string AsParameter(InputValue value) => value switch
    {
        InputValue.Text text => text.Value,
        InputValue.Number number => number.Value.ToString(CultureInfo.InvariantCulture),
        InputValue.Flag flag => flag.Value ? "1" : "0",
        _ => throw new InvalidOperationException(),
    };

    /// <summary>The attributes as a JSON object, as messages and lock files show them.</summary>
    public string ToJson()
    {
        ByteBuffer buffer = new();
        WriteTo(new JsonTextWriter(buffer));
        return Encoding.UTF8.GetString(buffer.Span);
    }

    /// <inheritdoc cref="ToJson"/>
    public void WriteTo(JsonTextWriter json)
    {
        json.BeginObject();
        foreach ((string name, InputValue value) in _values)
        {
            json.Name(name);
            switch (value)
            {
                case InputValue.Text text:
                    json.String(text.Value);
                    break;
                case InputValue.Number number:
                    json.Number(checked((long)number.Value));
                    break;
                case InputValue.Flag flag:
                    json.Bool(flag.Value);
                    break;
            }
        }

        json.EndObject();
    }

    /// <summary>Attributes of a JSON object as <see cref="ToJson"/> writes it.</summary>
    /// <exception cref="FetchException">It is no object of strings, Booleans and integers.</exception>
    public static InputAttributes FromJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            SortedDictionary<string, InputValue> values = new(StringComparer.Ordinal);
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                values[member.Name] = member.Value.ValueKind switch
                {
                    JsonValueKind.String => new InputValue.Text(member.Value.GetString()!),
                    JsonValueKind.True => new InputValue.Flag(true),
                    JsonValueKind.False => new InputValue.Flag(false),
                    JsonValueKind.Number when member.Value.TryGetUInt64(out ulong number) => new InputValue.Number(number),
                    _ => throw new FetchException("unsupported input attribute type in lock file"),
                };
            }

            return new InputAttributes(values);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FetchException($"input attributes are no JSON object: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public bool Equals(InputAttributes? other)
    {
        if (other is null || other._values.Count != _values.Count)
        {
            return false;
        }

        foreach ((string name, InputValue value) in _values)
        {
            if (other.Find(name) != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InputAttributes);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach ((string name, InputValue value) in _values)
        {
            hash.Add(name);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, InputValue>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
