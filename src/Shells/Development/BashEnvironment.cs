using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Formats.Json;

namespace Firn.Shells.Development;

/// <summary>A variable of bash. One of the nested records.</summary>
public abstract record BashVariable
{
    private BashVariable()
    {
    }

    public sealed record Text(string Value, bool IsExported) : BashVariable;

    public sealed record Array(IReadOnlyList<string> Items) : BashVariable;

    public sealed record Table(SortedDictionary<string, string> Items) : BashVariable;
}

/// <summary>What a shell has when the environment of a derivation is set up in it.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-print-dev-env "--json"</remarks>
public sealed class BashEnvironment
{
    /// <summary>Variables by their names.</summary>
    public SortedDictionary<string, BashVariable> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Bodies of functions by their names.</summary>
    public SortedDictionary<string, string> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>The contents of <c>.attrs.sh</c> and <c>.attrs.json</c>; null without structured attributes.</summary>
    public (string Shell, string Json)? Attributes { get; private set; }

    /// <summary>The system that it is for; null where it does not say.</summary>
    public string? System => Variables.GetValueOrDefault("system") is BashVariable.Text text ? text.Value : null;

    /// <summary>Reads what the script of <see cref="EnvironmentRecording"/> wrote.</summary>
    /// <exception cref="ShellException">It is something else.</exception>
    public static BashEnvironment Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ShellException("cannot read the recorded environment: " + e.Message, e);
        }
    }

    private static BashEnvironment Read(JsonElement top)
    {
        BashEnvironment environment = new();
        foreach (JsonProperty variable in top.GetProperty("variables").EnumerateObject())
        {
            if (Variable(variable.Value) is { } value)
            {
                environment.Variables[variable.Name] = value;
            }
        }

        foreach (JsonProperty function in top.GetProperty("bashFunctions").EnumerateObject())
        {
            environment.Functions[function.Name] = function.Value.GetString()!;
        }

        if (top.TryGetProperty("structuredAttrs", out JsonElement attributes))
        {
            environment.Attributes = (attributes.GetProperty(".attrs.sh").GetString()!, attributes.GetProperty(".attrs.json").GetString()!);
        }

        return environment;
    }

    private static BashVariable? Variable(JsonElement variable)
    {
        switch (variable.GetProperty("type").GetString())
        {
            case "exported":
                return new BashVariable.Text(variable.GetProperty("value").GetString()!, IsExported: true);
            case "var":
                return new BashVariable.Text(variable.GetProperty("value").GetString()!, IsExported: false);
            case "array":
                return new BashVariable.Array([.. variable.GetProperty("value").EnumerateArray().Select(static item => item.GetString()!)]);
            case "associative":
                SortedDictionary<string, string> items = new(StringComparer.Ordinal);
                foreach (JsonProperty item in variable.GetProperty("value").EnumerateObject())
                {
                    items[item.Name] = item.Value.GetString()!;
                }

                return new BashVariable.Table(items);
            default:
                // Numbers, references and the like, which have no form here.
                return null;
        }
    }

    /// <summary>Names of the outputs with their paths.</summary>
    public IEnumerable<(string Name, string Path)> Outputs()
    {
        switch (Variables.GetValueOrDefault("outputs"))
        {
            case BashVariable.Table table when Attributes is not null:
                foreach ((string name, string path) in table.Items)
                {
                    yield return (name, path);
                }

                break;
            case BashVariable.Text text:
                foreach (string name in text.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    yield return (name, OutputPath(name));
                }

                break;
            case BashVariable.Array array:
                foreach (string name in array.Items)
                {
                    yield return (name, OutputPath(name));
                }

                break;
        }
    }

    private string OutputPath(string name) => Variables.GetValueOrDefault(name) is BashVariable.Text text ? text.Value : throw new ShellException("bash variable is not a string");

    /// <summary>Writes what <c>--json</c> shows.</summary>
    public void Write(JsonTextWriter json)
    {
        json.BeginObject();
        json.Name("bashFunctions");
        Strings(json, Functions);
        if (Attributes is { } attributes)
        {
            json.Name("structuredAttrs");
            json.BeginObject();
            json.Name(".attrs.json");
            json.String(attributes.Json);
            json.Name(".attrs.sh");
            json.String(attributes.Shell);
            json.EndObject();
        }

        json.Name("variables");
        json.BeginObject();
        foreach ((string name, BashVariable variable) in Variables)
        {
            json.Name(name);
            json.BeginObject();
            json.Name("type");
            switch (variable)
            {
                case BashVariable.Text text:
                    json.String(text.IsExported ? "exported" : "var");
                    json.Name("value");
                    json.String(text.Value);
                    break;
                case BashVariable.Array array:
                    json.String("array");
                    json.Name("value");
                    json.BeginArray();
                    foreach (string item in array.Items)
                    {
                        json.String(item);
                    }

                    json.EndArray();
                    break;
                case BashVariable.Table table:
                    json.String("associative");
                    json.Name("value");
                    Strings(json, table.Items);
                    break;
            }

            json.EndObject();
        }

        json.EndObject();
        json.EndObject();
    }

    private static void Strings(JsonTextWriter json, SortedDictionary<string, string> strings)
    {
        json.BeginObject();
        foreach ((string name, string value) in strings)
        {
            json.Name(name);
            json.String(value);
        }

        json.EndObject();
    }

    /// <summary>Declarations that give another shell the same.</summary>
    /// <param name="ignored">Variables that are left out.</param>
    public string ToBash(IReadOnlySet<string> ignored)
    {
        StringBuilder text = new();
        foreach ((string name, BashVariable variable) in Variables)
        {
            if (ignored.Contains(name))
            {
                continue;
            }

            switch (variable)
            {
                case BashVariable.Text value:
                    text.Append(name).Append('=').Append(BashText.Quote(value.Value)).Append('\n');
                    if (value.IsExported)
                    {
                        text.Append("export ").Append(name).Append('\n');
                    }

                    break;
                case BashVariable.Array array:
                    text.Append("declare -a ").Append(name).Append("=(");
                    foreach (string item in array.Items)
                    {
                        text.Append(BashText.Quote(item)).Append(' ');
                    }

                    text.Append(")\n");
                    break;
                case BashVariable.Table table:
                    text.Append("declare -A ").Append(name).Append("=(");
                    foreach ((string key, string item) in table.Items)
                    {
                        text.Append('[').Append(BashText.Quote(key)).Append("]=").Append(BashText.Quote(item)).Append(' ');
                    }

                    text.Append(")\n");
                    break;
            }
        }

        foreach ((string name, string body) in Functions)
        {
            text.Append(name).Append(" ()\n{\n").Append(body).Append("}\n");
        }

        return text.ToString();
    }
}
