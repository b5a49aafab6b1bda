using System.Collections.Generic;
using Firn.Build;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>What a user names to build, copy or look at.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix "Installables"</remarks>
internal abstract class Installable
{
    /// <summary>As it could be written on the command line.</summary>
    public abstract string What { get; }

    /// <summary>The store paths and outputs that it stands for; evaluates what it takes to know them.</summary>
    public abstract IReadOnlyList<DerivedPath> DerivedPaths();

    /// <summary>The installable as a value of the language.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public virtual ValueInstallable RequireValue() => throw CliException.Usage($"installable '{What}' does not correspond to a Nix language value");
}

/// <summary>A store path, or outputs of a store derivation.</summary>
internal sealed class StoreInstallable(StoreDir storeDir, DerivedPath path) : Installable
{
    /// <inheritdoc />
    public override string What => path switch
    {
        DerivedPath.Built { Outputs.IsDefault: true } all => storeDir.Print(all.Derivation) + "^*",
        DerivedPath.Built some => storeDir.Print(some.Derivation) + "^" + string.Join(',', some.Outputs),
        DerivedPath.BuiltOfBuilt => path.Print(storeDir).Replace('!', '^'),
        _ => path.Print(storeDir),
    };

    /// <inheritdoc />
    public override IReadOnlyList<DerivedPath> DerivedPaths() => [path];
}
