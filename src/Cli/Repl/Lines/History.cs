using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Cli.Repl.Lines;

/// <summary>The lines of earlier conversations and of this one, kept in a file.</summary>
internal sealed class History
{
    private const int MaxLines = 1000;

    private readonly string _file;
    private readonly List<string> _lines = [];

    public History(string file)
    {
        _file = file;
        if (File.Exists(file))
        {
            _lines.AddRange(File.ReadAllLines(file));
        }
    }

    public int Count => _lines.Count;

    public string this[int index] => _lines[index];

    public void Add(string line)
    {
        if (line.Trim().Length > 0 && (_lines.Count == 0 || _lines[^1] != line))
        {
            _lines.Add(line);
        }
    }

    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        int first = Math.Max(0, _lines.Count - MaxLines);
        File.WriteAllLines(_file, _lines[first..]);
    }

    /// <summary>The file of this user.</summary>
    public static string DefaultFile(Func<string, string?> environment)
    {
        string data = environment("NIX_DATA_HOME") is { Length: > 0 } own ? own
            : environment("XDG_DATA_HOME") is { Length: > 0 } xdg ? Path.Combine(xdg, "nix")
            : Path.Combine(environment("HOME") ?? "/", ".local/share/nix");
        return Path.Combine(data, "repl-history");
    }
}
