using System;
using System.Collections.Generic;

namespace Firn.Flakes.Locking;

/// <summary>What an input of a flake is in a lock file: a locked flake of its own, or whatever another input is.</summary>
public abstract record LockEdge
{
    private LockEdge()
    {
    }

    /// <summary>A node.</summary>
    public sealed record To(LockedNode Node) : LockEdge;

    /// <summary>The same as the input at a path from the root.</summary>
    public sealed record Follows(InputPath Path) : LockEdge;
}

/// <summary>A flake in a lock file with its inputs by name, in byte order of the names.</summary>
public class LockNode
{
    public SortedDictionary<string, LockEdge> Inputs { get; } = new(StringComparer.Ordinal);
}

/// <summary>A flake, or a tree that is none, of which the lock file says exactly which one it is.</summary>
/// <param name="locked">Exactly this tree.</param>
/// <param name="original">As it was asked for.</param>
/// <param name="isFlake">Whether it is a flake rather than files only.</param>
/// <param name="parent">What a relative path starts at: the path of an input; null for an input that is not relative.</param>
public sealed class LockedNode(FlakeReference locked, FlakeReference original, bool isFlake, InputPath? parent) : LockNode
{
    public FlakeReference Locked { get; } = locked;

    public FlakeReference Original { get; } = original;

    public bool IsFlake { get; } = isFlake;

    public InputPath? Parent { get; } = parent;
}
