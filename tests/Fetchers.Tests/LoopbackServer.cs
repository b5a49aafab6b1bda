using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Firn.Fetchers.Tests;

/// <summary>A tiny HTTP server on the loopback interface whose answers a test writes byte by byte.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, Answer> _answer;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="answer">Gives the answer for a request: its head, with lines ending in CR LF.</param>
    public LoopbackServer(Func<string, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    /// <summary>Heads of all requests so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

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
            NetworkStream stream = client.GetStream();
            StringBuilder head = new();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0)
                {
                    return;
                }

                head.Append((char)one[0]);
            }

            Requests.Enqueue(head.ToString());
            await ReadBodyAsync(head.ToString(), stream);
            Answer answer = _answer(head.ToString());
            if (answer.Pause > TimeSpan.Zero)
            {
                await Task.Delay(answer.Pause);
            }

            StringBuilder text = new($"HTTP/1.1 {answer.Status} X\r\nConnection: close\r\nContent-Length: {answer.Length ?? answer.Body.Length}\r\n");
            foreach (string header in answer.Headers)
            {
                text.Append(header).Append("\r\n");
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"));
            await stream.WriteAsync(answer.Body);
        }
    }

    // What is not read before the connection ends resets it, and the answer is lost.
    private static async Task ReadBodyAsync(string head, NetworkStream stream)
    {
        const string Name = "\r\nContent-Length: ";
        int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at >= 0)
        {
            await stream.ReadExactlyAsync(new byte[int.Parse(head[(at + Name.Length)..head.IndexOf('\r', at + Name.Length)], CultureInfo.InvariantCulture)]);
        }
    }

    /// <summary>An answer; a <see cref="Length"/> larger than the body breaks the transfer off.</summary>
    internal sealed record Answer(int Status, byte[] Body, params string[] Headers)
    {
        public int? Length { get; init; }

        public TimeSpan Pause { get; init; }
    }
}
