using System.IO;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
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

/// <summary>The files of a store on this machine, without its books: which paths are valid somebody else knows.</summary>
public interface IStoreFiles : IRealPaths
{
    /// <summary>The directory of profiles and roots, as <c>/nix/var/nix</c>.</summary>
    string StateDir { get; }

    /// <summary>What adding the source would return; its NAR goes to <paramref name="nar"/>. The source is read once.</summary>
    /// <exception cref="StoreException">It cannot be read, or is of a kind that has no NAR.</exception>
    PathInfo Read(Source source, IByteSink nar);

    /// <summary>What adding the source would return.</summary>
    /// <exception cref="StoreException">It cannot be read, or is of a kind that has no NAR.</exception>
    PathInfo Compute(Source source);

    /// <summary>Writes the NAR of a tree of files.</summary>
    void WriteNar(string path, IByteSink to);

    /// <inheritdoc cref="IStoreContents.ReadFile"/>
    byte[] ReadFile(StorePath path, string inside = "");

    /// <inheritdoc cref="IFileStore.OpenFiles"/>
    IObjectFiles Open(StorePath path);

    /// <summary>The log of building a derivation; null where there is none.</summary>
    byte[]? FindLog(StorePath derivation);

    /// <summary>Makes a link to a path, which no collector knows yet. Returns it in its canonical form.</summary>
    /// <inheritdoc cref="IRoots.AddPermanentRoot" path="/exception"/>
    string MakeRootLink(StorePath path, string link);
}

/// <summary>A store that checks signatures itself, since it need not believe whoever adds.</summary>
public interface ICheckingNarAdder : INarAdder
{
    /// <summary>As <see cref="INarAdder.AddNar"/>.</summary>
    /// <param name="checkSignatures">False asks to take the path without; who is not trusted asks in vain.</param>
    void AddNar(PathInfo info, Stream nar, bool repair, bool checkSignatures);
}
