using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Differential.Tests;

/// <summary>
/// What changed between the implementation that the distribution installs and the one whose behaviour this one has.
/// </summary>
/// <param name="Value">Null when it fails.</param>
internal sealed record ChangedExpression(Printing Printing, string Expression, string? Value)
{
    private const string Fails = "fails";

    /// <summary>
    /// Reads a file of lines such as <c>Json 3.0 => 3.0</c>; lines of <c>#</c> give the reason of those below.
    /// </summary>
    public static List<ChangedExpression> Read(string file)
    {
        List<ChangedExpression> changed = [];
        foreach (string line in File.ReadLines(file))
        {
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            int space = line.IndexOf(' ');
            int arrow = line.LastIndexOf(" => ", StringComparison.Ordinal);
            string value = line[(arrow + 4)..];
            changed.Add(new ChangedExpression(Enum.Parse<Printing>(line[..space]), line[(space + 1)..arrow], value == Fails ? null : value));
        }

        return changed;
    }
}
