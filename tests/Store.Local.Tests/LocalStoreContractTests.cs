using System.Collections.Generic;
using Firn.Store.Contract;

namespace Firn.Store.Local.Tests;

public sealed class LocalStoreContractTests : StoreContract<LocalStore>
{
    private readonly List<TempStore> _stores = [];

    protected override LocalStore Create()
    {
        _stores.Add(new TempStore(options => options with { ContentAddressedDerivations = true }));
        return _stores[^1].Store;
    }

    public override void Dispose() => _stores.ForEach(store => store.Dispose());
}
