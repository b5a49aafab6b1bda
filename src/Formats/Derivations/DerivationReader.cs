using System;
using System.Buffers;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>Reads the ATerm text of .drv files.</summary>
/// <remarks>Nix manual, protocols/derivation-aterm</remarks>
public ref struct DerivationReader
{
    // Derivations that make derivations that make derivations: nobody goes deeper, and the recursion has an end.
    private const int MaxDynamicDepth = 64;

    private static readonly SearchValues<byte> s_special = SearchValues.Create("\"\\"u8);
    private static readonly UTF8Encoding s_strict = new(false, true);

    private readonly StoreDir _dir;
    private ReadOnlySpan<byte> _rest;
    private bool _dynamic;

    private DerivationReader(ReadOnlySpan<byte> text, StoreDir dir)
    {
        _rest = text;
        _dir = dir;
    }

    /// <summary>Reads a derivation.</summary>
    /// <param name="text">Contents of a .drv file.</param>
    /// <param name="name">Name of the derivation, without <c>.drv</c>.</param>
    /// <exception cref="FormatsException">It is none.</exception>
    public static Derivation Parse(ReadOnlySpan<byte> text, string name, StoreDir dir) => new DerivationReader(text, dir).Read(name);

    private Derivation Read(string name)
    {
        Expect("D"u8);
        if (_rest.StartsWith("e"u8))
        {
            Expect("erive("u8);
        }
        else if (_rest.StartsWith("r"u8))
        {
            Expect("rvWithVersion("u8);
            string version = Name();
            if (version != "xp-dyn-drv")
            {
                throw new FormatsException($"Unknown derivation ATerm format version '{version}'");
            }

            _dynamic = true;
            Expect(","u8);
        }
        else
        {
            throw new FormatsException("derivation does not start with 'Derive' or 'DrvWithVersion'");
        }

        List<NamedOutput> outputs = [];
        Expect("["u8);
        while (Element())
        {
            outputs.Add(Output());
        }

        Expect(","u8);
        List<InputDerivation> inputs = [];
        Expect("["u8);
        while (Element())
        {
            Expect("("u8);
            StorePath path = Path();
            Expect(","u8);
            inputs.Add(new InputDerivation(path, Selection(0)));
            Expect(")"u8);
        }

        Expect(","u8);
        List<StorePath> sources = [];
        Expect("["u8);
        while (Element())
        {
            sources.Add(Path());
        }

        Expect(","u8);
        string platform = Name();
        Expect(","u8);
        byte[] builder = Text();
        Expect(","u8);
        List<byte[]> arguments = [];
        Expect("["u8);
        while (Element())
        {
            arguments.Add(Text());
        }

        Expect(","u8);
        List<EnvironmentVariable> environment = [];
        Expect("["u8);
        while (Element())
        {
            Expect("("u8);
            byte[] key = Text();
            Expect(","u8);
            environment.Add(new EnvironmentVariable(key, Text()));
            Expect(")"u8);
        }

        Expect(")"u8);
        return new Derivation
        {
            Name = name,
            Outputs = Sorted(outputs, static (left, right) => string.CompareOrdinal(left.Name, right.Name), true),
            InputDerivations = Sorted(inputs, static (left, right) => left.Path.CompareTo(right.Path), false),
            InputSources = Sorted(sources, static (left, right) => left.CompareTo(right), false),
            Platform = platform,
            Builder = builder,
            Arguments = [.. arguments],
            Environment = Sorted(environment, static (left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name), false),
        };
    }

    private NamedOutput Output()
    {
        Expect("("u8);
        string name = Name();
        Expect(","u8);
        byte[] path = Text();
        Expect(","u8);
        string algorithm = Name();
        Expect(","u8);
        string hash = Name();
        Expect(")"u8);
        return new NamedOutput(name, DerivationOutputText.Parse(path, algorithm, hash, _dir));
    }

    private OutputSelection Selection(int depth)
    {
        if (!_dynamic || _rest.StartsWith("["u8))
        {
            return new OutputSelection(Names());
        }

        if (!_rest.StartsWith("("u8))
        {
            throw new FormatsException("invalid inputDrvs entry in derivation");
        }

        if (depth == MaxDynamicDepth)
        {
            throw new FormatsException($"dynamic derivations are nested more than {MaxDynamicDepth} deep");
        }

        Expect("("u8);
        ImmutableArray<string> names = Names();
        Expect(",["u8);
        List<(string Name, OutputSelection Selection)> inner = [];
        while (Element())
        {
            Expect("("u8);
            string name = Name();
            Expect(","u8);
            inner.Add((name, Selection(depth + 1)));
            Expect(")"u8);
        }

        Expect(")"u8);
        return new OutputSelection(names, Sorted(inner, static (left, right) => string.CompareOrdinal(left.Name, right.Name), false));
    }

    private ImmutableArray<string> Names()
    {
        List<string> names = [];
        Expect("["u8);
        while (Element())
        {
            names.Add(Name());
        }

        return Sorted(names, string.CompareOrdinal, false);
    }

    // Whether another element of a list follows; takes the comma before it or the end of the list. A comma may stand
    // before the first element too, or before none.
    private bool Element()
    {
        bool ends = _rest.StartsWith("]"u8);
        if (ends || _rest.StartsWith(","u8))
        {
            _rest = _rest[1..];
        }

        return !ends;
    }

    private void Expect(ReadOnlySpan<byte> text)
    {
        if (!_rest.StartsWith(text))
        {
            throw new FormatsException($"expected string '{Encoding.UTF8.GetString(text)}'");
        }

        _rest = _rest[text.Length..];
    }

    private StorePath Path()
    {
        byte[] path = Text();
        DerivationOutputText.CheckPath(path);
        return _dir.Parse(path);
    }

    private string Name()
    {
        byte[] text = Text();
        try
        {
            return s_strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatsException("a name in the derivation is not valid UTF-8");
        }
    }

    private byte[] Text()
    {
        Expect("\""u8);
        int end = _rest.IndexOfAny(s_special);
        if (end >= 0 && _rest[end] == '"')
        {
            byte[] plain = _rest[..end].ToArray();
            _rest = _rest[(end + 1)..];
            return plain;
        }

        List<byte> text = [];
        while (true)
        {
            if (end < 0)
            {
                throw new FormatsException("unterminated string in derivation");
            }

            text.AddRange(_rest[..end]);
            if (_rest[end] == '"')
            {
                _rest = _rest[(end + 1)..];
                return [.. text];
            }

            if (end + 1 == _rest.Length)
            {
                throw new FormatsException("unterminated string in derivation");
            }

            text.Add(_rest[end + 1] switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                byte other => other,
            });
            _rest = _rest[(end + 2)..];
            end = _rest.IndexOfAny(s_special);
        }
    }

    // In the usual case the file is sorted; otherwise sorts, and of equals keeps the first or the last.
    private static ImmutableArray<T> Sorted<T>(List<T> items, Comparison<T> compare, bool first)
        where T : notnull
    {
        for (int i = 1; i < items.Count; i++)
        {
            if (compare(items[i - 1], items[i]) >= 0)
            {
                SortedDictionary<T, T> sorted = new(Comparer<T>.Create(compare));
                foreach (T item in items)
                {
                    if (first)
                    {
                        sorted.TryAdd(item, item);
                    }
                    else
                    {
                        sorted[item] = item;
                    }
                }

                return [.. sorted.Values];
            }
        }

        return [.. items];
    }
}

/// <summary>The three texts that describe an output, as .drv files and the protocols of daemons hold them.</summary>
public static class DerivationOutputText
{
    /// <summary>Reads an output.</summary>
    /// <param name="path">The path, empty where it is unknown.</param>
    /// <param name="methodAlgorithm">Such as <c>r:sha256</c>; empty where the output is addressed by inputs.</param>
    /// <param name="hash">Base 16, or <c>impure</c>.</param>
    /// <exception cref="FormatsException">They don't go together.</exception>
    public static DerivationOutput Parse(ReadOnlySpan<byte> path, string methodAlgorithm, string hash, StoreDir dir)
    {
        if (methodAlgorithm.Length == 0)
        {
            if (path.IsEmpty)
            {
                return DerivationOutput.Deferred.Instance;
            }

            CheckPath(path);
            return new DerivationOutput.InputAddressed(dir.Parse(path));
        }

        ReadOnlySpan<char> rest = methodAlgorithm;
        ContentAddressMethod method = ContentAddressMethods.ParsePrefix(ref rest);
        HashAlgorithm algorithm = HashAlgorithms.Parse(rest);
        if (hash == "impure")
        {
            return path.IsEmpty
                ? new DerivationOutput.Impure(method, algorithm)
                : throw new FormatsException("impure derivation output should not specify output path");
        }

        if (hash.Length > 0)
        {
            CheckPath(path);
            return new DerivationOutput.Fixed(new ContentAddress(method, Hash.ParseUnprefixed(hash, algorithm)));
        }

        return path.IsEmpty
            ? new DerivationOutput.Floating(method, algorithm)
            : throw new FormatsException("content-addressing derivation output should not specify output path");
    }

    internal static void CheckPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != '/')
        {
            throw new FormatsException($"bad path '{Encoding.UTF8.GetString(path)}' in derivation");
        }
    }
}
