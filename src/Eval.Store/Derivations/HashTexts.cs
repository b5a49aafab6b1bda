using System;
using Firn.Formats;
using Firn.Formats.Hashing;

namespace Firn.Eval.Store.Derivations;

/// <summary>Hashes as users write them.</summary>
internal static class HashTexts
{
    /// <summary>A hash; an empty one counts as all zeroes, which nothing has, so that the right one is shown.</summary>
    /// <exception cref="BadHashException">It is none.</exception>
    internal static Hash ParseAllowEmpty(string text, HashAlgorithm? algorithm, Action<string> warn)
    {
        if (text.Length > 0)
        {
            return Hash.Parse(text, algorithm);
        }

        HashAlgorithm known = algorithm ?? throw new BadHashException("empty hash requires explicit hash algorithm");
        Hash zero = new(known, new byte[known.Size()]);
        warn($"found empty hash, assuming '{zero}'");
        return zero;
    }
}
