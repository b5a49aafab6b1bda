using System;
using System.Collections.Generic;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>An input as a <c>flake.nix</c> declares it.</summary>
public sealed record FlakeInput
{
    /// <summary>Where it is; null where nothing is said, or it follows another input.</summary>
    public FlakeReference? Reference { get; init; }

    /// <summary>Whether it is a flake rather than files only.</summary>
    public bool IsFlake { get; init; } = true;

    /// <summary>The input, by its path from the root, that it is the same as; null for none.</summary>
    public InputPath? Follows { get; init; }

    /// <summary>What is to become of inputs of this input.</summary>
    public IReadOnlyDictionary<string, FlakeInput> Overrides { get; init; } = new Dictionary<string, FlakeInput>();
}

/// <summary>What can be known of a flake without evaluating its outputs.</summary>
public sealed record Flake
{
    /// <summary>As it was asked for.</summary>
    public required FlakeReference Original { get; init; }

    /// <summary>What the registries say that means.</summary>
    public required FlakeReference Resolved { get; init; }

    /// <summary>Exactly the tree that was fetched.</summary>
    public required FlakeReference Locked { get; init; }

    /// <summary>The folder of its <c>flake.nix</c>, absolute, in the store.</summary>
    public required string Folder { get; init; }

    public string? Description { get; init; }

    /// <summary>By name, in byte order of the names.</summary>
    public IReadOnlyDictionary<string, FlakeInput> Inputs { get; init; } = new SortedDictionary<string, FlakeInput>(StringComparer.Ordinal);

    /// <summary>How its own tree is to be fetched.</summary>
    public InputAttributes SelfAttributes { get; init; } = new();

    /// <summary>Settings that it asks for, by name (<c>nixConfig</c>).</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether its lock file is another one than that in the tree, so that the tree's revision does not describe it.</summary>
    public bool IsModified { get; init; }

    /// <summary>The path of its lock file.</summary>
    public string LockPath => Folder + "/flake.lock";
}
