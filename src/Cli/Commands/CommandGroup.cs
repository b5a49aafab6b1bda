using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Cli.Commands;

/// <summary>Where help lists a command.</summary>
internal enum CommandCategory
{
    Help,
    Main,
    Secondary,
    Utility,
    Installation,

    /// <summary>For scripts of the project; not listed.</summary>
    Hidden,
}

/// <summary>A subcommand by name, made when it is called.</summary>
internal readonly record struct CommandEntry(string Name, CommandCategory Category, Func<NixCommand> Make);

/// <summary>Commands under one word: <c>nix</c> itself, <c>nix store</c>, <c>nix hash</c>, ….</summary>
/// <param name="name">The words before, without <c>nix</c>; empty for <c>nix</c> itself.</param>
/// <param name="entries">In order of their names.</param>
internal sealed class CommandGroup(string name, string description, CommandEntry[] entries) : NixCommand
{
    public string Name { get; } = name;

    /// <summary>Old names of commands, which are frowned upon, with the names now.</summary>
    public IReadOnlyDictionary<string, string> OldNames { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<CommandEntry> Entries => entries;

    public override string Description { get; } = description;

    /// <summary>The entry with that name, or null. Names cannot be abbreviated.</summary>
    public CommandEntry? Find(string name)
    {
        foreach (CommandEntry entry in entries)
        {
            if (entry.Name == name)
            {
                return entry;
            }
        }

        return null;
    }

    public override int Run(CommandContext context)
    {
        List<string> lines = [];
        foreach (CommandEntry entry in entries)
        {
            if (entry.Category != CommandCategory.Hidden)
            {
                lines.Add(entry.Name);
            }
        }

        // A name and a longer one that begins with it: the longer comes first, as real Nix lists them.
        lines.Sort(static (a, b) => string.CompareOrdinal(a + "`", b + "`"));
        StringBuilder text = new($"nix {Name} requires a sub-command. Available sub-commands:\n\n");
        foreach (string line in lines)
        {
            text.Append("  · ").Append(line).Append('\n');
        }

        throw CliException.Usage(text.ToString().TrimEnd('\n'));
    }
}
