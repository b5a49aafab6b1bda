using System;

namespace Firn.Fetchers.Downloads;

/// <summary>Servers that ask others for us.</summary>
/// <param name="Http">For http URLs, or null.</param>
/// <param name="Https">For https URLs, or null.</param>
/// <param name="All">For those that have none of their own, or null.</param>
/// <param name="Except">Hosts that are asked directly: names (their subdomains too), addresses, networks, <c>*</c>; null for none.</param>
/// <remarks>curl(1), environment</remarks>
public sealed record ProxySettings(string? Http, string? Https, string? All, string? Except)
{
    public static readonly ProxySettings None = new(null, null, null, null);

    /// <summary>As the environment says.</summary>
    public static ProxySettings FromEnvironment(Func<string, string?> variable)
    {
        // In capitals it could come from the header "Proxy" of a request to a server that runs us.
        return new ProxySettings(First("http_proxy"), First("https_proxy", "HTTPS_PROXY"), First("all_proxy", "ALL_PROXY"), First("no_proxy", "NO_PROXY"));

        string? First(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (variable(name) is { Length: > 0 } value)
                {
                    return value;
                }
            }

            return null;
        }
    }
}
