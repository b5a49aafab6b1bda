using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;

namespace Firn.Flakes.Locking;

/// <summary>What may become of the lock file of a flake, and what is to be different from it.</summary>
public sealed record LockOptions
{
    /// <summary>Forget the locks that are there (<c>--recreate-lock-file</c>).</summary>
    public bool Recreate { get; init; }

    /// <summary>Whether the lock file may be another one than it was (off: <c>--no-update-lock-file</c>).</summary>
    public bool MayUpdate { get; init; } = true;

    /// <summary>Whether it is written when it is (off: <c>--no-write-lock-file</c>).</summary>
    public bool Write { get; init; } = true;

    /// <summary>Fail rather than warn when it cannot be written since an input is not exact.</summary>
    public bool FailOnUnlocked { get; init; }

    /// <summary>Whether registries may be asked what inputs mean.</summary>
    public bool UseRegistries { get; init; } = true;

    /// <summary>Whether inputs may be fetched that are not exact.</summary>
    public bool AllowUnlocked { get; init; } = true;

    /// <summary>Commit the new lock file (<c>--commit-lock-file</c>).</summary>
    public bool Commit { get; init; }

    /// <summary>The first line of that commit; empty for one that says what was done.</summary>
    public string CommitSummary { get; init; } = "";

    /// <summary>A file to read instead of the flake's (<c>--reference-lock-file</c>); null for none.</summary>
    public string? ReferenceFile { get; init; }

    /// <summary>A file to write instead of the flake's (<c>--output-lock-file</c>); null for none.</summary>
    public string? OutputFile { get; init; }

    /// <summary>Inputs that are something else than the flake says, by their paths (<c>--override-input</c>).</summary>
    public IReadOnlyDictionary<InputPath, FlakeReference> Overrides { get; init; } = new Dictionary<InputPath, FlakeReference>();

    /// <summary>Inputs whose locks are forgotten (<c>--update-input</c>).</summary>
    public IReadOnlySet<InputPath> Updates { get; init; } = new HashSet<InputPath>();

    /// <summary>Whether an input that is only checked by its hash may be written to the lock file (<c>allow-dirty-locks</c>).</summary>
    public bool AllowDirtyLocks { get; init; }

    /// <summary>Whether a working tree with changes may be fetched (<c>allow-dirty</c>).</summary>
    public bool AllowDirty { get; init; } = true;

    /// <summary>Whether to tell the user about one (<c>warn-dirty</c>).</summary>
    public bool WarnDirty { get; init; } = true;

    internal RegistryUse RegistriesForTop => UseRegistries ? RegistryUse.All : RegistryUse.None;

    // What a user's own registry says must not get into the locks of what others use.
    internal RegistryUse RegistriesForInputs => UseRegistries ? RegistryUse.Limited : RegistryUse.None;
}

/// <summary>A flake and exactly what its inputs are.</summary>
/// <param name="Folders">The folders of the nodes whose trees were looked at to find that out.</param>
public sealed record LockedFlake(Flake Flake, LockFile LockFile, IReadOnlyDictionary<LockNode, string> Folders)
{
    /// <summary>What is different as soon as a value of the flake may be, in base 16; null where that cannot be known.</summary>
    public string? Fingerprint()
    {
        Input input = Flake.Locked.Input;
        if (LockFile.FindUnlocked(allowDirty: false) is not null || input.Fingerprint is not { } tree)
        {
            return null;
        }

        // A hash of the contents implies neither of the last two, which the outputs can see.
        string text = $"{tree};{Flake.Locked.Directory};{LockFileWriter.Write(LockFile)}"
            + (input.RevCount is { } count ? $";revCount={count.ToString(CultureInfo.InvariantCulture)}" : "")
            + (input.LastModified is { } time ? $";lastModified={time.ToString(CultureInfo.InvariantCulture)}" : "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
