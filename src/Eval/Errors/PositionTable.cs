using System;
using System.Collections.Generic;
using System.Threading;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Errors;

/// <summary>A position that was looked up: the source and the offset in it.</summary>
public readonly record struct Position(SourceText Source, int Offset)
{
    /// <summary>Line and column, both from 1.</summary>
    public LineColumn LineColumn => Source.GetLineColumn(Offset);
}

/// <summary>The sources of an evaluation, each with a range of <see cref="PosIdx"/>. Safe for several threads.</summary>
public sealed class PositionTable
{
    private readonly Lock _gate = new();
    private readonly List<(uint Base, SourceText Source)> _sources = [];
    private uint _next = 1;

    /// <summary>Takes a source in; positions in it are the result plus their offset.</summary>
    public uint Add(SourceText source)
    {
        lock (_gate)
        {
            uint start = _next;
            _sources.Add((start, source));

            // One more than its length: the end of a source is a position too.
            _next = checked(_next + (uint)source.Bytes.Length + 1);
            return start;
        }
    }

    /// <summary>The source and offset of a position; null for none.</summary>
    public Position? Find(PosIdx pos)
    {
        if (!pos.IsSet)
        {
            return null;
        }

        lock (_gate)
        {
            int low = 0;
            int high = _sources.Count - 1;
            while (low < high)
            {
                int mid = (low + high + 1) / 2;
                if (_sources[mid].Base <= pos.Value)
                {
                    low = mid;
                }
                else
                {
                    high = mid - 1;
                }
            }

            return new Position(_sources[low].Source, (int)(pos.Value - _sources[low].Base));
        }
    }
}
