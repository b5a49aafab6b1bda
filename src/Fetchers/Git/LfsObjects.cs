using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Git;

/// <summary>
/// Puts files that a repository keeps with Git LFS in the place of the pointers that Git has for them.
/// </summary>
/// <param name="remote">The URL that the repository came from; empty for none.</param>
/// <param name="cacheDirectory">Where files are kept that were fetched, such as <c>~/.cache/nix/git-lfs</c>.</param>
/// <param name="warn">Receives the text of each warning.</param>
/// <remarks>Specification and batch API of git-lfs, docs/spec.md and docs/api/batch.md there.</remarks>
internal sealed class LfsObjects(GitRepository repository, string remote, string cacheDirectory, Downloader downloader, Action<string> warn)
{
    private const string MediaType = "application/vnd.git-lfs+json", Version = "version https://git-lfs.github.com/spec/v1";

    // A pointer has to be shorter.
    private const int PointerLimit = 1024;

    // Servers refuse questions about too many at once; the official client asks for as many.
    private const int BatchSize = 100;

    private const int AnswerLimit = 1 << 24;

    // What a file is to be: a SHA-256 in base 16, and its size in bytes.
    private sealed record Pointer(string File, string Path, string Id, long Size);

    private readonly record struct Server(string Url, string? Authorization);

    /// <summary>Fetches what pointers of a commit's tree stand for.</summary>
    /// <param name="entries">The tree.</param>
    /// <param name="directory">Where it was written.</param>
    /// <exception cref="FetchException">The server does not give a file, or gives another one.</exception>
    internal void Fill(IEnumerable<GitEntry> entries, string directory, string rev)
    {
        List<string> files = [];
        foreach (GitEntry entry in entries)
        {
            if (entry.Mode is "100644" or "100755")
            {
                files.Add(entry.Path);
            }
        }

        List<Pointer> wanted = [];
        foreach ((string path, string filter) in repository.Attributes("filter", files, rev))
        {
            if (filter == "lfs" && Read(Path.Combine(directory, path), path) is { } pointer)
            {
                wanted.Add(pointer);
            }
        }

        List<Pointer> missing = wanted.FindAll(p => !TryCopy(p));
        if (missing.Count == 0)
        {
            return;
        }

        Server server = FindServer();
        for (int i = 0; i < missing.Count; i += BatchSize)
        {
            Fetch(server, missing.GetRange(i, Math.Min(BatchSize, missing.Count - i)));
        }
    }

    private Pointer? Read(string file, string path)
    {
        if (new FileInfo(file).Length >= PointerLimit)
        {
            warn($"encountered file '/{path}' that should have been a git-lfs pointer, but is too large");
            return null;
        }

        string text = Encoding.Latin1.GetString(File.ReadAllBytes(file)), id = "", size = "";
        foreach (string line in text.Split('\n'))
        {
            id = line.StartsWith("oid sha256:", StringComparison.Ordinal) ? line[11..] : id;
            size = line.StartsWith("size ", StringComparison.Ordinal) ? line[5..] : size;
        }

        if (text.StartsWith(Version, StringComparison.Ordinal) && id.Length == 64 && !id.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")
            && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
        {
            return new Pointer(file, path, id, bytes);
        }

        warn($"encountered file '/{path}' that should have been a git-lfs pointer, but is invalid");
        return null;
    }

    private string CacheFile(Pointer pointer) =>
        Path.Combine(cacheDirectory, Hash.Sha256(Encoding.UTF8.GetBytes(pointer.Path)).ToString(HashFormat.Base16, false), pointer.Id);

    private bool TryCopy(Pointer pointer)
    {
        FileInfo cached = new(CacheFile(pointer));
        if (!cached.Exists || cached.Length != pointer.Size)
        {
            return false;
        }

        // Written over rather than replaced, so that it stays executable where it was.
        using FileStream from = cached.OpenRead();
        using FileStream to = new(pointer.File, FileMode.Truncate, FileAccess.Write);
        from.CopyTo(to);
        return true;
    }

    private void Fetch(Server server, List<Pointer> pointers)
    {
        string url = server.Url + "/objects/batch";
        List<(string, string)> headers = [("Accept", MediaType)];
        if (server.Authorization is { } authorization)
        {
            headers.Add(("Authorization", authorization));
        }

        byte[] answer = downloader.PostAsync(url, Question(pointers), MediaType, headers, AnswerLimit, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            if (!document.RootElement.TryGetProperty("objects", out JsonElement objects))
            {
                throw new FetchException("response does not contain 'objects'");
            }

            foreach (Pointer pointer in pointers)
            {
                Download(pointer, Find(objects, pointer));
                if (!TryCopy(pointer))
                {
                    throw new FetchException($"cannot read '{CacheFile(pointer)}'");
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new FetchException($"response did not parse as json: {e.Message}", e);
        }
    }

    private static byte[] Question(List<Pointer> pointers)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text);
        json.BeginObject();
        json.Name("objects");
        json.BeginArray();
        foreach (Pointer pointer in pointers)
        {
            json.BeginObject();
            json.Name("oid");
            json.String(pointer.Id);
            json.Name("size");
            json.Number(pointer.Size);
            json.EndObject();
        }

        json.EndArray();
        json.Name("operation");
        json.String("download");
        json.EndObject();
        return text.Span.ToArray();
    }

    private static JsonElement Find(JsonElement objects, Pointer pointer)
    {
        foreach (JsonElement one in objects.EnumerateArray())
        {
            if (one.GetProperty("oid").GetString() != pointer.Id)
            {
                continue;
            }

            if (one.TryGetProperty("error", out JsonElement error))
            {
                throw new FetchException($"the Git LFS server does not give '/{pointer.Path}': {error.GetProperty("message").GetString()}");
            }

            long size = one.GetProperty("size").GetInt64();
            return size == pointer.Size
                ? one.GetProperty("actions").GetProperty("download")
                : throw new FetchException(
                    $"LFS server returned mismatched oid/size for '/{pointer.Path}' (got oid={pointer.Id} size={size}, expected oid={pointer.Id} size={pointer.Size})");
        }

        throw new FetchException($"the Git LFS server does not know '/{pointer.Path}' (oid={pointer.Id})");
    }

    // What the commit says counts, not what the server says.
    private void Download(Pointer pointer, JsonElement action)
    {
        string url = action.GetProperty("href").GetString()!;
        List<(string, string)> headers = [];
        if (action.TryGetProperty("header", out JsonElement header) && header.TryGetProperty("Authorization", out JsonElement authorization))
        {
            headers.Add(("Authorization", authorization.GetString()!));
        }

        string cached = CacheFile(pointer), temporary = $"{cached}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(cached)!);
        try
        {
            using (FileStream file = new(temporary, FileMode.Create, FileAccess.ReadWrite))
            {
                DownloadTarget target = new(file, HashAlgorithm.Sha256);
                downloader.DownloadAsync(url, target, null, null, CancellationToken.None, headers).GetAwaiter().GetResult();
                if (target.Length != pointer.Size)
                {
                    throw new FetchException($"size mismatch while fetching {url}: expected {pointer.Size} but got {target.Length}");
                }

                string got = target.Finish()[0].ToString(HashFormat.Base16, false);
                if (!got.Equals(pointer.Id, StringComparison.OrdinalIgnoreCase))
                {
                    throw new FetchException($"hash mismatch while fetching {url}: expected sha256:{pointer.Id} but got sha256:{got}");
                }
            }

            File.Move(temporary, cached, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private Server FindServer()
    {
        string place = repository.TryRun("config", "--get", "lfs.url")?.TrimEnd('\n') is { Length: > 0 } configured ? configured : remote;
        Url url = Url.OfGit(place);
        return url.Scheme == "ssh" ? OfSsh(url) : new Server(url + "/info/lfs", null);
    }

    // Such a server is asked over ssh where it wants to be asked over HTTP.
    private static Server OfSsh(Url url)
    {
        UrlAuthority authority = url.Authority ?? throw new FetchException($"'{url}' names no host");
        List<string> arguments = [.. (Environment.GetEnvironmentVariable("NIX_SSHOPTS") ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        if (authority.Port is { } port)
        {
            arguments.Add($"-p{port}");
        }

        arguments.Add(authority.User is { } user ? $"{user}@{authority.Host}" : authority.Host);
        arguments.AddRange(["--", "git-lfs-authenticate", string.Join('/', url.Path), "download"]);
        string answer = RunSsh(arguments);
        if (answer.Length == 0)
        {
            throw new FetchException($"git-lfs-authenticate: no output (cmd: 'ssh {string.Join(' ', arguments.ConvertAll(static a => $"'{a}'"))}')");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return !document.RootElement.TryGetProperty("header", out JsonElement header) ? throw new FetchException("no header in git-lfs-authenticate response")
                : !header.TryGetProperty("Authorization", out JsonElement authorization) ? throw new FetchException("no Authorization in git-lfs-authenticate response")
                : new Server(document.RootElement.GetProperty("href").GetString()!, authorization.GetString());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FetchException($"git-lfs-authenticate: {e.Message}", e);
        }
    }

    private static string RunSsh(List<string> arguments)
    {
        try
        {
            using Process ssh = Process.Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardOutput = true })!;
            string answer = ssh.StandardOutput.ReadToEnd();
            ssh.WaitForExit();
            return answer;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FetchException($"cannot run 'ssh': {e.Message}", e);
        }
    }
}
