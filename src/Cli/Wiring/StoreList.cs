using System;
using System.Collections.Generic;
using Firn.Store;

namespace Firn.Cli.Wiring;

/// <summary>Stores that a command names beside its own, such as with <c>--substituter</c>.</summary>
internal sealed class StoreList : IDisposable
{
    private readonly List<IStore> _stores = [];

    /// <param name="urls">Opened in this order.</param>
    public StoreList(CommandContext context, IEnumerable<string> urls)
    {
        foreach (string url in urls)
        {
            _stores.Add(StoreOpening.Open(context, url));
        }
    }

    public IReadOnlyList<IStore> Stores => _stores;

    public void Dispose()
    {
        foreach (IStore store in _stores)
        {
            store.Dispose();
        }
    }
}
