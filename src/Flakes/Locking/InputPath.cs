using System;
using System.Collections.Generic;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;

namespace Firn.Flakes.Locking;

/// <summary>The way to an input from the flake at the top: the names of inputs, each of the one before. Empty for that flake itself.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake: "Flake inputs"</remarks>
public sealed class InputPath : IEquatable<InputPath>, IComparable<InputPath>
{
    /// <summary>The flake at the top.</summary>
    public static readonly InputPath Root = new([]);

    private readonly string[] _names;

    public InputPath(IEnumerable<string> names) => _names = [.. names];

    public IReadOnlyList<string> Names => _names;

    public bool IsRoot => _names.Length == 0;

    /// <summary>The path of the input that the last name belongs to.</summary>
    public InputPath Parent => new(_names[..^1]);

    /// <summary>The name of the input in its flake.</summary>
    public string Name => _names[^1];

    /// <summary>Parses names that are separated by slashes.</summary>
    /// <exception cref="FetchException">A name is no identifier.</exception>
    public static InputPath Parse(string text)
    {
        string[] names = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names)
        {
            if (!FlakeReference.IsId(name))
            {
                throw new FetchException($"invalid flake input attribute path element '{name}'");
            }
        }

        return new InputPath(names);
    }

    /// <summary>The path of an input of this one.</summary>
    public InputPath Then(string name) => new([.. _names, name]);

    /// <summary>A path that starts at this one.</summary>
    public InputPath Then(InputPath rest) => new([.. _names, .. rest._names]);

    /// <summary>Whether this input is reached through another one.</summary>
    public bool IsBelow(InputPath other) => _names.Length > other._names.Length && _names.AsSpan(0, other._names.Length).SequenceEqual(other._names);

    /// <inheritdoc/>
    public bool Equals(InputPath? other) => other is not null && _names.AsSpan().SequenceEqual(other._names);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InputPath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (string name in _names)
        {
            hash.Add(name, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>Name by name, in byte order.</summary>
    public int CompareTo(InputPath? other)
    {
        string[] others = other?._names ?? [];
        for (int i = 0; i < _names.Length && i < others.Length; i++)
        {
            int order = string.CompareOrdinal(_names[i], others[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return _names.Length.CompareTo(others.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('/', _names);
}
