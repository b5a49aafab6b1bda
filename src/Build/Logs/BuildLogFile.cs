using System;
using System.IO;
using Firn.Fetchers.Compression;
using Firn.Formats.StorePaths;

namespace Firn.Build.Logs;

/// <summary>The file that keeps a build's log: <c>drvs/XX/REST.drv.bz2</c>, where XX are the first two digits.</summary>
internal sealed class BuildLogFile : IDisposable
{
    private readonly Stream? _stream;

    /// <param name="logDir">The directory of logs, or null to keep none.</param>
    public BuildLogFile(string? logDir, StorePath derivation, bool compress)
    {
        if (logDir is null)
        {
            return;
        }

        string directory = Path.Combine(logDir, "drvs", derivation.BaseName[..2]);
        Directory.CreateDirectory(directory);
        string name = Path.Combine(directory, derivation.BaseName[2..] + (compress ? ".bz2" : ""));

        // A new file: whoever reads the old one goes on reading it, and a link in its place is not followed.
        File.Delete(name);
        FileStream file = new(name, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        _stream = compress ? Compressed.Compress(file, CompressionKind.Bzip2) : file;
    }

    /// <summary>Why the log is not whole, or null. A build that fails has more to say than that; one that succeeds is not taken without its log.</summary>
    public IOException? Failure { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_stream is null || Failure is not null)
        {
            return;
        }

        try
        {
            _stream.Write(bytes);
        }
        catch (IOException e)
        {
            Failure = e;
        }
    }

    public void Dispose()
    {
        try
        {
            _stream?.Dispose();
        }
        catch (IOException e)
        {
            Failure ??= e;
        }
    }
}
