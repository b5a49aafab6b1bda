using System;
using System.Buffers;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Shells.Development;

/// <summary>
/// The derivation that tells the environment of another one: with the same inputs and variables, but in place of
/// building it writes down what its shell has once that is set up.
/// </summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-develop</remarks>
public static class EnvironmentRecording
{
    /// <summary>The name under which the script is in the store.</summary>
    public const string ScriptName = "get-env.sh";

    /// <summary>What the name of an environment ends with.</summary>
    public const string Suffix = "-env";

    private static readonly string[] s_checks = ["allowedReferences", "allowedRequisites", "disallowedReferences", "disallowedRequisites"];

    /// <summary>The script that bash runs instead of the builder's.</summary>
    public static byte[] Script()
    {
        using Stream script = typeof(EnvironmentRecording).Assembly.GetManifestResourceStream("record-environment.sh")!;
        byte[] text = new byte[script.Length];
        script.ReadExactly(text);
        return text;
    }

    /// <summary>Makes it.</summary>
    /// <param name="script">Where <see cref="Script"/> is.</param>
    /// <param name="inputs">The hashes of its input derivations.</param>
    /// <exception cref="ShellException">Bash has no part in building the derivation.</exception>
    public static Derivation Of(Derivation derivation, StorePath script, StoreDir dir, Func<StorePath, DerivationHash> inputs)
    {
        ImmutableArray<byte[]> arguments = [.. BeforeScript(derivation), Encoding.UTF8.GetBytes(dir.Print(script))];
        SortedDictionary<string, byte[]> variables = new(StringComparer.Ordinal);
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            variables[Encoding.Latin1.GetString(name)] = value;
        }

        // What is checked of outputs says nothing of the environment.
        string attributes = Encoding.Latin1.GetString(Derivation.StructuredAttributesVariable);
        if (variables.TryGetValue(attributes, out byte[]? json))
        {
            variables[attributes] = WithoutChecks(json);
        }
        else
        {
            foreach (string check in s_checks)
            {
                variables.Remove(check);
            }
        }

        string ownName = derivation.Name + Suffix;
        variables["name"] = Encoding.UTF8.GetBytes(ownName);
        ImmutableArray<NamedOutput>.Builder outputs = ImmutableArray.CreateBuilder<NamedOutput>();
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            if (output is DerivationOutput.InputAddressed or DerivationOutput.Fixed)
            {
                outputs.Add(new NamedOutput(name, new DerivationOutput.Deferred()));
                variables[Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name))] = [];
            }
            else
            {
                outputs.Add(new NamedOutput(name, output));
            }
        }

        return DerivationOutputPaths.FillIn(
            new Derivation
            {
                Name = ownName,
                Outputs = outputs.ToImmutable(),
                InputDerivations = derivation.InputDerivations,
                InputSources = [.. new SortedSet<StorePath>(derivation.InputSources) { script }],
                Platform = derivation.Platform,
                Builder = derivation.Builder,
                Arguments = arguments,
                Environment = [.. variables.Select(static v => new EnvironmentVariable(Encoding.Latin1.GetBytes(v.Key), v.Value))],
            },
            dir,
            inputs);
    }

    /// <summary>The arguments that come before what bash is to run: none, or those of a program that bash is started by.</summary>
    private static IEnumerable<byte[]> BeforeScript(Derivation derivation)
    {
        if (IsBash(derivation.Builder))
        {
            return [];
        }

        // A builder may prepare a root directory for bash, and then be told what to start in it.
        for (int i = 0; i < derivation.Arguments.Length; i++)
        {
            if (derivation.Arguments[i].AsSpan().StartsWith("/"u8) && IsBash(derivation.Arguments[i]))
            {
                return derivation.Arguments.Take(i + 1);
            }
        }

        throw new ShellException("'nix develop' only works on derivations that use 'bash' as their builder");
    }

    private static bool IsBash(byte[] program) => Path.GetFileName(Encoding.UTF8.GetString(program)) == "bash";

    private static byte[] WithoutChecks(byte[] attributes)
    {
        using JsonDocument document = JsonDocument.Parse(attributes);
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (JsonProperty attribute in document.RootElement.EnumerateObject())
            {
                if (attribute.Name != "outputChecks")
                {
                    writer.WritePropertyName(attribute.Name);
                    writer.WriteRawValue(attribute.Value.GetRawText(), skipInputValidation: true);
                }
            }

            writer.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }
}
