using System;
using System.IO;
using System.Threading;

namespace Firn.Fetchers.Fetching;

/// <summary>Keeps other processes out of a folder of the cache. Waits as long as it takes.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    internal static FileLock Take(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
            {
                // Another process holds it; there is no way to be told when it lets go.
                Thread.Sleep(50);
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
