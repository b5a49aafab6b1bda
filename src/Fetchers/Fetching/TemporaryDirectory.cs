using System;
using System.IO;

namespace Firn.Fetchers.Fetching;

/// <summary>A folder of our own that goes away.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    internal TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("firn-fetch-").FullName;

    internal string Path { get; }

    public void Dispose() => Directory.Delete(Path, true);
}
