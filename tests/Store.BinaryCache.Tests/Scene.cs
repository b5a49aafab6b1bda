using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Store.BinaryCache.Tests;

/// <summary>A throw-away directory with stores in it.</summary>
internal sealed class Scene : IStoreLog, IDisposable
{
    private readonly Downloader _downloader;
    private readonly AnswerCache _answers;

    public Scene(AnswerLifetimes? lifetimes = null, double stalledSeconds = 60)
    {
        Root = Directory.CreateTempSubdirectory("firn-cache-").FullName;
        Dir = StoreDir.Default;
        _downloader = new Downloader(
            new DownloadSettings { Attempts = 3, FirstPause = TimeSpan.FromMilliseconds(1), StalledTimeout = TimeSpan.FromSeconds(stalledSeconds) },
            new MirrorTable(MirrorTable.ParseSetting(""), _ => null, () => []),
            text => Messages.Enqueue("warning: " + text));
        _answers = new AnswerCache(Root + "/home/answers.sqlite", lifetimes ?? new AnswerLifetimes(), text => Messages.Enqueue("warning: " + text));
    }

    public string Root { get; }

    public StoreDir Dir { get; }

    public ConcurrentQueue<string> Messages { get; } = new();

    public string CacheDirectory => Root + "/cache";

    public void Write(StoreLogLevel level, string message) => Messages.Enqueue(message);

    public LocalStore NewStore(string name) => new(LocalStoreOptions.UnderRoot(Path.Combine(Root, name), Dir) with { FsyncMetadata = false });

    /// <summary>Opens a cache; answers are kept only where told.</summary>
    public BinaryCacheStore Open(string url, bool keep = false) =>
        BinaryCaches.Open(StoreReference.Parse(url), new BinaryCacheServices { StoreDir = Dir, Downloader = _downloader, Answers = keep ? _answers : null, Log = this });

    public BinaryCacheStore Cache(string parameters = "") => Open("file://" + CacheDirectory + parameters);

    /// <summary>A directory with a file of pseudo-random bytes, an executable and a link.</summary>
    public StorePath AddTree(LocalStore store, string name, int size, params StorePath[] references)
    {
        string file = Path.Combine(Root, "source-" + name);
        Directory.CreateDirectory(file + "/bin");
        byte[] noise = new byte[size];
        new Random(name.GetHashCode(StringComparison.Ordinal) & 0xff).NextBytes(noise);
        noise.AsSpan(size / 2).Clear();
        File.WriteAllBytes(file + "/data", noise);
        File.WriteAllText(file + "/bin/run", "#!/bin/sh\n" + string.Join('\n', references.Select(Dir.Print)));
        File.SetUnixFileMode(file + "/bin/run", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(file + "/link", "data");
        return store.Add(new Source { Name = name, File = file, References = [.. references.Order()] }).Path;
    }

    public StorePath AddText(LocalStore store, string name, string text) => store.AddText(name, Encoding.UTF8.GetBytes(text), []);

    public void Dispose()
    {
        _downloader.Dispose();
        _answers.Dispose();
        using Process p = Process.Start("chmod", ["-R", "u+w", Root]);
        p.WaitForExit();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Copies one path as substitution does.</summary>
    public static void Take(BinaryCacheStore from, LocalStore to, StorePath path)
    {
        PathInfo info = from.Get(path);
        using Stream nar = from.OpenNar(info, null, CancellationToken.None);
        to.AddNar(info, nar);
    }
}
