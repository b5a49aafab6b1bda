using System.Collections.Immutable;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>Something that can be made valid: a store path, or outputs of a derivation. One of the nested records.</summary>
/// <remarks>Nix manual, store/derivation "deriving path"</remarks>
public abstract record DerivedPath
{
    private DerivedPath()
    {
    }

    /// <summary>A path that is to be valid as it is.</summary>
    public sealed record Opaque(StorePath Path) : DerivedPath;

    /// <summary>Outputs of a derivation.</summary>
    /// <param name="Derivation">A path that ends in <c>.drv</c>.</param>
    /// <param name="Outputs">Names; default for all of them.</param>
    public sealed record Built(StorePath Derivation, ImmutableArray<string> Outputs = default) : DerivedPath;

    /// <summary>Outputs of a derivation that is itself an output of another.</summary>
    /// <param name="Root">A path that ends in <c>.drv</c>.</param>
    /// <param name="Chain">Names of outputs that lead from it to the derivation; at least one.</param>
    /// <param name="Outputs">Names; default for all of them.</param>
    public sealed record BuiltOfBuilt(StorePath Root, ImmutableArray<string> Chain, ImmutableArray<string> Outputs = default) : DerivedPath;

    /// <summary>As users write it: <c>PATH</c>, <c>PATH!out,dev</c> or <c>PATH!*</c>.</summary>
    public string Print(StoreDir dir) => this switch
    {
        Built { Outputs.IsDefault: true } all => dir.Print(all.Derivation) + "!*",
        Built some => dir.Print(some.Derivation) + "!" + string.Join(',', some.Outputs),
        BuiltOfBuilt inner => dir.Print(inner.Root) + "!" + string.Join('!', inner.Chain) + "!" + (inner.Outputs.IsDefault ? "*" : string.Join(',', inner.Outputs)),
        Opaque opaque => dir.Print(opaque.Path),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
