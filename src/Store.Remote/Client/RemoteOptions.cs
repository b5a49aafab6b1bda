using System;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Client;

/// <summary>How a store behind a connection is used.</summary>
public sealed record RemoteOptions
{
    public required StoreDir StoreDir { get; init; }

    /// <summary>As messages name it.</summary>
    public required StoreReference Reference { get; init; }

    /// <summary>Makes connections; called again when one is not enough.</summary>
    public required Func<StoreLink> Connect { get; init; }

    /// <summary>What each connection is told first; null where the other side goes by its own settings.</summary>
    public Func<ClientOptions>? Settings { get; init; } = static () => new ClientOptions();

    /// <summary>Takes the messages of the other side.</summary>
    public IStoreLog Log { get; init; } = new NoStoreLog();
}

/// <summary>The other side tells that an operation failed. The connection can be used further.</summary>
public sealed class RemoteException(string message, int exitCode = 1) : StoreException(message)
{
    /// <summary>Exit status for a command that ends because of it.</summary>
    public int ExitCode { get; } = exitCode;
}
