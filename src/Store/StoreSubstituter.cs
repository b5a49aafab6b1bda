using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Transfer;

namespace Firn.Store;

/// <summary>A store of any kind as one to take paths from.</summary>
/// <param name="store">Stays with its owner.</param>
/// <param name="priority">The lower, the earlier it is asked.</param>
/// <param name="takenWithoutSignature">Its paths need no signature.</param>
public sealed class StoreSubstituter(IStore store, int priority = 0, bool takenWithoutSignature = false) : ISubstituter, IRealisationSource
{
    public string Url { get; } = store.Reference.Render(withParameters: false);

    public StoreDir StoreDir => store.StoreDir;

    public int Priority => priority;

    public bool TakenWithoutSignature => takenWithoutSignature;

    public bool WantsMassQuery => true;

    public Task<Substitute?> FindAsync(StorePath path, CancellationToken cancel) =>
        Task.FromResult<Substitute?>(store.Find(path) is { } info ? new Substitute(info, 0) : null);

    public Task<Realisation?> FindRealisationAsync(DerivationOutputId output, CancellationToken cancel) =>
        Task.FromResult((store as IRealisations)?.FindRealisation(output));

    public Stream OpenNar(PathInfo info, Action<long>? progress, CancellationToken cancel) => new SinkToStream(to => store.WriteNar(info.Path, to));
}
