using System;
using System.Text;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Messages with their labels and colours.</summary>
internal static class ErrorText
{
    private const string Strong = "\x1b[35;1m", Plain = "\x1b[0m", Red = "\x1b[31;1m";

    /// <summary>An error; lines after the first stand under the first one's text.</summary>
    public static LogErrorText Error(string message)
    {
        string coloured = Coloured(message);
        string indented = coloured.Replace("\n", "\n       ", StringComparison.Ordinal).Replace("\n       \n", "\n\n", StringComparison.Ordinal);
        return new LogErrorText(Verbosity.Error, Red + "error:" + Plain + (indented.StartsWith('\n') ? "" : " ") + indented, coloured);
    }

    /// <summary>A message under what was being done.</summary>
    public static string Traced(string trace, string message) => "\n… " + trace + "\n\n" + Red + "error:" + Plain + " " + message;

    /// <summary>A warning.</summary>
    public static LogErrorText Warning(string message)
    {
        string coloured = Coloured(message);
        return new LogErrorText(Verbosity.Warning, WarningLabel + coloured, coloured);
    }

    public static string WarningLabel => Strong + "warning:" + Plain + " ";

    // Paths and reasons are what the eye looks for. Lines of logs stay as they are.
    private static string Coloured(string message)
    {
        if (message.Contains('\x1b'))
        {
            return message;
        }

        StringBuilder text = new(message.Length + 32);
        bool first = true;
        foreach (string line in message.Split('\n'))
        {
            text.Append(first ? "" : "\n");
            first = false;
            if (line.StartsWith("Reason: ", StringComparison.Ordinal) && line.EndsWith('.'))
            {
                text.Append("Reason: ").Append(Red).Append(line, 8, line.Length - 9).Append(Plain).Append('.');
            }
            else if (line.StartsWith("  /", StringComparison.Ordinal) && line.IndexOf(' ', 2) < 0)
            {
                text.Append("  ").Append(Strong).Append(line, 2, line.Length - 2).Append(Plain);
            }
            else if (line.StartsWith('>'))
            {
                text.Append(line);
            }
            else
            {
                Quoted(text, line);
            }
        }

        return text.ToString();
    }

    private static void Quoted(StringBuilder text, string line)
    {
        int at = 0;
        while (at < line.Length)
        {
            int begin = line.IndexOf("'/", at, StringComparison.Ordinal);
            int end = begin < 0 ? -1 : line.IndexOf('\'', begin + 1);
            if (end < 0)
            {
                break;
            }

            text.Append(line, at, begin + 1 - at).Append(Strong).Append(line, begin + 1, end - begin - 1).Append(Plain).Append('\'');
            at = end + 1;
        }

        text.Append(line, at, line.Length - at);
    }
}
