using System;
using System.Collections.Generic;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Something that is going to be built or fetched.</summary>
/// <param name="Path">The derivation, or the store path that is fetched, as it is printed.</param>
/// <param name="Name">As people call it.</param>
/// <param name="IsFetch">Whether it is taken from another store.</param>
/// <param name="Needs">Indices of what comes before it.</param>
/// <param name="Expected">How long it took before, or null where nothing is known.</param>
internal sealed record PlannedNode(string Path, string Name, bool IsFetch, IReadOnlyList<int> Needs, TimeSpan? Expected);

/// <summary>What is going to be done.</summary>
internal sealed record BuildPlanView(IReadOnlyList<PlannedNode> Nodes);
