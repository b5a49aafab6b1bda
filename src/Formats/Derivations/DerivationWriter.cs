using System;
using System.Buffers;
using System.Collections.Immutable;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>Prints derivations as ATerm, the bytes of a .drv file.</summary>
/// <remarks>Nix manual, protocols/derivation-aterm</remarks>
public static class DerivationWriter
{
    private static readonly SearchValues<byte> s_escaped = SearchValues.Create("\"\\\n\r\t"u8);

    /// <summary>The bytes of the .drv file.</summary>
    public static byte[] ToBytes(Derivation derivation, StoreDir dir)
    {
        ByteBuffer to = new(4096);
        Write(derivation, dir, to);
        return to.ToArray();
    }

    /// <summary>Writes the text of the .drv file.</summary>
    public static void Write(Derivation derivation, StoreDir dir, ByteBuffer to) => Write(derivation, dir, to, false, default, false);

    /// <param name="maskOutputs">Leave out the paths of outputs and the values of the variables named as outputs.</param>
    /// <param name="inputs">Stand for the input derivations when <paramref name="hashed"/> says so: sorted, a hash once.</param>
    internal static void Write(Derivation derivation, StoreDir dir, ByteBuffer to, bool maskOutputs, ReadOnlySpan<HashedInput> inputs, bool hashed)
    {
        to.Write(derivation.HasDynamicInputs ? "DrvWithVersion(\"xp-dyn-drv\",["u8 : "Derive(["u8);
        bool first = true;
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            Comma(to, ref first);
            to.Write("(\""u8);
            to.WriteUtf8(name);
            to.Write("\",\""u8);
            if (!maskOutputs && output.KnownPath(dir, derivation.Name, name) is StorePath path)
            {
                dir.Print(path, to);
            }

            to.Write("\",\""u8);
            switch (output)
            {
                case DerivationOutput.Fixed fixedOutput:
                    Method(to, fixedOutput.Address.Method, fixedOutput.Address.Hash.Algorithm);
                    to.Write("\",\""u8);
                    to.WriteBase16(fixedOutput.Address.Hash);
                    break;
                case DerivationOutput.Floating floating:
                    Method(to, floating.Method, floating.Algorithm);
                    to.Write("\",\""u8);
                    break;
                case DerivationOutput.Impure impure:
                    Method(to, impure.Method, impure.Algorithm);
                    to.Write("\",\"impure"u8);
                    break;
                default:
                    to.Write("\",\""u8);
                    break;
            }

            to.Write("\")"u8);
        }

        to.Write("],["u8);
        first = true;
        if (hashed)
        {
            foreach (HashedInput input in inputs)
            {
                Comma(to, ref first);
                to.Write("(\""u8);
                to.WriteBase16(input.Hash);
                to.Write("\","u8);
                Names(to, input.Outputs);
                to.Write((byte)')');
            }
        }
        else
        {
            foreach ((StorePath path, OutputSelection outputs) in derivation.InputDerivations)
            {
                Comma(to, ref first);
                to.Write("(\""u8);
                dir.Print(path, to);
                to.Write("\","u8);
                Selection(to, outputs);
                to.Write((byte)')');
            }
        }

        to.Write("],["u8);
        first = true;
        foreach (StorePath path in derivation.InputSources)
        {
            Comma(to, ref first);
            to.Write((byte)'"');
            dir.Print(path, to);
            to.Write((byte)'"');
        }

        to.Write("],\""u8);
        to.WriteUtf8(derivation.Platform);
        to.Write("\","u8);
        Text(to, derivation.Builder);
        to.Write(",["u8);
        first = true;
        foreach (byte[] argument in derivation.Arguments)
        {
            Comma(to, ref first);
            Text(to, argument);
        }

        to.Write("],["u8);
        first = true;
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            Comma(to, ref first);
            to.Write((byte)'(');
            Text(to, name);
            to.Write((byte)',');
            Text(to, maskOutputs && IsOutput(derivation.Outputs, name) ? default : value);
            to.Write((byte)')');
        }

        to.Write("])"u8);
    }

    internal static bool IsOutput(ImmutableArray<NamedOutput> outputs, ReadOnlySpan<byte> name)
    {
        foreach (NamedOutput output in outputs)
        {
            if (output.Name.Length == name.Length && System.Text.Ascii.Equals(name, output.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static void Comma(ByteBuffer to, ref bool first)
    {
        if (!first)
        {
            to.Write((byte)',');
        }

        first = false;
    }

    private static void Method(ByteBuffer to, ContentAddressMethod method, HashAlgorithm algorithm)
    {
        to.WriteAscii(method.Prefix());
        to.WriteAscii(algorithm.Name());
    }

    private static void Names(ByteBuffer to, ImmutableArray<string> names)
    {
        to.Write((byte)'[');
        bool first = true;
        foreach (string name in names)
        {
            Comma(to, ref first);
            to.Write((byte)'"');
            to.WriteUtf8(name);
            to.Write((byte)'"');
        }

        to.Write((byte)']');
    }

    private static void Selection(ByteBuffer to, OutputSelection selection)
    {
        if (selection.Dynamic.IsEmpty)
        {
            Names(to, selection.Names);
            return;
        }

        to.Write((byte)'(');
        Names(to, selection.Names);
        to.Write(",["u8);
        bool first = true;
        foreach ((string name, OutputSelection inner) in selection.Dynamic)
        {
            Comma(to, ref first);
            to.Write("(\""u8);
            to.WriteUtf8(name);
            to.Write("\","u8);
            Selection(to, inner);
            to.Write((byte)')');
        }

        to.Write("])"u8);
    }

    private static void Text(ByteBuffer to, ReadOnlySpan<byte> text)
    {
        to.Write((byte)'"');
        while (true)
        {
            int plain = text.IndexOfAny(s_escaped);
            if (plain < 0)
            {
                to.Write(text);
                to.Write((byte)'"');
                return;
            }

            to.Write(text[..plain]);
            to.Write((byte)'\\');
            to.Write(text[plain] switch
            {
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                byte other => other,
            });
            text = text[(plain + 1)..];
        }
    }
}

/// <summary>Stands for input derivations in the text that is hashed.</summary>
internal readonly record struct HashedInput(Hash Hash, ImmutableArray<string> Outputs);
