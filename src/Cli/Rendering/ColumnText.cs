using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Cli.Rendering;

/// <summary>Rows of words as a table: columns are as wide as their longest word, with two blanks between.</summary>
internal static class ColumnText
{
    public static string Print(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        List<int> widths = [];
        foreach (IReadOnlyList<string> row in rows)
        {
            for (int i = 0; i < row.Count; i++)
            {
                if (i == widths.Count)
                {
                    widths.Add(0);
                }

                widths[i] = Math.Max(widths[i], Width(row[i]));
            }
        }

        StringBuilder text = new();
        foreach (IReadOnlyList<string> row in rows)
        {
            for (int i = 0; i < row.Count; i++)
            {
                // A line break would end the row.
                text.Append(row[i].Replace('\n', ' '));
                if (i < row.Count - 1)
                {
                    text.Append(' ', widths[i] - Width(row[i]) + 2);
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static int Width(string text) => Encoding.UTF8.GetByteCount(text);
}
