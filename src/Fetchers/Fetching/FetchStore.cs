using System;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>What fetching needs of a store.</summary>
public sealed record FetchStore(StoreDir Dir, IPathInfos Infos, ISourceAdder Sources, IStoreContents Contents, IRealPaths RealPaths)
{
    /// <summary>Gets a path from a substituter; says whether it is valid then. Null where there are no substituters.</summary>
    public Func<StorePath, bool>? Substitute { get; init; }

    /// <summary>Makes a link to a path, which is not collected then; null where that is not possible.</summary>
    public Action<StorePath, string>? Keep { get; init; }
}
