using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Store.BinaryCache.Tests;

/// <summary>What a server does wrong.</summary>
public sealed record Fault
{
    /// <summary>Answers with this status and no contents, whatever the method.</summary>
    public int? Status { get; init; }

    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>Stops after so many bytes and closes the connection.</summary>
    public int? TruncateAfter { get; init; }

    /// <summary>Stops after so many bytes and keeps silent.</summary>
    public int? StallAfter { get; init; }

    /// <summary>Sends so many bytes a second; 0 for all at once.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>The length that it says its answer has; the connection ends behind the contents.</summary>
    public int? Length { get; init; }

    /// <summary>Changes the contents.</summary>
    public Func<byte[], byte[]>? Change { get; init; }
}

/// <summary>A server of the files of a directory on the loopback interface, with keep-alive, ranges, uploads, and faults on request.</summary>
public sealed class CacheServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _directory;
    private readonly Func<string, int, Fault?> _fault;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private int _connections;

    /// <param name="fault">Given "METHOD /path" and how often that came before; null answers as one should.</param>
    public CacheServer(string directory, Func<string, int, Fault?>? fault = null)
    {
        _directory = directory;
        _fault = fault ?? ((_, _) => null);
        _listener.Start(100);
        _ = Task.Run(AcceptAsync);
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>"METHOD /path", and " range" behind it where a part was asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int Connections => _connections;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            BufferedStream input = new(client.GetStream());
            NetworkStream output = client.GetStream();
            try
            {
                while (await OneAsync(input, output))
                {
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went, or the test ended.
            }
        }
    }

    private async Task<bool> OneAsync(BufferedStream input, NetworkStream output)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await input.ReadAsync(one, _stop.Token) == 0)
            {
                return false;
            }

            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n");
        string[] words = lines[0].Split(' ');
        string request = words[0] + " " + words[1];
        string? range = Header(lines, "Range");
        Requests.Enqueue(request + (range is null ? "" : " range"));
        string file = _directory + words[1].Split('?')[0];
        if (words[0] == "PUT")
        {
            byte[] body = new byte[int.Parse(Header(lines, "Content-Length")!, CultureInfo.InvariantCulture)];
            await input.ReadExactlyAsync(body, _stop.Token);
            if (_fault(request, Count(request)) is { Status: { } refused } refusal)
            {
                await SendAsync(output, refused, [], refusal.Headers, null);
                return true;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, body);
            await SendAsync(output, 201, [], [], null);
            return true;
        }

        Fault? fault = _fault(request, Count(request));
        if (fault?.Status is { } status)
        {
            await SendAsync(output, status, [], fault.Headers, null);
            return true;
        }

        if (!File.Exists(file))
        {
            await SendAsync(output, 404, [], [], null);
            return true;
        }

        byte[] contents = await File.ReadAllBytesAsync(file);
        contents = fault?.Change?.Invoke(contents) ?? contents;
        if (words[0] == "HEAD")
        {
            await SendAsync(output, 200, [], [], contents.Length);
            return true;
        }

        int from = range is null ? 0 : int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        byte[] part = contents[from..];
        List<string> headers = ["Accept-Ranges: bytes", .. fault?.Headers ?? []];
        if (from > 0)
        {
            headers.Add($"Content-Range: bytes {from}-{contents.Length - 1}/{contents.Length}");
        }

        int shown = Math.Min(part.Length, fault?.TruncateAfter ?? fault?.StallAfter ?? part.Length);
        if (fault?.BytesPerSecond is > 0 and int speed)
        {
            await SendAsync(output, from > 0 ? 206 : 200, [], headers, part.Length);
            int piece = Math.Max(1, speed / 20);
            for (int at = 0; at < part.Length; at += piece)
            {
                await output.WriteAsync(part.AsMemory(at, Math.Min(piece, part.Length - at)), _stop.Token);
                await Task.Delay(1000 * piece / speed, _stop.Token);
            }

            return true;
        }

        await SendAsync(output, from > 0 ? 206 : 200, part[..shown], headers, fault?.Length ?? part.Length);
        if (fault?.StallAfter is not null)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }

        return fault?.TruncateAfter is null && fault?.Length is null;
    }

    private int Count(string request) => _counts.AddOrUpdate(request, 0, (_, n) => n + 1);

    private static string? Header(string[] lines, string name) =>
        lines.FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private static async Task SendAsync(NetworkStream to, int status, byte[] body, IReadOnlyList<string> headers, int? length)
    {
        StringBuilder head = new($"HTTP/1.1 {status} X\r\nContent-Length: {length ?? body.Length}\r\n");
        foreach (string header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        await to.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n"));
        await to.WriteAsync(body);
    }
}
