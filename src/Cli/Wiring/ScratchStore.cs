using System;
using System.IO;
using Firn.Formats.StorePaths;
using Firn.Store.Local;

namespace Firn.Cli.Wiring;

/// <summary>A store in a temporary directory that goes with its owner.</summary>
internal sealed class ScratchStore : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("firn-scratch-").FullName;

    public ScratchStore(StoreDir storeDir) => Store = new LocalStore(LocalStoreOptions.UnderRoot(_root, storeDir) with { FsyncMetadata = false });

    public LocalStore Store { get; }

    public void Dispose()
    {
        Store.Dispose();
        // Directories of a store cannot be written to.
        Store.Delete(_root);
    }
}
