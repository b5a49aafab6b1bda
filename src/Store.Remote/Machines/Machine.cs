using System;
using System.Collections.Generic;
using System.Linq;

namespace Firn.Store.Remote.Machines;

/// <summary>A machine that builds for others, as a line of <c>builders</c> tells of it.</summary>
/// <remarks>Nix manual, command-ref/conf-file (builders)</remarks>
public sealed record Machine
{
    /// <summary>Its store, without what the line says beside it.</summary>
    public required StoreReference Store { get; init; }

    /// <summary>What it builds for.</summary>
    public required IReadOnlySet<string> Systems { get; init; }

    /// <summary>A file with the private key; empty for what ssh finds itself.</summary>
    public string SshKey { get; init; } = "";

    /// <summary>Builds at a time.</summary>
    public uint MaxJobs { get; init; } = 1;

    /// <summary>How fast it is beside others; above zero.</summary>
    public float SpeedFactor { get; init; } = 1;

    public IReadOnlySet<string> SupportedFeatures { get; init; } = new SortedSet<string>();

    /// <summary>It builds only what requires all of these.</summary>
    public IReadOnlySet<string> MandatoryFeatures { get; init; } = new SortedSet<string>();

    /// <summary>Its public key, in Base64; empty for what ssh knows itself.</summary>
    public string PublicHostKey { get; init; } = "";

    /// <summary>As messages name it, and as the names of its locks begin.</summary>
    public string Url => Store.Render(withParameters: true);

    /// <summary>Whether it builds for a system. What needs no program of any system can be built by every machine.</summary>
    public bool IsFor(string system) => system == "builtin" || Systems.Contains(system);

    /// <summary>Whether it has all that a build requires, and the build requires all that it insists on.</summary>
    public bool Fits(IReadOnlyCollection<string> features) =>
        features.All(feature => SupportedFeatures.Contains(feature) || MandatoryFeatures.Contains(feature)) && MandatoryFeatures.All(features.Contains);

    /// <summary>Its store with all that the line says.</summary>
    public StoreReference Complete()
    {
        var parameters = new SortedDictionary<string, string>(Store.Parameters.ToDictionary(), StringComparer.Ordinal);
        if (Store.Scheme == "ssh")
        {
            parameters["max-connections"] = "1";
            // What a builder writes comes that way; the protocol has no messages.
            parameters["log-fd"] = "4";
        }
        if (Store.Scheme is "ssh" or "ssh-ng")
        {
            if (SshKey.Length > 0) parameters["ssh-key"] = SshKey;
            if (PublicHostKey.Length > 0) parameters["base64-ssh-public-host-key"] = PublicHostKey;
        }
        IEnumerable<string> given = parameters.TryGetValue("system-features", out string? words) && words.Length > 0 ? [words] : [];
        parameters["system-features"] = string.Join(' ', given.Concat(SupportedFeatures).Concat(MandatoryFeatures));
        return Store with { Word = Store.Word == "auto" ? Store.Word : null, Parameters = parameters };
    }
}
