using System.Collections.Generic;
using System.Threading;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;

namespace Firn.Store.BinaryCache;

/// <summary>A binary cache in a directory of this machine, whose paths can be listed.</summary>
public sealed class DirectoryCacheStore : BinaryCacheStore, IPathList
{
    private readonly DirectoryFiles _directory;

    internal DirectoryCacheStore(StoreReference reference, StoreDir storeDir, DirectoryFiles files, BinaryCacheOptions options, AnswerCache? answers, IStoreLog log, IActivityLog activities)
        : base(reference, storeDir, files, options, answers, log, activities) => _directory = files;

    /// <summary>Who can write the files may do everything with them.</summary>
    public override bool? Trusted => true;

    public IReadOnlyList<StorePath> AllValid()
    {
        List<StorePath> paths = [];
        foreach (string hashPart in _directory.HashParts())
            if (FindByHashPart(hashPart) is { } path) paths.Add(path);
        return paths;
    }
}
