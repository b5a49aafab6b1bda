using System.IO;

namespace Firn.Nixos.Rebuilding;

/// <summary>Where a machine keeps what <c>nixos-rebuild</c> looks at.</summary>
public sealed record SystemDirectories
{
    /// <summary>Directory of profiles.</summary>
    public string Profiles { get; init; } = "/nix/var/nix/profiles";

    /// <summary>The machine's own configuration.</summary>
    public string Configuration { get; init; } = "/etc/nixos/configuration.nix";

    /// <summary>Whether the environment says which configuration is meant (<c>NIXOS_CONFIG</c>, <c>NIX_PATH</c>).</summary>
    public bool ConfigurationIsGiven { get; init; }

    /// <summary>Whether systemd is the machine's service manager.</summary>
    public bool ServiceManagerRuns { get; init; } = Directory.Exists("/run/systemd/system");
}
