using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Build;

/// <summary>Builds single derivations, here or by asking somebody who can.</summary>
public interface IDerivationBuilder
{
    /// <summary>Builds all outputs of a derivation that need not be in the store.</summary>
    /// <param name="path">What it is known as.</param>
    /// <param name="derivation">Without input derivations: what those make is among its sources.</param>
    /// <exception cref="OperationCanceledException">The caller gave up; no process is left.</exception>
    BuildResult BuildDerivation(StorePath path, Derivation derivation, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default);
}

/// <summary>Makes store paths valid, here or by asking somebody who can.</summary>
public interface IBuilder : IDerivationBuilder
{
    /// <summary>What <see cref="Realise"/> would have to do.</summary>
    /// <exception cref="BuildException">A derivation is missing or wrong.</exception>
    MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths);

    /// <summary>Makes paths valid, and tells of each what came of it. Failures of what they need are told as events.</summary>
    /// <param name="paths">What is wanted.</param>
    /// <param name="mode">What to do with what is valid already.</param>
    /// <param name="cancel">Ends all builds.</param>
    /// <returns>A result for each path, in their order.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up; no process is left.</exception>
    IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default);

    /// <summary>Makes paths valid or fails as a whole.</summary>
    /// <returns>The outputs of each path, in their order.</returns>
    /// <exception cref="BuildException">Something failed; its exit code is that of the commands of the field.</exception>
    IReadOnlyList<BuildResult> RealiseAll(IReadOnlyList<DerivedPath> paths, BuildMode mode = BuildMode.Normal, CancellationToken cancel = default);
}
