using System;
using System.Net.Http;

namespace Firn.Fetchers.Downloads;

/// <summary>A failure of a transfer in the words and numbers of curl, which users of Nix know and search for.</summary>
/// <remarks>libcurl-errors(3)</remarks>
internal sealed record CurlError(string Words, int Code, string Detail = "")
{
    public static readonly CurlError PartialFile = new("Transferred a partial file", 18);

    public static readonly CurlError Timeout = new("Timeout was reached", 28);

    public static readonly CurlError Receiving = new("Failure when receiving data from the peer", 56);

    public static CurlError Of(HttpRequestException e) => Of(e.HttpRequestError) is var error && Place(e.Message) is not { } place ? error : e.HttpRequestError switch
    {
        // The rest of the handler's message is "(host:port)".
        HttpRequestError.NameResolutionError => error with { Detail = $" Could not resolve host: {place[..place.LastIndexOf(':')]}" },
        HttpRequestError.ConnectionError => error with { Detail = $" Failed to connect to {place}: Could not connect to server" },
        _ => error,
    };

    public static CurlError Of(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => new("Could not resolve hostname", 6),
        HttpRequestError.ConnectionError => new("Could not connect to server", 7),
        HttpRequestError.SecureConnectionError => new("SSL peer certificate or SSH remote key was not OK", 60),
        HttpRequestError.ResponseEnded => PartialFile,
        HttpRequestError.ProxyTunnelError => new("Could not resolve proxy name", 5),
        HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => new("Weird server reply", 8),
        _ => Receiving,
    };

    /// <param name="status">That of the answer, where one had begun.</param>
    public string Text(int? status) => status is null ? $"{Words} ({Code}){Detail}" : $"HTTP error {status} (curl error: {Words})";

    private static string? Place(string message) =>
        message.EndsWith(')') && message.LastIndexOf('(') is >= 0 and int open && message.AsSpan(open).Contains(':') ? message[(open + 1)..^1] : null;
}
