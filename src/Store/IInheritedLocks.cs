using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>A store that can be told of locks that whoever started this process holds for it.</summary>
public interface IInheritedLocks
{
    /// <summary>From now on these paths are added without locks.</summary>
    void InheritLocks(IReadOnlyCollection<StorePath> paths);
}
