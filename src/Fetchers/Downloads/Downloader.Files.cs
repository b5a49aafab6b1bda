using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.Sinks;

namespace Firn.Fetchers.Downloads;

// What servers of files, such as binary caches, are asked beyond downloads to a file. Only http and https.
public sealed partial class Downloader
{
    /// <summary>A small file.</summary>
    /// <param name="url">An http or https URL.</param>
    /// <param name="max">Longest file that is accepted, bytes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="attempts">Most attempts; those of the settings where they are fewer.</param>
    /// <exception cref="DownloadException">The server does not give it.</exception>
    public Task<byte[]> ReadAsync(string url, int max, CancellationToken cancel, int attempts = int.MaxValue) =>
        AskAsync(url, new Question(HttpMethod.Get, Http(url)) { Headers = [ContentEncodings.Accepted] }, "download", max, cancel, attempts);

    /// <summary>What a server answers to a text that is sent to it.</summary>
    /// <param name="url">An http or https URL.</param>
    /// <param name="body">The text.</param>
    /// <param name="mediaType">Its type.</param>
    /// <param name="headers">Headers to ask with beyond our own.</param>
    /// <param name="max">Greatest length of an answer, bytes.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DownloadException">The server does not answer, or refuses.</exception>
    public Task<byte[]> PostAsync(
        string url, byte[] body, string mediaType, IReadOnlyList<(string Name, string Value)> headers, int max, CancellationToken cancel)
    {
        HttpContent Body() => new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(mediaType) } };
        return AskAsync(url, new Question(HttpMethod.Post, Http(url)) { SecretHeaders = headers, Content = Body }, "upload", max, cancel);
    }

    private async Task<byte[]> AskAsync(string url, Question question, string verb, int max, CancellationToken cancel, int attempts = int.MaxValue)
    {
        using Transfer transfer = Transfer.Begin(_settings.Activities, verb + "ing", url);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(url, question, verb, max, transfer, cancel).ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await PauseAsync(url, verb, e, attempt, cancel, attempts).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether the server has a file. Where nobody may list what there is, what is not there is forbidden.</summary>
    /// <exception cref="DownloadException">The server does not say.</exception>
    public async Task<bool> ExistsAsync(string url, CancellationToken cancel)
    {
        Uri uri = Http(url);
        using Transfer transfer = Transfer.Begin(_settings.Activities, "checking", url);
        for (int attempt = 1; ; attempt++)
        {
            using CancellationTokenSource stalled = Stalled(cancel);
            try
            {
                using HttpResponseMessage response = await SendAsync(url, new Question(HttpMethod.Head, uri), HttpCompletionOption.ResponseContentRead, stalled.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return true;
                }

                await RefuseAsync(url, response, null, stalled.Token).ConfigureAwait(false);
            }
            catch (DownloadException e) when (e.NotFound || e.Refused)
            {
                return false;
            }
            catch (TransientException e)
            {
                await PauseAsync(url, "download", e, attempt, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (Transient(e, cancel) is { } transient)
            {
                await PauseAsync(url, "download", transient, attempt, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A file as a stream. Where the connection breaks, a new one goes on behind what was read; so its reader has to
    /// know by a hash what the whole is.
    /// </summary>
    /// <param name="url">An http or https URL.</param>
    /// <param name="progress">Told the bytes that were received, or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DownloadException">The server does not give it; reading throws it too.</exception>
    public Stream Open(string url, DownloadProgress? progress, CancellationToken cancel)
    {
        ResumingStream stream = new(this, url, Http(url), progress, cancel);
        try
        {
            stream.Connect();
            return stream.Encoding is { } encoding ? ContentEncodings.Open(url, stream, encoding) : stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Puts a file on the server.</summary>
    /// <param name="url">An http or https URL.</param>
    /// <param name="contents">Opens what is to be sent, for each attempt anew.</param>
    /// <param name="mediaType">Its type, with parameters.</param>
    /// <param name="encoding">How it is encoded, or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DownloadException">The server does not take it.</exception>
    public async Task PutAsync(string url, Func<Stream> contents, string mediaType, string? encoding, CancellationToken cancel)
    {
        Uri uri = Http(url);
        using Transfer transfer = Transfer.Begin(_settings.Activities, "uploading", url);
        for (int attempt = 1; ; attempt++)
        {
            // Sending may take as long as it takes; the peer's silence afterwards may not.
            using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            try
            {
                Question question = new(HttpMethod.Put, uri)
                {
                    Content = () =>
                    {
                        Stream body = contents();
                        long length = body.Length;
                        StreamContent content = new(new WatchedStream(body, () =>
                        {
                            stalled.CancelAfter(_settings.StalledTimeout);
                            transfer.Progress(body.Position, length);
                        }), 1 << 16);
                        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
                        content.Headers.ContentLength = length;
                        if (encoding is not null)
                        {
                            content.Headers.ContentEncoding.Add(encoding);
                        }

                        return content;
                    },
                };
                using HttpResponseMessage response = await SendAsync(url, question, HttpCompletionOption.ResponseHeadersRead, stalled.Token).ConfigureAwait(false);
                using HttpRequestMessage? sent = response.RequestMessage;
                if (response.IsSuccessStatusCode)
                {
                    return;
                }

                await RefuseAsync(url, response, null, stalled.Token, "upload").ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await PauseAsync(url, "upload", e, attempt, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (Transient(e, cancel) is { } transient)
            {
                await PauseAsync(url, "upload", transient, attempt, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<byte[]> AskOnceAsync(
        string url, Question question, string verb, int max, Transfer transfer, CancellationToken cancel)
    {
        using CancellationTokenSource stalled = Stalled(cancel);
        int? status = null;
        try
        {
            using HttpResponseMessage response = await SendAsync(url, question, HttpCompletionOption.ResponseHeadersRead, stalled.Token).ConfigureAwait(false);
            status = (int)response.StatusCode;
            if (!response.IsSuccessStatusCode)
            {
                await RefuseAsync(url, response, null, stalled.Token, verb).ConfigureAwait(false);
            }

            Stream body = await response.Content.ReadAsStreamAsync(stalled.Token).ConfigureAwait(false);
            MemoryStream whole = new((int)Math.Clamp(response.Content.Headers.ContentLength ?? 0, 0, max));
            await CopyAsync(body, whole).ConfigureAwait(false);
            transfer.Progress(whole.Length, whole.Length);
            if (ContentEncodings.Of(response) is not { } encoding)
            {
                return whole.ToArray();
            }

            whole.Position = 0;
            MemoryStream decoded = new();
            await CopyAsync(ContentEncodings.Open(url, whole, encoding), decoded).ConfigureAwait(false);
            return decoded.ToArray();
        }
        catch (Exception e) when (Transient(e, cancel, status) is { } transient)
        {
            throw transient;
        }

        async Task CopyAsync(Stream from, MemoryStream to)
        {
            byte[] buffer = new byte[8192];
            for (int n; (n = await from.ReadAsync(buffer, stalled.Token).ConfigureAwait(false)) > 0;)
            {
                stalled.CancelAfter(_settings.StalledTimeout);
                if (to.Length + n > max)
                {
                    throw new DownloadException(url, $"unable to download '{url}': it is longer than {max} bytes", null);
                }

                to.Write(buffer, 0, n);
            }
        }
    }

    private CancellationTokenSource Stalled(CancellationToken cancel)
    {
        CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stalled.CancelAfter(_settings.StalledTimeout);
        return stalled;
    }

    private static Uri Http(string url) => !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) ? throw new FetchException($"'{url}' is not a valid URL")
        : uri.Scheme is "http" or "https" ? uri
        : throw new FetchException($"unable to download '{url}': the scheme '{uri.Scheme}' is not supported here (http and https are)");

    /// <summary>
    /// One file of a server, over as many connections as it takes. A task of its own reads ahead, as far as there are
    /// buffers; whoever reads the stream waits for it without turning round.
    /// </summary>
    private sealed class ResumingStream(Downloader owner, string url, Uri uri, DownloadProgress? progress, CancellationToken cancel) : ForwardReader
    {
        private const int BufferSize = 1 << 17;
        private const int Buffers = 3;

        private readonly Transfer _transfer = Transfer.Begin(owner._settings.Activities, "downloading", url);
        private readonly object _lock = new();
        private readonly Queue<(byte[] Buffer, int Count)> _full = new();
        private readonly SemaphoreSlim _room = new(Buffers);
        private readonly CancellationTokenSource _closed = CancellationTokenSource.CreateLinkedTokenSource(cancel);

        // Of the reader.
        private byte[]? _buffer;
        private int _start, _available;

        // Of both, under the lock.
        private bool _connected, _ended;
        private Exception? _failure;
        private Task _ahead = Task.CompletedTask;

        // Of the task.
        private long _received;
        private long? _total;
        private string? _validator;
        private bool _ranges;
        private HttpResponseMessage? _response;
        private Stream? _body;
        private readonly SpeedLimit _speed = new(owner._settings.BytesPerSecond);
        private CancellationTokenSource? _stalled;

        public string? Encoding { get; private set; }

        /// <summary>Makes the first connection that works.</summary>
        public void Connect()
        {
            _ahead = ReadAheadAsync();
            lock (_lock)
            {
                while (!_connected && _failure is null)
                {
                    Monitor.Wait(_lock);
                }

                if (!_connected)
                {
                    ExceptionDispatchInfo.Throw(_failure!);
                }
            }
        }

        public override int Read(Span<byte> buffer)
        {
            if (_available == 0 && !Next())
            {
                return 0;
            }

            int n = Math.Min(buffer.Length, _available);
            _buffer.AsSpan(_start, n).CopyTo(buffer);
            _start += n;
            _available -= n;
            return n;
        }

        private bool Next()
        {
            Release();
            lock (_lock)
            {
                while (_full.Count == 0 && !_ended && _failure is null)
                {
                    Monitor.Wait(_lock);
                }

                if (_full.TryDequeue(out (byte[] Buffer, int Count) next))
                {
                    (_buffer, _start, _available) = (next.Buffer, 0, next.Count);
                    return true;
                }

                if (_failure is not null)
                {
                    ExceptionDispatchInfo.Throw(_failure);
                }

                return false;
            }
        }

        private void Release()
        {
            if (_buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = null;
                _room.Release();
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _closed.Cancel();
                // It ends soon, and without an error.
                _ahead.GetAwaiter().GetResult();
                Release();
                while (_full.TryDequeue(out (byte[] Buffer, int Count) left))
                {
                    ArrayPool<byte>.Shared.Return(left.Buffer);
                }

                _closed.Dispose();
                _room.Dispose();
                _transfer.Dispose();
            }

            base.Dispose(disposing);
        }

        private async Task ReadAheadAsync()
        {
            try
            {
                for (int attempt = 1; ; attempt++)
                {
                    TransientException failure;
                    try
                    {
                        await ConnectOnceAsync().ConfigureAwait(false);
                        await ReadBodyAsync().ConfigureAwait(false);
                        return;
                    }
                    catch (TransientException e)
                    {
                        failure = e;
                    }
                    catch (Exception e) when (Transient(e, _closed.Token, (int?)_response?.StatusCode) is { } transient)
                    {
                        failure = transient;
                    }

                    Disconnect();
                    await owner.PauseAsync(url, "download", failure, attempt, _closed.Token).ConfigureAwait(false);
                }
            }
            catch (Exception e)
            {
                // Whoever reads gets it.
                lock (_lock)
                {
                    _failure = e;
                    Monitor.PulseAll(_lock);
                }
            }
            finally
            {
                Disconnect();
            }
        }

        private async Task ReadBodyAsync()
        {
            while (true)
            {
                await _room.WaitAsync(_closed.Token).ConfigureAwait(false);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                int n = 0;
                try
                {
                    _stalled!.CancelAfter(owner._settings.StalledTimeout);
                    n = await _body!.ReadAsync(buffer, _stalled.Token).ConfigureAwait(false);
                    // How long the reader takes is no fault of the server.
                    _stalled.CancelAfter(Timeout.InfiniteTimeSpan);
                    if (n == 0 && _total is { } total && _received < total)
                    {
                        throw new TransientException(CurlError.PartialFile.Text((int)_response!.StatusCode), (int)_response.StatusCode, null);
                    }
                }
                finally
                {
                    if (n == 0)
                    {
                        ArrayPool<byte>.Shared.Return(buffer);
                        _room.Release();
                    }
                }

                if (n > 0)
                {
                    _received += n;
                    _transfer.Progress(_received, _total);
                    progress?.Invoke(_received, _total);
                    await _speed.WaitAsync(_received, _closed.Token).ConfigureAwait(false);
                }

                lock (_lock)
                {
                    if (n > 0)
                    {
                        _full.Enqueue((buffer, n));
                    }

                    _ended = n == 0;
                    Monitor.PulseAll(_lock);
                }

                if (n == 0)
                {
                    return;
                }
            }
        }

        private async Task ConnectOnceAsync()
        {
            List<(string Name, string Value)> own = [];
            // Of what is decoded on the way no part can be asked for.
            if (_received > 0 && Encoding is null && (_ranges || _validator is not null))
            {
                own.Add(("Range", $"bytes={_received}-"));
                if (_validator is not null)
                {
                    own.Add(("If-Range", _validator));
                }
            }
            else
            {
                own.Add(ContentEncodings.Accepted);
            }

            _stalled = owner.Stalled(_closed.Token);
            _response = await owner.SendAsync(url, new Question(HttpMethod.Get, uri) { Headers = own }, HttpCompletionOption.ResponseHeadersRead, _stalled.Token).ConfigureAwait(false);
            if (!_response.IsSuccessStatusCode)
            {
                await RefuseAsync(url, _response, null, _stalled.Token).ConfigureAwait(false);
            }

            HttpContentHeaders headers = _response.Content.Headers;
            _body = await _response.Content.ReadAsStreamAsync(_stalled.Token).ConfigureAwait(false);
            if (_received > 0 && headers.ContentRange?.From == _received)
            {
                return;
            }

            if (headers.ContentRange is not null)
            {
                throw new DownloadException(url, $"unable to download '{url}': the server sent another part than was asked for", (int)_response.StatusCode);
            }

            string? encoding = ContentEncodings.Of(_response);
            if (_received > 0 && encoding != Encoding)
            {
                throw new DownloadException(url, $"unable to download '{url}': the server sent it in another encoding than before", (int)_response.StatusCode);
            }

            Encoding = encoding;
            _ranges = _response.Headers.AcceptRanges.Contains("bytes");
            _validator = Validator(_response);
            _total = headers.ContentLength;
            lock (_lock)
            {
                _connected = true;
                Monitor.PulseAll(_lock);
            }

            await PassOverAsync(_received).ConfigureAwait(false);
        }

        /// <summary>From its start once more: what was read already is passed over.</summary>
        private async Task PassOverAsync(long left)
        {
            byte[] buffer = left > 0 ? new byte[1 << 16] : [];
            while (left > 0)
            {
                _stalled!.CancelAfter(owner._settings.StalledTimeout);
                int n = await _body!.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), _stalled.Token).ConfigureAwait(false);
                left -= n > 0 ? n : throw new TransientException(CurlError.PartialFile.Text((int)_response!.StatusCode), (int)_response.StatusCode, null);
            }
        }

        private void Disconnect()
        {
            _body?.Dispose();
            _body = null;
            _response?.Dispose();
            _response = null;
            _stalled?.Dispose();
            _stalled = null;
        }
    }

    /// <summary>Tells of each piece that is read.</summary>
    private sealed class WatchedStream(Stream inner, Action read) : ForwardReader
    {
        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            read();
            return inner.Read(buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            read();
            return inner.ReadAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
