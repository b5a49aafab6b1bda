using System;
using System.Collections.Generic;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Commands;

namespace Firn.Cli.Rendering;

/// <summary>Help of a <c>nix</c> command, from what it says of its own flags and operands.</summary>
internal static class HelpPrinter
{
    private const int Width = 80;

    public static void Print(CommandContext context, GlobalFlags global, IReadOnlyList<string> names, NixCommand command)
    {
        string words = string.Join(' ', ["nix", .. names]);
        StringBuilder text = new($"NAME\n  {words} - {command.Description}\n\nSYNOPSIS\n  {words} [option...]");
        foreach (Operand operand in command.Operands)
        {
            text.Append(' ').Append(operand.Many ? $"{operand.Label}..." : operand.Optional ? $"[{operand.Label}]" : operand.Label);
        }

        text.Append(command is CommandGroup ? " subcommand\n" : "\n");
        if (command is CommandGroup group)
        {
            Commands(text, group, words);
        }

        List<Flag> flags = [.. command.Flags.All];
        Flags(text, flags, "", "OPTIONS");
        foreach (string heading in Headings(flags))
        {
            Flags(text, flags, heading, heading.ToUpperInvariant());
        }

        if (names.Count == 0)
        {
            List<Flag> common = [.. global.Table.All];
            Flags(text, common, "", "OPTIONS");
            foreach (string heading in Headings(common))
            {
                Flags(text, common, heading, heading.ToUpperInvariant());
            }
        }

        text.Append(names.Count == 0
            ? "\nEvery setting of nix.conf is a flag too: --NAME VALUE, --NAME and --no-NAME for those that are on\nor off, --extra-NAME VALUE to add to a list.\n"
            : "\nThe options of every command are listed by 'nix --help'.\n");
        if (command.Feature is string feature)
        {
            text.Append($"\nThis belongs to the experimental feature '{feature}'.\n");
        }

        context.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Commands(StringBuilder text, CommandGroup group, string words)
    {
        foreach ((CommandCategory category, string heading) in (ReadOnlySpan<(CommandCategory, string)>)
            [
                (CommandCategory.Help, "HELP COMMANDS"),
                (CommandCategory.Main, group.Name.Length == 0 ? "MAIN COMMANDS" : "COMMANDS"),
                (CommandCategory.Secondary, "INFREQUENTLY USED COMMANDS"),
                (CommandCategory.Utility, "UTILITY/SCRIPTING COMMANDS"),
                (CommandCategory.Installation, "COMMANDS FOR UPGRADING OR TROUBLESHOOTING THE INSTALLATION"),
            ])
        {
            string? before = $"\n{heading}\n";
            foreach (CommandEntry entry in group.Entries)
            {
                if (entry.Category == category)
                {
                    text.Append(before).Append($"  {words} {entry.Name} - {entry.Make().Description}\n");
                    before = null;
                }
            }
        }
    }

    private static IEnumerable<string> Headings(List<Flag> flags)
    {
        SortedSet<string> headings = new(StringComparer.Ordinal);
        foreach (Flag flag in flags)
        {
            if (flag.Category.Length > 0)
            {
                headings.Add(flag.Category);
            }
        }

        return headings;
    }

    private static void Flags(StringBuilder text, List<Flag> flags, string category, string heading)
    {
        string? before = $"\n{heading}\n";
        foreach (Flag flag in flags)
        {
            if (flag.Category != category)
            {
                continue;
            }

            text.Append(before).Append("  --").Append(flag.Name);
            before = null;
            foreach (string alias in flag.Aliases)
            {
                text.Append(" / --").Append(alias);
            }

            if (flag.ShortName != '\0')
            {
                text.Append(" / -").Append(flag.ShortName);
            }

            foreach (string label in flag.Labels)
            {
                text.Append(' ').Append(label);
            }

            text.Append('\n');
            Wrap(text, flag.Description);
        }
    }

    private static void Wrap(StringBuilder text, string paragraph)
    {
        const string Indent = "      ";
        int column = 0;
        foreach (string word in paragraph.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? Indent : " ").Append(word);
            column += (column == 0 ? Indent.Length : 1) + word.Length;
        }

        text.Append('\n');
    }
}
