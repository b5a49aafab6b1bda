using System.Text;

namespace Firn.Cli.Repl.Lines;

/// <summary>Lines of a file or pipe. They are shown after the prompt, as if they had been typed.</summary>
internal sealed class PipedLineReader(CommandContext context) : ILineReader
{
    public string? Read(string prompt)
    {
        context.Write(Encoding.UTF8.GetBytes(prompt));
        context.Out.Flush();
        string? line = context.Input.ReadLine();
        if (line is not null)
        {
            context.WriteLine(line);
        }

        return line;
    }

    public void Dispose()
    {
        // The input goes on behind this conversation.
    }
}
