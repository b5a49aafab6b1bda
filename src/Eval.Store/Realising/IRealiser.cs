using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Realising;

/// <summary>An output of a derivation that is in the store.</summary>
public readonly record struct OutputRequest(StorePath Derivation, string Output);

/// <summary>Makes outputs valid: builds them or has them substituted.</summary>
public interface IRealiser
{
    /// <summary>Returns when all of them are valid.</summary>
    /// <returns>The path of each, in order.</returns>
    /// <exception cref="Errors.EvalError">One cannot be made; the message and the exit status are the builder's.</exception>
    IReadOnlyList<StorePath> Realise(IReadOnlyList<OutputRequest> wanted);

    /// <summary>Has a path substituted.</summary>
    /// <returns>Whether it is valid now.</returns>
    bool TrySubstitute(StorePath path);
}
