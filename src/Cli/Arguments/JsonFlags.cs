using System;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Cli.Arguments;

/// <summary><c>--json</c>, <c>--pretty</c> and <c>--no-pretty</c>.</summary>
internal sealed class JsonFlags
{
    /// <summary>Whether the result is wanted as JSON.</summary>
    public bool Json { get; private set; }

    /// <summary>Whether JSON is laid out for people: as asked, else where the standard output is a terminal.</summary>
    public bool Pretty { get; private set; } = !Console.IsOutputRedirected;

    /// <summary>Writes a line of JSON as the flags want it.</summary>
    public void Write(CommandContext context, Action<JsonTextWriter> write) => Write(context, Pretty, write);

    /// <inheritdoc cref="Write(CommandContext, Action{JsonTextWriter})"/>
    public static void Write(CommandContext context, bool pretty, Action<JsonTextWriter> write)
    {
        ByteBuffer text = new();
        write(new JsonTextWriter(text, pretty));
        context.WriteLine(text.Span);
    }

    /// <param name="choice">False for commands that know no other form of output.</param>
    public void Declare(FlagTable flags, bool choice = true)
    {
        if (choice)
        {
            flags.Add("json", "Produce output in JSON format, suitable for consumption by another program.", () => Json = true);
        }

        flags.Add("pretty", "Print multi-line, indented JSON output for readability. Default: indent if output is to a terminal.", () => Pretty = true);
        flags.Add("no-pretty", "Print compact JSON output on a single line, even when the output is a terminal.", () => Pretty = false);
    }
}
