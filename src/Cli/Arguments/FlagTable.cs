using System;
using System.Collections.Generic;

namespace Firn.Cli.Arguments;

/// <summary>The flags of one command. Sets of flags that several commands share add theirs to it.</summary>
internal sealed class FlagTable
{
    private readonly Dictionary<string, Flag> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<char, Flag> _byLetter = [];

    /// <summary>The heading under which the flags that follow are listed.</summary>
    public string Category { get; set; } = "";

    /// <summary>Every flag once, by its long name.</summary>
    public IEnumerable<Flag> All
    {
        get
        {
            List<string> names = [];
            foreach ((string name, Flag flag) in _byName)
            {
                if (flag.Name == name)
                {
                    names.Add(name);
                }
            }

            names.Sort(StringComparer.Ordinal);
            foreach (string name in names)
            {
                yield return _byName[name];
            }
        }
    }

    /// <summary>Every long name, aliases too, in order of bytes.</summary>
    public IEnumerable<(string Name, Flag Flag)> Names
    {
        get
        {
            List<string> names = [.. _byName.Keys];
            names.Sort(StringComparer.Ordinal);
            foreach (string name in names)
            {
                yield return (name, _byName[name]);
            }
        }
    }

    /// <summary>The flags that have a letter.</summary>
    public IEnumerable<Flag> Letters => _byLetter.Values;

    public Flag? Find(string name) => _byName.GetValueOrDefault(name);

    public Flag? Find(char letter) => _byLetter.GetValueOrDefault(letter);

    /// <summary>Adds a flag; one of the same name or letter that was there before gives way.</summary>
    public void Add(Flag flag)
    {
        _byName[flag.Name] = flag;
        foreach (string alias in flag.Aliases)
        {
            _byName[alias] = flag;
        }

        if (flag.ShortName != '\0')
        {
            _byLetter[flag.ShortName] = flag;
        }
    }

    /// <summary>Adds a flag without a value.</summary>
    public void Add(string name, char letter, string description, Action handler) =>
        Add(new Flag(name, letter, description, [], _ => handler()) { Category = Category });

    /// <inheritdoc cref="Add(string, char, string, Action)"/>
    public void Add(string name, string description, Action handler) => Add(name, '\0', description, handler);

    /// <summary>Adds a flag with one value.</summary>
    public void Add(string name, char letter, string description, string label, Action<string> handler, Completer? completer = null) =>
        Add(new Flag(name, letter, description, [label], values => handler(values[0])) { Category = Category, Completer = completer });

    /// <inheritdoc cref="Add(string, char, string, string, Action{string}, Completer)"/>
    public void Add(string name, string description, string label, Action<string> handler, Completer? completer = null) =>
        Add(name, '\0', description, label, handler, completer);

    /// <summary>Adds a flag with two values.</summary>
    public void Add(string name, char letter, string description, string first, string second, Action<string, string> handler, Completer? completer = null) =>
        Add(new Flag(name, letter, description, [first, second], values => handler(values[0], values[1])) { Category = Category, Completer = completer });

    /// <summary>Adds a flag whose values are all the words that are left.</summary>
    public void AddRest(string name, char letter, string description, string first, string others, Action<string[]> handler) =>
        Add(new Flag(name, letter, description, [first, others], handler) { Category = Category, TakesRest = true });

    /// <summary>Takes a flag away.</summary>
    public void Remove(string name)
    {
        if (_byName.Remove(name, out Flag? flag) && flag.ShortName != '\0')
        {
            _byLetter.Remove(flag.ShortName);
        }
    }
}
