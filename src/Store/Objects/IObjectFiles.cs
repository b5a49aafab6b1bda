using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Store.Objects;

/// <summary>
/// The files of one store object, to look at one by one. Paths are relative, with slashes between names and none
/// around; the empty one is the object itself. Links are never followed.
/// </summary>
public interface IObjectFiles : IDisposable
{
    /// <summary>Null where there is no such file.</summary>
    /// <exception cref="StoreException">A link or something unreadable is on the way.</exception>
    NarFacts? Find(ReadOnlySpan<byte> path);

    /// <summary>Names in a directory, sorted by byte.</summary>
    /// <exception cref="StoreException">It is none.</exception>
    IReadOnlyList<byte[]> List(ReadOnlySpan<byte> path);

    /// <summary>Writes the contents of a regular file.</summary>
    /// <exception cref="StoreException">It is none.</exception>
    void Read(ReadOnlySpan<byte> path, IByteSink to);

    /// <summary>A path as messages show it.</summary>
    string Show(ReadOnlySpan<byte> path);
}

/// <summary>A store that can hand out single files without their whole NAR.</summary>
public interface IFileStore
{
    /// <exception cref="InvalidPathException">The object is not valid.</exception>
    IObjectFiles OpenFiles(StorePath path);
}

/// <summary>Looking at the files of any store.</summary>
public static class ObjectFiles
{
    /// <summary>The files of a store object, from its NAR where the store has nothing better.</summary>
    /// <exception cref="InvalidPathException">The object is not valid.</exception>
    public static IObjectFiles Open(IStore store, StorePath path) => store is IFileStore files ? files.OpenFiles(path) : NarFiles.Of(store, path);

    /// <exception cref="StoreException">There is no such file.</exception>
    public static NarFacts Get(this IObjectFiles files, ReadOnlySpan<byte> path) =>
        files.Find(path) ?? throw new StoreException("path '" + files.Show(path) + "' does not exist");

    /// <summary>A path and a name in it.</summary>
    public static byte[] Join(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        if (path.IsEmpty) return name.ToArray();
        byte[] joined = new byte[path.Length + 1 + name.Length];
        path.CopyTo(joined);
        joined[path.Length] = (byte)'/';
        name.CopyTo(joined.AsSpan(path.Length + 1));
        return joined;
    }

    /// <summary>A path in its one form, of one that a user wrote: without empty names, <c>.</c> and <c>..</c>.</summary>
    public static byte[] Canonical(string path)
    {
        var names = new List<string>();
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name == ".") continue;
            if (name != "..") names.Add(name);
            else if (names.Count > 0) names.RemoveAt(names.Count - 1);
        }
        return Encoding.UTF8.GetBytes(string.Join('/', names));
    }
}
