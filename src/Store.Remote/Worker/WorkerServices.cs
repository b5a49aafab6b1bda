using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Firn.Build;
using Firn.Formats.Realisations;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

/// <summary>What stands behind a connection of the worker protocol.</summary>
public sealed record WorkerServices
{
    /// <summary>Asked for abilities when a client wants one.</summary>
    public required IStore Store { get; init; }

    /// <summary>Makes what builds, with the options that the client has set by then. Called for each operation that may build.</summary>
    public required Func<IBuilder> OpenBuilder { get; init; }

    /// <summary>The version that clients are told.</summary>
    public required string Version { get; init; }

    /// <summary>The newest version of the protocol that is spoken.</summary>
    internal ProtocolVersion Newest { get; init; } = WorkerProtocol.Latest;

    /// <summary>Whether the client may change what is trusted: then it can do everything that the store can.</summary>
    public bool Trusted { get; init; }

    /// <summary>Takes what the client wants; null where it has no say.</summary>
    public Action<ClientOptions>? Apply { get; init; }

    /// <summary>Makes damaged paths anew; null where nothing can.</summary>
    public Func<IRepairer>? OpenRepairer { get; init; }

    /// <summary>The stores that paths are taken from.</summary>
    public Func<Task<IReadOnlyList<ISubstituter>>> Substituters { get; init; } = static () => Task.FromResult<IReadOnlyList<ISubstituter>>([]);

    /// <summary>Whether a realisation of a client that is not trusted is believed, for its signatures.</summary>
    public Func<Realisation, bool> Believes { get; init; } = static _ => false;

    /// <summary>Whether an exception of these services is an answer to the client, beyond those of stores, formats and builds.</summary>
    public Func<Exception, bool> IsFailure { get; init; } = static _ => false;
}
