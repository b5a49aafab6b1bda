using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Fetchers;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Store;
using Microsoft.Win32.SafeHandles;

namespace Firn.Build.Builtins;

/// <summary>
/// The process of a builder of our own. It finds its request on descriptor 3 and tells of its progress on descriptor 4;
/// what it makes lies in the outputs, and errors go to the log, as with any builder.
/// </summary>
public static class BuiltinProcess
{
    private const int RequestDescriptor = 3;
    private const int MessageDescriptor = 4;

    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(50);

    /// <summary>Builds.</summary>
    /// <param name="restoreNar">Makes a tree of a NAR at a path that does not exist.</param>
    /// <returns>The exit status.</returns>
    public static int Run(Action<Stream, string> restoreNar)
    {
        using Stream log = Console.OpenStandardError();
        void Say(string line) => log.Write(Encoding.UTF8.GetBytes(line + "\n"));

        BuiltinRequest request = BuiltinRequest.Parse(ReadRequest());
        string name = Encoding.UTF8.GetString(request.Derivation.Builder)["builtin:".Length..];
        using FileStream messages = new(new SafeFileHandle(MessageDescriptor, ownsHandle: true), FileAccess.Write, 0);
        // What may be known of the surroundings is in the environment, which is made for this process.
        DownloadSettings settings = request.Download with { Proxies = ProxySettings.FromEnvironment(Environment.GetEnvironmentVariable) };
        using Downloader downloader = new(settings, new MirrorTable(request.Mirrors, static _ => null, static () => []), warning => Say("warning: " + warning));
        long told = 0;
        BuiltinContext context = new()
        {
            Derivation = request.Derivation,
            StoreDir = request.StoreDir,
            RealStoreDir = request.RealStoreDir,
            Outputs = request.Outputs,
            Downloader = downloader,
            HashedMirrors = request.HashedMirrors,
            Log = Say,
            Begin = url => messages.Write(BuiltinMessages.Begin(url)),
            Progress = (received, total) =>
            {
                // Nobody looks more often, but the end shows.
                if (received == total || Stopwatch.GetElapsedTime(told) > s_between)
                {
                    told = Stopwatch.GetTimestamp();
                    messages.Write(BuiltinMessages.Progress(received, total));
                }
            },
            RestoreNar = restoreNar,
            Cancel = CancellationToken.None,
        };
        try
        {
            (BuiltinTable.Find(name) ?? throw new BuiltinException($"unsupported builtin builder '{name}'"))(context);
            if (context.Url is { } url)
            {
                messages.Write(BuiltinMessages.From(url));
            }

            return 0;
        }
        catch (Exception e) when (e is BuiltinException or FetchException or IOException or UnauthorizedAccessException or StoreException)
        {
            Say("error: " + e.Message);
            return 1;
        }
    }

    private static byte[] ReadRequest()
    {
        using FileStream file = new(new SafeFileHandle(RequestDescriptor, ownsHandle: true), FileAccess.Read, 0);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>
/// What a builder of our own tells while it works: lines, "begin URL", "progress RECEIVED TOTAL" and "from URL". They are shown to people
/// and nothing else follows from them.
/// </summary>
/// <param name="progress">Told the URL of a download, what came of it and of how much.</param>
internal sealed class BuiltinMessages(Action<string, long, long?> progress)
{
    private const int MaxLine = 65536;

    private readonly StringBuilder _line = new();
    private string _current = "";

    /// <summary>Where the contents came from, or null.</summary>
    public string? Url { get; private set; }

    public static byte[] Progress(long received, long? total) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"progress {received} {total ?? -1}\n"));

    public static byte[] Begin(string url) => Encoding.UTF8.GetBytes($"begin {url.Replace('\n', ' ')}\n");

    public static byte[] From(string url) => Encoding.UTF8.GetBytes($"from {url.Replace('\n', ' ')}\n");

    /// <summary>Takes a piece; what makes no sense is passed over.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        foreach (char c in Encoding.UTF8.GetString(bytes))
        {
            if (c != '\n')
            {
                if (_line.Length < MaxLine)
                {
                    _line.Append(c);
                }

                continue;
            }

            string[] words = _line.ToString().Split(' ');
            _line.Clear();
            if (words is ["progress", var a, var b]
                && long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out long received)
                && long.TryParse(b, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long total))
            {
                progress(_current, received, total < 0 ? null : total);
            }
            else if (words is ["begin", var begun])
            {
                _current = begun;
                progress(begun, 0, null);
            }
            else if (words is ["from", var url])
            {
                Url = url;
            }
        }
    }
}
