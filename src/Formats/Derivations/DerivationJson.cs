using System;
using System.Collections.Generic;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>Prints derivations as JSON, format version 4: members sorted by name, paths as base names.</summary>
/// <remarks>Nix manual, protocols/json/derivation</remarks>
public static class DerivationJson
{
    /// <summary>The version of the format.</summary>
    public const int Version = 4;

    /// <exception cref="FormatsException">A text in the derivation is not valid UTF-8.</exception>
    public static void Write(Derivation derivation, JsonTextWriter json)
    {
        byte[]? structured = derivation.Variable(Derivation.StructuredAttributesVariable);
        json.BeginObject();
        json.Name("args");
        json.BeginArray();
        foreach (byte[] argument in derivation.Arguments)
        {
            json.String(argument);
        }

        json.EndArray();
        json.Name("builder");
        json.String(derivation.Builder);
        json.Name("env");
        json.BeginObject();
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            if (!name.AsSpan().SequenceEqual(Derivation.StructuredAttributesVariable))
            {
                json.Name(name);
                json.String(value);
            }
        }

        json.EndObject();
        json.Name("inputs");
        json.BeginObject();
        json.Name("drvs");
        json.BeginObject();
        foreach ((StorePath path, OutputSelection outputs) in derivation.InputDerivations)
        {
            json.Name(path.BaseName);
            Write(outputs, json);
        }

        json.EndObject();
        json.Name("srcs");
        json.BeginArray();
        foreach (StorePath path in derivation.InputSources)
        {
            json.String(path.BaseName);
        }

        json.EndArray();
        json.EndObject();
        json.Name("name");
        json.String(derivation.Name);
        json.Name("outputs");
        json.BeginObject();
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            json.Name(name);
            Write(output, json);
        }

        json.EndObject();
        if (structured is not null)
        {
            json.Name("structuredAttrs");
            json.Value(structured);
        }

        json.Name("system");
        json.String(derivation.Platform);
        json.Name("version");
        json.Number(Version);
        json.EndObject();
    }

    /// <summary>Writes what <c>nix derivation show</c> prints.</summary>
    /// <param name="derivations">Sorted by path.</param>
    public static void Write(IReadOnlyList<(StorePath Path, Derivation Derivation)> derivations, JsonTextWriter json)
    {
        json.BeginObject();
        json.Name("derivations");
        json.BeginObject();
        foreach ((StorePath path, Derivation derivation) in derivations)
        {
            json.Name(path.BaseName);
            Write(derivation, json);
        }

        json.EndObject();
        json.Name("version");
        json.Number(Version);
        json.EndObject();
    }

    private static void Write(OutputSelection outputs, JsonTextWriter json)
    {
        json.BeginObject();
        json.Name("dynamicOutputs");
        json.BeginObject();
        foreach ((string name, OutputSelection inner) in outputs.Dynamic)
        {
            json.Name(name);
            Write(inner, json);
        }

        json.EndObject();
        json.Name("outputs");
        json.BeginArray();
        foreach (string name in outputs.Names)
        {
            json.String(name);
        }

        json.EndArray();
        json.EndObject();
    }

    private static void Write(DerivationOutput output, JsonTextWriter json)
    {
        json.BeginObject();
        switch (output)
        {
            case DerivationOutput.InputAddressed known:
                json.Name("path");
                json.String(known.Path.BaseName);
                break;
            case DerivationOutput.Fixed known:
                json.Name("hash");
                json.String(known.Address.Hash.ToString(HashFormat.Sri, true));
                json.Name("method");
                json.String(known.Address.Method.Name());
                break;
            case DerivationOutput.Floating floating:
                Write(floating.Method, floating.Algorithm, false, json);
                break;
            case DerivationOutput.Impure impure:
                Write(impure.Method, impure.Algorithm, true, json);
                break;
            default:
                break;
        }

        json.EndObject();
    }

    private static void Write(ContentAddressMethod method, HashAlgorithm algorithm, bool impure, JsonTextWriter json)
    {
        json.Name("hashAlgo");
        json.String(algorithm.Name());
        if (impure)
        {
            json.Name("impure");
            json.Bool(true);
        }

        json.Name("method");
        json.String(method.Name());
    }
}
