using System.Threading;
using System.Threading.Tasks;
using Firn.Formats.Realisations;

namespace Firn.Store;

/// <summary>A store that is asked what builds made, where answers take their time. May be used from several threads.</summary>
public interface IRealisationSource
{
    /// <summary>The realisation of one output as that store knows it, with nothing checked but that it is for this output; null where it knows none.</summary>
    /// <exception cref="SubstituterDisabledException">It failed shortly before and is left alone.</exception>
    /// <exception cref="StoreException">It does not answer, or with nonsense.</exception>
    Task<Realisation?> FindRealisationAsync(DerivationOutputId output, CancellationToken cancel);
}

/// <summary>What builds made of outputs whose paths are not known beforehand.</summary>
public interface IRealisations
{
    /// <summary>The realisation of one output; null where there is none whose path is valid.</summary>
    Realisation? FindRealisation(DerivationOutputId output);

    /// <summary>Keeps a realisation for as long as its path is valid; signatures are added to those that are known.</summary>
    /// <exception cref="InvalidPathException">Its path is not valid.</exception>
    /// <exception cref="StoreException">Another path is known for the same output.</exception>
    void RegisterRealisation(Realisation realisation);
}
