using System;
using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>A path that another store has.</summary>
/// <param name="Info">What that store says of it; nothing of this is checked but that it is the path asked for.</param>
/// <param name="DownloadSize">Bytes to transfer; 0 where that is not known.</param>
public readonly record struct Substitute(PathInfo Info, ulong DownloadSize);

/// <summary>A store from which paths are taken rather than built. May be used from several threads.</summary>
public interface ISubstituter : INarSource
{
    /// <summary>Its URL as messages name it.</summary>
    string Url { get; }

    StoreDir StoreDir { get; }

    /// <summary>The lower, the earlier it is asked.</summary>
    int Priority { get; }

    /// <summary>Its paths are taken without a signature.</summary>
    bool TakenWithoutSignature { get; }

    /// <summary>It may be asked about many paths of which few are needed.</summary>
    bool WantsMassQuery { get; }

    /// <summary>What it says of a path; null where it has none such.</summary>
    /// <exception cref="SubstituterDisabledException">It failed shortly before and is left alone.</exception>
    /// <exception cref="StoreException">It does not answer, or with nonsense.</exception>
    Task<Substitute?> FindAsync(StorePath path, CancellationToken cancel);
}
