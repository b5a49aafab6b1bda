using Firn.Formats.StorePaths;
using Firn.Store.Contract;

namespace Firn.Store.Tests;

public sealed class MemoryStoreTests : StoreContract<MemoryStore>
{
    protected override MemoryStore Create() => new(StoreDir.Default);

    public override void Dispose() { }
}
