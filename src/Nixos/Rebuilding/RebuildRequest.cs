using System.Collections.Generic;

namespace Firn.Nixos.Rebuilding;

/// <summary>One call of <c>nixos-rebuild</c>, its arguments understood.</summary>
public sealed record RebuildRequest
{
    /// <summary>What is asked for.</summary>
    public required RebuildAction Action { get; init; }

    /// <summary>Name of the profile (<c>-p</c>).</summary>
    public string ProfileName { get; init; } = "system";

    /// <summary>File with the system (<c>-f</c>), or null for <c>&lt;nixpkgs/nixos&gt;</c>.</summary>
    public string? File { get; init; }

    /// <summary>Attribute of the system in <see cref="File"/> (<c>-A</c>), or null for the file itself.</summary>
    public string? Attribute { get; init; }

    /// <summary>Whether to go back to the generation before the current one and build nothing.</summary>
    public bool Rollback { get; init; }

    /// <summary>A system that is built already (<c>--store-path</c>), or null.</summary>
    public string? StorePath { get; init; }

    /// <summary>Name of a variant of the system to go over to (<c>-c</c>), or null.</summary>
    public string? Specialisation { get; init; }

    /// <summary>Whether the boot loader itself is installed too, and not only its menu.</summary>
    public bool InstallBootLoader { get; init; }

    /// <summary>Whether generations are shown as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Flags for the build (<c>-I</c>, <c>--option</c>, …), passed on as they are.</summary>
    public IReadOnlyList<string> BuildFlags { get; init; } = [];
}
