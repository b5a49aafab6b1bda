using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Xunit;

namespace Firn.Architecture.Tests;

/// <summary>Holds the table of projects in docs/architecture.md against the project files.</summary>
public sealed class ProjectReferenceTests
{
    private static string Root()
    {
        DirectoryInfo? dir = new(AppContext.BaseDirectory);
        while (dir is not null && !File.Exists(Path.Combine(dir.FullName, "Firn.slnx")))
        {
            dir = dir.Parent;
        }

        if (dir is null && Environment.GetEnvironmentVariable("FIRN_ROOT") is string root)
        {
            return root;
        }

        return dir?.FullName ?? throw new InvalidOperationException("no Firn.slnx above the test assembly; set FIRN_ROOT");
    }

    private static SortedDictionary<string, string> DocumentedReferences()
    {
        SortedDictionary<string, string> table = new(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(Root(), "docs", "architecture.md")))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length >= 4 && cells[1].StartsWith('`') && cells[1].EndsWith('`'))
            {
                string references = cells[2] == "none" ? "" : cells[2];
                table[cells[1].Trim('`')] = string.Join(", ", references.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
            }
        }

        return table;
    }

    private static SortedDictionary<string, string> ActualReferences()
    {
        SortedDictionary<string, string> table = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories))
        {
            IEnumerable<string> references = XDocument.Load(file).Descendants("ProjectReference")
                .Select(static r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
            table[Path.GetFileNameWithoutExtension(file)] = string.Join(", ", references.Order(StringComparer.Ordinal));
        }

        return table;
    }

    [Fact]
    public void The_documented_references_are_the_actual_ones() => Assert.Equal(DocumentedReferences(), ActualReferences());
}
