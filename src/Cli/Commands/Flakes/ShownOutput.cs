using System;
using System.Collections.Generic;
using Firn.Formats.Json;

namespace Firn.Cli.Commands.Flakes;

/// <summary>An output of a flake as JSON tells of it: what it is, or the outputs in it.</summary>
internal sealed class ShownOutput
{
    private readonly SortedDictionary<string, ShownOutput> _inside = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _facts = new(StringComparer.Ordinal);

    public void Add(string name, ShownOutput inside) => _inside.Add(name, inside);

    public void Add(string name, string fact) => _facts.Add(name, fact);

    public void WriteTo(JsonTextWriter json)
    {
        json.BeginObject();
        foreach ((string name, string fact) in _facts)
        {
            json.Name(name);
            json.String(fact);
        }

        foreach ((string name, ShownOutput inside) in _inside)
        {
            json.Name(name);
            inside.WriteTo(json);
        }

        json.EndObject();
    }
}
