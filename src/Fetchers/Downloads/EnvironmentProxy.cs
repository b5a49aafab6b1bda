using System;
using System.Net;

namespace Firn.Fetchers.Downloads;

/// <summary>Chooses the proxy of a URL as curl does.</summary>
internal sealed class EnvironmentProxy(ProxySettings settings) : IWebProxy, ICredentials
{
    private static readonly char[] s_between = [',', ' ', '\t'];

    public ICredentials? Credentials { get => this; set => throw new NotSupportedException(); }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : Parse(Of(destination));

    public bool IsBypassed(Uri host) => Parse(Of(host)) is null || IsExcepted(host);

    // Who and with what password stands in the proxy's URL.
    NetworkCredential? ICredentials.GetCredential(Uri uri, string authType)
    {
        foreach (string? text in (ReadOnlySpan<string?>)[settings.Http, settings.Https, settings.All])
        {
            if (Parse(text) is { UserInfo.Length: > 0 } proxy && proxy.Host == uri.Host && proxy.Port == uri.Port)
            {
                string[] parts = proxy.UserInfo.Split(':', 2);
                return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
            }
        }

        return null;
    }

    private string? Of(Uri destination) => (destination.Scheme == "https" ? settings.Https : settings.Http) ?? settings.All;

    private static Uri? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // The handler lets such a proxy look names up in any case.
        text = text.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase) ? "socks5" + text["socks5h".Length..]
            : text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? uri : throw new FetchException($"'{text}' is no URL of a proxy");
    }

    private bool IsExcepted(Uri uri)
    {
        string host = uri.IdnHost.Trim('[', ']');
        IPAddress? address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        foreach (string entry in (settings.Except ?? "").Split(s_between, StringSplitOptions.RemoveEmptyEntries))
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
