using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>
/// What a running build may know of the store that it is built in: its inputs, and what it has added or built through it.
/// Used from several threads.
/// </summary>
/// <remarks>Nix manual, development/experimental-features (recursive-nix)</remarks>
public sealed class RecursiveView
{
    private readonly Lock _lock = new();
    private readonly SortedSet<StorePath> _inputs;
    private readonly SortedSet<StorePath> _added = [];
    private readonly HashSet<DerivationOutputId> _realised = [];
    private readonly Action<StorePath> _show;

    /// <param name="derivation">What is being built.</param>
    /// <param name="inputs">The closure of its inputs.</param>
    /// <param name="show">Makes a valid path appear in the build's file system; called once for each.</param>
    internal RecursiveView(StorePath derivation, SortedSet<StorePath> inputs, Action<StorePath> show)
    {
        Derivation = derivation;
        _inputs = inputs;
        _show = show;
    }

    /// <summary>What is being built.</summary>
    public StorePath Derivation { get; }

    /// <summary>Whether the build may know of a path.</summary>
    public bool Allows(StorePath path)
    {
        lock (_lock)
        {
            return _inputs.Contains(path) || _added.Contains(path);
        }
    }

    /// <summary>Whether the build may know what became of an output.</summary>
    public bool Allows(DerivationOutputId output)
    {
        lock (_lock)
        {
            return _realised.Contains(output);
        }
    }

    /// <summary>All that it may know, sorted.</summary>
    public SortedSet<StorePath> Paths()
    {
        lock (_lock)
        {
            SortedSet<StorePath> all = [.. _inputs];
            all.UnionWith(_added);
            return all;
        }
    }

    /// <summary>Shows the build another path, which is valid and stays so.</summary>
    /// <exception cref="BuildException">It cannot be made to appear there.</exception>
    public void Add(StorePath path)
    {
        // Under the lock, so that nobody is told of it before it is there.
        lock (_lock)
        {
            if (_inputs.Contains(path) || _added.Contains(path))
            {
                return;
            }

            _show(path);
            _added.Add(path);
        }
    }

    /// <summary>Lets the build know what became of an output.</summary>
    public void Add(DerivationOutputId output)
    {
        lock (_lock)
        {
            _realised.Add(output);
        }
    }
}

/// <summary>Gives running builds a store to talk to.</summary>
public interface IRecursiveServer
{
    /// <summary>Serves a view at a new socket until disposal, which waits for what goes on and ends it.</summary>
    /// <param name="socketPath">Where nothing is yet.</param>
    IDisposable Serve(string socketPath, RecursiveView view);
}
