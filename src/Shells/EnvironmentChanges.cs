using System;
using System.Collections.Generic;

namespace Firn.Shells;

/// <summary>What of the caller's environment a program is to get, and what beside it.</summary>
public sealed class EnvironmentChanges
{
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unset = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _set = new(StringComparer.Ordinal);

    /// <summary>Whether only what is kept or set here is left.</summary>
    public bool IgnoresCaller { get; set; }

    /// <summary>Keeps a variable of the caller.</summary>
    public void Keep(string name) => _kept.Add(name);

    /// <summary>Takes a variable away.</summary>
    /// <exception cref="ShellException">It is set here.</exception>
    public void Unset(string name)
    {
        if (_set.ContainsKey(name))
        {
            throw new ShellException($"Cannot unset environment variable '{name}' that is set with '--set-env-var'");
        }

        _unset.Add(name);
    }

    /// <summary>Gives a variable a value.</summary>
    /// <exception cref="ShellException">It has one here already, or is taken away.</exception>
    public void Set(string name, string value)
    {
        if (_unset.Contains(name))
        {
            throw new ShellException($"Cannot set environment variable '{name}' that is unset with '--unset-env-var'");
        }

        if (!_set.TryAdd(name, value))
        {
            throw new ShellException($"Duplicate definition of environment variable '{name}' with '--set-env-var' is ambiguous");
        }
    }

    /// <summary>Makes the changes.</summary>
    /// <exception cref="ShellException">They contradict each other.</exception>
    public void Apply(ShellVariables variables)
    {
        if (IgnoresCaller && _unset.Count > 0)
        {
            throw new ShellException("--unset-env-var does not make sense with --ignore-env");
        }

        if (!IgnoresCaller && _kept.Count > 0)
        {
            throw new ShellException("--keep-env-var does not make sense without --ignore-env");
        }

        if (IgnoresCaller)
        {
            variables.Keep(_kept);
        }

        foreach ((string name, string value) in _set)
        {
            variables.Set(name, value);
        }

        foreach (string name in _unset)
        {
            variables.Remove(name);
        }
    }
}
