using System;
using Firn.Formats.Logging;

namespace Firn.Fetchers.Downloads;

/// <summary>How downloads are made; bound to nix.conf by the command line.</summary>
public sealed record DownloadSettings
{
    /// <summary>What this program calls itself by itself; servers know it as Nix.</summary>
    public const string OwnName = "curl/8 Nix/2.34.8";

    /// <summary>How often a transfer is tried before it is an error (<c>download-attempts</c>).</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long making a connection may take (<c>connect-timeout</c>).</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a transfer may stand still (<c>stalled-download-timeout</c>); infinite for as long as it likes.</summary>
    public TimeSpan StalledTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Pause before the second attempt; each later one is twice as long.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Connections to one server at a time (<c>http-connections</c>); 0 for no limit.</summary>
    public int Connections { get; init; } = 25;

    /// <summary>Whether to speak HTTP/2 where the server does (<c>http2</c>).</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>What this program calls itself, <c>user-agent-suffix</c> included.</summary>
    public string UserAgent { get; init; } = OwnName;

    /// <summary>Most bytes a second of one download (<c>download-speed</c>); 0 for no limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Servers that ask others for us.</summary>
    public ProxySettings Proxies { get; init; } = ProxySettings.None;

    /// <summary>What proves to one server who asks; null for nothing.</summary>
    public ClientCertificate? ClientCertificate { get; init; }

    /// <summary>A PEM file of certificate authorities (<c>ssl-cert-file</c>), or null for the system's own.</summary>
    public string? CertificateFile { get; init; } = SystemCertificates;

    /// <summary>A netrc file with passwords (<c>netrc-file</c>); need not exist.</summary>
    public string? NetrcFile { get; init; }

    /// <summary>The contents of such a file, in place of one; null to read <see cref="NetrcFile"/>.</summary>
    public string? NetrcText { get; init; }

    /// <summary>Takes what is transferred.</summary>
    public IActivityLog Activities { get; init; } = new NoActivityLog();

    /// <summary>Where Debian and most others keep the bundle; null where it is not there.</summary>
    public static string? SystemCertificates
    {
        get
        {
            foreach (string path in (ReadOnlySpan<string>)["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"])
            {
                if (System.IO.File.Exists(path))
                {
                    return path;
                }
            }

            return null;
        }
    }
}
