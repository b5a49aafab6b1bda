using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Firn.Fetchers;

namespace Firn.Store.BinaryCache;

/// <summary>A binary cache in a directory.</summary>
/// <param name="directory">Absolute path.</param>
/// <param name="url">The URL that messages show.</param>
/// <param name="readOnly">Refuse to write.</param>
internal sealed class DirectoryFiles(string directory, string url, bool readOnly) : ICacheFiles
{
    private static readonly string[] s_directories = ["nar", "realisations", "log"];

    private bool _laidOut;
    private int _count;

    public string Url => url;

    public void Dispose() { }

    /// <summary>The file of a name that a cache, which need not be honest, gave.</summary>
    /// <exception cref="StoreException">It leads out of the cache.</exception>
    internal string Place(string name)
    {
        if (name.Length == 0) throw new StoreException("local binary cache path must not be empty");
        if (name[0] == '/') throw new StoreException("local binary cache path '" + name + "' must not be absolute");
        if (name.Contains('\0', StringComparison.Ordinal)) throw new StoreException("local binary cache path contains a NUL character");
        foreach (string part in name.Split('/'))
            if (part is "." or "..") throw new StoreException("local binary cache path '" + name + "' must not contain '..' or '.' segments");
        return directory + "/" + name;
    }

    public Task<byte[]?> ReadAsync(string name, int max, CancellationToken cancel)
    {
        string file = Place(name);
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            if (stream.Length > max) throw new StoreException("file '" + file + "' is longer than " + max + " bytes");
            byte[] contents = new byte[stream.Length];
            stream.ReadExactly(contents);
            return Task.FromResult<byte[]?>(contents);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<byte[]?>(null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("reading file '" + file + "': " + FileFailure.Reason(e), e);
        }
    }

    public Stream Open(string name, Action<long>? progress, CancellationToken cancel)
    {
        string file = Place(name);
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SubstituteGoneException("file '" + name + "' does not exist in binary cache");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("opening file '" + file + "': " + FileFailure.Reason(e), e);
        }
    }

    public Task<bool> ExistsAsync(string name, CancellationToken cancel) => Task.FromResult(File.Exists(Place(name)));

    public void Write(string name, ReadOnlyMemory<byte> contents, string mediaType)
    {
        using FileStream temporary = CreateTemporary();
        Guard(name, () =>
        {
            temporary.Write(contents.Span);
            temporary.Flush();
        });
        Take(temporary.Name, name, mediaType);
    }

    public StoreException Failed(FetchException failure) => new(failure.Message, failure);

    public FileStream CreateTemporary()
    {
        if (readOnly) throw new StoreException("uploading to '" + url + "' is not supported");
        string name = directory + "/.tmp." + Environment.ProcessId + "." + Interlocked.Increment(ref _count);
        return Guard(name, () =>
        {
            LayOut();
            return new FileStream(name, FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16);
        });
    }

    /// <summary>Makes the directories that every cache has, also where they stay empty.</summary>
    private void LayOut()
    {
        if (_laidOut) return;
        foreach (string name in s_directories) Directory.CreateDirectory(directory + "/" + name);
        _laidOut = true;
    }

    public void Take(string temporary, string name, string mediaType)
    {
        string file = Place(name);
        Guard(name, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Move(temporary, file, overwrite: true);
        });
    }

    /// <summary>The hash parts of all paths in the cache.</summary>
    internal List<string> HashParts()
    {
        List<string> found = [];
        if (!Directory.Exists(directory)) return found;
        foreach (string file in Directory.EnumerateFiles(directory, "*.narinfo"))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (name.Length == Formats.StorePaths.StorePath.HashLength) found.Add(name);
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static void Guard(string name, Action write) => Guard(name, () =>
    {
        write();
        return true;
    });

    private static T Guard<T>(string name, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("writing file '" + name + "' of binary cache: " + FileFailure.Reason(e), e);
        }
    }
}
