using System.Collections.Generic;
using Firn.Cli.Installables;

namespace Firn.Cli.Arguments;

/// <summary>Flags about the lock files and inputs of flakes, kept for who resolves flake references.</summary>
internal sealed class FlakeFlags
{
    public bool RecreateLockFile { get; private set; }

    public bool UpdateLockFile { get; private set; } = true;

    public bool WriteLockFile { get; private set; } = true;

    public bool CommitLockFile { get; private set; }

    public bool UseRegistries { get; private set; } = true;

    public string? ReferenceLockFile { get; private set; }

    public string? OutputLockFile { get; private set; }

    /// <summary>Input paths to forget the lock of.</summary>
    public List<string> InputUpdates { get; } = [];

    /// <summary>Input paths and the references that take their place.</summary>
    public List<(string Input, string Reference)> InputOverrides { get; } = [];

    /// <summary>Flakes whose inputs serve as a registry.</summary>
    public List<string> InputsFrom { get; } = [];

    public void Declare(FlagTable flags)
    {
        flags.Category = "Common flake-related options";
        flags.Add("recreate-lock-file", "Recreate the flake's lock file from scratch. Deprecated: use `nix flake update`.", () => RecreateLockFile = true);
        flags.Add("no-update-lock-file", "Do not allow any updates to the flake's lock file.", () => UpdateLockFile = false);
        flags.Add("no-write-lock-file", "Do not write the flake's newly generated lock file.", () => WriteLockFile = false);
        flags.Add("no-registries", "Don't allow lookups in the flake registries. Deprecated: use `--no-use-registries`.", () => UseRegistries = false);
        flags.Add("commit-lock-file", "Commit changes to the flake's lock file.", () => CommitLockFile = true);
        flags.Add("update-input", "Update a specific flake input (ignoring its previous entry in the lock file). Deprecated: use `nix flake update`.", "input-path", InputUpdates.Add, FlakeCompletion.Inputs);
        flags.Add("override-input", '\0', "Override a specific flake input (e.g. `dwarffs/nixpkgs`). The input path must not be empty. This implies `--no-write-lock-file`.", "input-path", "flake-url", (input, reference) =>
        {
            WriteLockFile = false;
            InputOverrides.Add((input, reference));
        }, FlakeCompletion.InputThenReference);
        flags.Add("reference-lock-file", "Read the given lock file instead of `flake.lock` within the top-level flake.", "flake-lock-path", f => ReferenceLockFile = f, Completions.Files);
        flags.Add("output-lock-file", "Write the given lock file instead of `flake.lock` within the top-level flake.", "flake-lock-path", f => OutputLockFile = f, Completions.Files);
        flags.Add("inputs-from", "Use the inputs of the specified flake as registry entries.", "flake-url", InputsFrom.Add, FlakeCompletion.References);
        flags.Category = "";
    }
}
