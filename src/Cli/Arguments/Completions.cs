using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Firn.Cli.Arguments;

/// <summary>What the word at the cursor may become, for the completion of shells (<c>NIX_GET_COMPLETIONS</c>).</summary>
/// <remarks>The first line says what the words are: <c>normal</c>, <c>filenames</c> or <c>attrs</c>; each other one is a word, a tab and a description.</remarks>
internal sealed class Completions(CommandContext context)
{
    private readonly SortedSet<(string Word, string Description)> _words = new(Comparer<(string Word, string Description)>.Create(static (a, b) =>
        string.CompareOrdinal(a.Word, b.Word) is int order and not 0 ? order : string.CompareOrdinal(a.Description, b.Description)));

    /// <summary>What completing takes its settings from.</summary>
    public CommandContext Context => context;

    /// <summary>The flakes that the line names, for words that are about what is in them.</summary>
    public IReadOnlyList<string> Flakes { get; set; } = [];

    /// <summary>What the words are.</summary>
    public string Kind { get; set; } = "normal";

    public void Add(string word, string description = "")
    {
        string text = description.Trim();
        int end = text.AsSpan().IndexOfAny('.', '\n');
        if (end >= 0)
        {
            // A sentence is enough, and a line can hold no more.
            text = end == text.Length - 1 ? text[..end] : text[..end] + " [...]";
        }

        _words.Add((word, text));
    }

    /// <summary>Adds the files that begin so.</summary>
    public static void Files(Completions completions, int index, string prefix) => AddFiles(completions, prefix, onlyDirectories: false);

    /// <summary>Adds the directories that begin so.</summary>
    public static void Directories(Completions completions, int index, string prefix) => AddFiles(completions, prefix, onlyDirectories: true);

    /// <summary>A word as a shell would have it: with the home directory for a tilde at its start.</summary>
    public static string AtHome(string word) =>
        word == "~" || word.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetEnvironmentVariable("HOME") + word[1..] : word;

    public void Write(TextWriter output)
    {
        output.Write(Kind + "\n");
        foreach ((string word, string description) in _words)
        {
            output.Write(word + "\t" + description.Trim() + "\n");
        }
    }

    private static void AddFiles(Completions completions, string prefix, bool onlyDirectories)
    {
        completions.Kind = "filenames";
        string typed = AtHome(prefix);
        int slash = typed.LastIndexOf('/') + 1;
        string folder = typed[..slash];
        DirectoryInfo directory = new(folder.Length == 0 ? "." : folder);
        if (!directory.Exists)
        {
            return;
        }

        foreach (FileSystemInfo entry in directory.EnumerateFileSystemInfos().Where(e => e.Name.StartsWith(typed[slash..], StringComparison.Ordinal)))
        {
            bool hidden = entry.Name[0] == '.' && slash == typed.Length;
            if (!hidden && (!onlyDirectories || Directory.Exists(entry.FullName)))
            {
                completions.Add(folder + entry.Name);
            }
        }
    }
}
