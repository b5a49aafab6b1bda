using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Cli.Commands.Help;

/// <summary><c>nix __dump-cli</c>: every command with its flags as JSON, for the manual.</summary>
internal sealed class DumpCli : NixCommand
{
    public override string Description => "describe the commands as JSON";

    public override string? Feature => null;

    public override int Run(CommandContext context)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text);
        json.BeginObject();
        json.Name("args");
        List<Flag> common = [.. new GlobalFlags(context).Table.All, .. SettingFlags.All(context.Settings)];
        Write(json, CommandTable.Root(), common, category: null);
        json.EndObject();
        context.WriteLine(text.Span);
        return 0;
    }

    private static void Write(JsonTextWriter json, NixCommand command, IEnumerable<Flag> more, CommandCategory? category)
    {
        json.BeginObject();
        json.Name("args");
        json.BeginArray();
        foreach (Operand operand in command.Operands)
        {
            json.BeginObject();
            if (!operand.Many)
            {
                json.Name("arity");
                json.Number(1L);
            }

            json.Name("label");
            json.String(operand.Label);
            json.Name("optional");
            json.Bool(operand is { Many: false, Optional: true });
            json.EndObject();
        }

        json.EndArray();
        if (category is CommandCategory its)
        {
            json.Name("category");
            json.BeginObject();
            json.Name("experimental-feature");
            WriteFeature(json, command.Feature);
            json.Name("id");
            json.Number((long)its);
            json.EndObject();
        }

        if (command is CommandGroup group)
        {
            json.Name("commands");
            json.BeginObject();
            foreach (CommandEntry entry in group.Entries)
            {
                if (entry.Category != CommandCategory.Hidden)
                {
                    json.Name(entry.Name);
                    Write(json, entry.Make(), [], entry.Category);
                }
            }

            json.EndObject();
        }

        json.Name("description");
        json.String(command.Description);
        json.Name("flags");
        json.BeginObject();
        SortedDictionary<string, Flag> flags = new(StringComparer.Ordinal);
        foreach (Flag flag in (IEnumerable<Flag>)[.. command.Flags.All, .. more])
        {
            flags[flag.Name] = flag;
        }

        foreach (Flag flag in flags.Values)
        {
            json.Name(flag.Name);
            Write(json, flag);
        }

        json.EndObject();
        json.EndObject();
    }

    private static void Write(JsonTextWriter json, Flag flag)
    {
        json.BeginObject();
        json.Name("arity");
        if (flag.TakesRest)
        {
            // The largest number there is stands for any.
            json.Value("18446744073709551615"u8.ToArray());
        }
        else
        {
            json.Number((long)flag.Labels.Length);
        }

        json.Name("category");
        json.String(flag.Category);
        json.Name("description");
        json.String(flag.Description);
        json.Name("experimental-feature");
        WriteFeature(json, flag.Feature);
        json.Name("hiddenCategory");
        json.Bool(flag.Category == SettingFlags.Heading);
        if (flag.Labels.Length > 0)
        {
            json.Name("labels");
            json.BeginArray();
            foreach (string label in flag.Labels)
            {
                json.String(label);
            }

            json.EndArray();
        }

        if (flag.ShortName != '\0')
        {
            json.Name("shortName");
            json.String(flag.ShortName.ToString());
        }

        json.EndObject();
    }

    private static void WriteFeature(JsonTextWriter json, string? feature)
    {
        if (feature is null)
        {
            json.Null();
        }
        else
        {
            json.String(feature);
        }
    }
}
