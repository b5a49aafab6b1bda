using System;

namespace Firn.Cli.Arguments;

/// <summary>One flag of a command: how it is written, what it is for and what it does.</summary>
/// <param name="Name">The long name without its dashes.</param>
/// <param name="ShortName">The letter after one dash, or <c>'\0'</c> for none.</param>
/// <param name="Description">One sentence in Markdown.</param>
/// <param name="Labels">What the values that follow are called; as many values are read.</param>
/// <param name="Handler">Takes the values when the flag is met.</param>
internal sealed record Flag(string Name, char ShortName, string Description, string[] Labels, Action<string[]> Handler)
{
    /// <summary>The heading that help lists it under; empty for the command's own.</summary>
    public string Category { get; init; } = "";

    /// <summary>Whether it takes all words that are left instead, however many; <see cref="Labels"/> name the first and the others.</summary>
    public bool TakesRest { get; init; }

    /// <summary>Other long names.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>The experimental feature that using it needs, or null.</summary>
    public string? Feature { get; init; }

    /// <summary>Whether the command is an error without it.</summary>
    public bool Required { get; init; }

    /// <summary>Adds what a value that begins with the text may become; null where nobody knows.</summary>
    public Completer? Completer { get; init; }
}

/// <summary>Adds what a word that begins with <paramref name="prefix"/> may become.</summary>
/// <param name="completions">Takes the words.</param>
/// <param name="index">Which of several values it is, from 0.</param>
/// <param name="prefix">What was typed so far.</param>
internal delegate void Completer(Completions completions, int index, string prefix);
