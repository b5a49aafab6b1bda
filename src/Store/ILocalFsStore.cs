using Firn.Formats.Sinks;
using Firn.Store.Objects;

namespace Firn.Store;

/// <summary>
/// A store whose objects are files of this machine, whether this process keeps its books or a daemon does: one that
/// commands evaluate, build and keep roots in.
/// </summary>
public interface ILocalFsStore
    : IStore, IPathGraph, IValidityFilter, INarAdder, ITextAdder, ISourceAdder, ISignatureAdder, IRealPaths, IFileStore, ITempRoots, IRoots,
        ICollector, IVerifier, IOptimiser, IRealisations, IBuildLogs, IBuildLogAdder
{
    /// <summary>The directory of profiles and roots, as <c>/nix/var/nix</c>.</summary>
    string StateDir { get; }
}

/// <summary>Reads files of this machine as store objects are made of them.</summary>
public interface ISourceReader
{
    /// <summary>What adding the source would return; its NAR goes to <paramref name="nar"/>. The source is read once.</summary>
    /// <exception cref="StoreException">It cannot be read, or is of a kind that has no NAR.</exception>
    PathInfo Read(Source source, IByteSink nar);
}
