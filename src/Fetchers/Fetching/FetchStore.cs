using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>What fetching needs of a store.</summary>
public sealed record FetchStore(StoreDir Dir, IPathInfos Infos, ISourceAdder Sources, IStoreContents Contents, IRealPaths RealPaths);
