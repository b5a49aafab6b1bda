using System.Collections.Concurrent;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Builtins.Regex;

/// <summary>The patterns of one evaluation, compiled once each. Safe for several threads.</summary>
internal sealed class RegexCache
{
    /// <summary>Programs that make patterns up would fill it without end.</summary>
    private const int Capacity = 4096;

    private readonly ConcurrentDictionary<byte[], PosixRegex> _compiled = new(ByteArrayComparer.Instance);

    /// <exception cref="RegexException">The pattern is invalid or too large.</exception>
    public PosixRegex Get(byte[] pattern)
    {
        if (_compiled.TryGetValue(pattern, out PosixRegex? regex))
        {
            return regex;
        }

        if (_compiled.Count >= Capacity)
        {
            _compiled.Clear();
        }

        return _compiled.GetOrAdd(pattern, PosixRegex.Compile(pattern));
    }
}
