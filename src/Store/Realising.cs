using Firn.Formats.Realisations;

namespace Firn.Store;

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
