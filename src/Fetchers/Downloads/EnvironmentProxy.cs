using System;
using System.Net;

namespace Firn.Fetchers.Downloads;

/// <summary>Chooses the proxy of a URL as curl does.</summary>
internal sealed class EnvironmentProxy : IWebProxy, ICredentials
{
    private static readonly char[] s_between = [',', ' ', '\t'];

    private readonly Uri? _http, _https, _all;
    private readonly string _except;

    /// <exception cref="FetchException">What a proxy is to be is no URL. The handler would not tell, and go without.</exception>
    public EnvironmentProxy(ProxySettings settings)
    {
        (_http, _https, _all) = (Parse(settings.Http), Parse(settings.Https), Parse(settings.All));
        _except = settings.Except ?? "";
    }

    public ICredentials? Credentials { get => this; set => throw new NotSupportedException(); }

    public Uri? GetProxy(Uri destination) => IsExcepted(destination) ? null : Of(destination);

    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    // Who and with what password stands in the proxy's URL.
    NetworkCredential? ICredentials.GetCredential(Uri uri, string authType)
    {
        foreach (Uri? proxy in (ReadOnlySpan<Uri?>)[_http, _https, _all])
        {
            if (proxy is { UserInfo.Length: > 0 } && proxy.Host == uri.Host && proxy.Port == uri.Port)
            {
                string[] parts = proxy.UserInfo.Split(':', 2);
                return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
            }
        }

        return null;
    }

    private Uri? Of(Uri destination) => (destination.Scheme == "https" ? _https : _http) ?? _all;

    private static Uri? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // The handler lets such a proxy look names up in any case.
        text = text.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase) ? "socks5" + text["socks5h".Length..]
            : text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        // There may be a password in it.
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "socks4" or "socks4a" or "socks5"
            ? uri
            : throw new FetchException("a proxy in the environment (http_proxy, https_proxy, all_proxy) has no URL that can be used");
    }

    private bool IsExcepted(Uri uri)
    {
        string host = uri.IdnHost.Trim('[', ']');
        IPAddress? address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        foreach (string entry in _except.Split(s_between, StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry == "*" || (address is not null ? Covers(entry, address) : Ends(host, entry.Trim('.'))))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Ends(string host, string name) =>
        name.Length > 0 && host.EndsWith(name, StringComparison.OrdinalIgnoreCase) && (host.Length == name.Length || host[^(name.Length + 1)] == '.');

    private static bool Covers(string entry, IPAddress address) =>
        IPAddress.TryParse(entry.Trim('[', ']'), out IPAddress? same) ? same.Equals(address)
        : IPNetwork.TryParse(entry, out IPNetwork network) && network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address);
}
