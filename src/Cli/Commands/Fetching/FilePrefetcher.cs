using System;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Cli.Wiring;
using Firn.Fetchers.Archives;
using Firn.Fetchers.Downloads;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Fetching;

/// <summary>Downloads a file into the store, so that a build which wants it finds it there.</summary>
/// <param name="Name">The name of the store object; null takes it from the URL.</param>
/// <param name="Algorithm">What it is hashed with, where no hash is expected.</param>
/// <param name="Expected">The hash that it must have, or null.</param>
/// <param name="Unpack">Whether it is an archive whose contents are wanted.</param>
/// <param name="Executable">Whether the file is to be executable.</param>
internal sealed record FilePrefetcher(string? Name, HashAlgorithm Algorithm, Hash? Expected, bool Unpack, bool Executable)
{
    /// <summary>Downloads it, unless what is expected is there already.</summary>
    /// <exception cref="CliException">The URL has no name in it, or the archive is empty.</exception>
    public (StorePath Path, Hash Hash) Fetch(CommandContext context, ILocalFsStore store, string url)
    {
        context.Settings.RequireAlgorithm(Algorithm);
        string name = Name ?? NameOf(url);
        if (StorePathName.Fault(name) is string fault)
        {
            throw Name is null ? new CliException($"invalid store path name '{name}', extracted from URL '{url}': {fault}") : new BadStorePathException(fault);
        }

        ContentAddressMethod method = Unpack || Executable ? ContentAddressMethod.NixArchive : ContentAddressMethod.Flat;
        if (Expected is Hash expected)
        {
            StorePath path = store.StoreDir.MakeFromContentAddress(name, new ContentAddress(method, expected));
            if (store.IsValid(path))
            {
                return (path, expected);
            }
        }

        DirectoryInfo temporary = Directory.CreateTempSubdirectory("nix-prefetch-");
        try
        {
            string file = Path.Combine(temporary.FullName, "tmp");
            Download(context, url, file);
            if (Unpack)
            {
                using Activity unpacking = context.Log.Begin(Verbosity.Chatty, ActivityType.Unknown, $"unpacking '{url}'");
                file = Unpacked(url, file, Path.Combine(temporary.FullName, "unpacked"));
            }
            else if (Executable)
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Source source = new() { Name = name, File = file, Method = method, Algorithm = Expected?.Algorithm ?? Algorithm };
            if (Expected is Hash wanted)
            {
                Hash got = store.Compute(source).ContentAddress!.Value.Hash;
                if (got != wanted)
                {
                    throw new CliException($"hash mismatch for '{url}'");
                }
            }

            using Activity adding = context.Log.Begin(Verbosity.Chatty, ActivityType.Unknown, $"adding '{url}' to the store");
            PathInfo info = store.Add(source);
            return (info.Path, info.ContentAddress!.Value.Hash);
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static void Download(CommandContext context, string url, string file)
    {
        using Downloader downloader = BuilderWiring.MakeDownloader(context);
        using FileStream stream = new(file, FileMode.CreateNew, FileAccess.ReadWrite);
        downloader.DownloadAsync(url, new DownloadTarget(stream), null, null, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The one file or directory of an archive, or the directory of all where there are more.</summary>
    private static string Unpacked(string url, string file, string directory)
    {
        Directory.CreateDirectory(directory);
        using (FileStream stream = new(file, FileMode.Open))
        {
            Archive.Unpack(stream, directory);
        }

        FileSystemInfo[] entries = new DirectoryInfo(directory).GetFileSystemInfos();
        return entries.Length switch
        {
            0 => throw new CliException($"archive '{url}' is empty"),
            1 => entries[0].FullName,
            _ => directory,
        };
    }

    /// <summary>The last part of the URL's path that is not empty.</summary>
    private static string NameOf(string url)
    {
        int end = url.AsSpan().IndexOfAny('?', '#');
        string path = end < 0 ? url : url[..end];
        int authority = path.IndexOf("://", StringComparison.Ordinal);
        string[] parts = (authority < 0 ? path : path[(authority + 3)..]).Split('/');
        string? last = parts.Skip(1).LastOrDefault(static p => p.Length > 0);
        return last is null ? throw new CliException($"cannot figure out file name for '{url}'") : Uri.UnescapeDataString(last);
    }
}
