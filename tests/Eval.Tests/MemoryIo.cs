using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Io;

namespace Firn.Eval.Tests;

/// <summary>A machine of a few files in memory.</summary>
internal sealed class MemoryIo : IEvalIo
{
    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, string> _links = [];

    public List<string> Messages { get; } = [];

    public int Reads { get; private set; }

    public MemoryIo With(string path, string text)
    {
        _files[path] = text;
        return this;
    }

    public MemoryIo WithLink(string path, string target)
    {
        _links[path] = target;
        return this;
    }

    public byte[] ReadFile(byte[] path)
    {
        Reads++;
        return _files.TryGetValue(Encoding.UTF8.GetString(path), out string? text)
            ? Encoding.UTF8.GetBytes(text)
            : throw new EvalError(EvalErrorKind.File, $"opening file '{path}': No such file or directory");
    }

    public FileType? Lstat(byte[] path)
    {
        string name = Encoding.UTF8.GetString(path);
        if (_links.ContainsKey(name))
        {
            return FileType.Symlink;
        }

        if (_files.ContainsKey(name))
        {
            return FileType.Regular;
        }

        foreach (string file in _files.Keys)
        {
            if (file.StartsWith(name + "/", StringComparison.Ordinal))
            {
                return FileType.Directory;
            }
        }

        return null;
    }

    /// <summary>When every directory was last changed, seconds since 1970; null where that cannot be told.</summary>
    public long? Changed { get; set; }

    public FileStamp? Stamp(byte[] path) => Changed is { } at && Lstat(path) is { } type ? new FileStamp(type, 1, 1, at, 0) : null;

    public IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path)
    {
        Reads++;
        string start = Encoding.UTF8.GetString(path) + "/";
        return [.. _files.Keys.Where(file => file.StartsWith(start, StringComparison.Ordinal)).Select(file => new DirectoryEntry(Encoding.UTF8.GetBytes(file[start.Length..]), FileType.Regular))];
    }

    public byte[] ReadLink(byte[] path) => Encoding.UTF8.GetBytes(_links[Encoding.UTF8.GetString(path)]);

    public byte[]? GetEnvironment(byte[] name) => null;

    public void WriteMessage(byte[] text) => Messages.Add(AnsiText.Strip(Encoding.UTF8.GetString(text)));
}
