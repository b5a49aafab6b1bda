using System;
using System.Collections.Generic;

namespace Firn.Store.Graphs;

/// <summary>
/// Places for the nodes of a graph without circles, in columns from left to right: a node's column is the longest way
/// to it. Lines that pass columns get places there too, so that they go between nodes. Within a column the order
/// follows the means of the neighbours, which leaves few crossings, and heights are as near to them as room allows.
/// </summary>
/// <remarks>After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981).</remarks>
public sealed class LayeredLayout
{
    private const int Sweeps = 12;

    private readonly int _count;
    private readonly List<int> _columns = [];
    private readonly List<List<int>> _left = [], _right = [];
    private readonly List<List<int>> _order = [];
    private readonly List<double> _heights = [];
    private readonly double _nodeHeight, _lineHeight;

    /// <param name="edges">For each node those to the right of it; all of them have greater numbers.</param>
    /// <param name="nodeHeight">Room that a node needs in its column.</param>
    /// <param name="lineHeight">Room that a passing line needs.</param>
    public LayeredLayout(IReadOnlyList<int[]> edges, double nodeHeight, double lineHeight)
    {
        _count = edges.Count;
        _nodeHeight = nodeHeight;
        _lineHeight = lineHeight;
        for (int node = 0; node < _count; node++) Add(0);
        for (int node = 0; node < _count; node++)
            foreach (int to in edges[node]) _columns[to] = Math.Max(_columns[to], _columns[node] + 1);
        Routes = new int[_count][][];
        for (int node = 0; node < _count; node++)
        {
            Routes[node] = new int[edges[node].Length][];
            for (int i = 0; i < edges[node].Length; i++) Routes[node][i] = Route(node, edges[node][i]);
        }
        for (int i = 0; i < _columns.Count; i++)
        {
            while (_order.Count <= _columns[i]) _order.Add([]);
            _order[_columns[i]].Add(i);
        }
        Sort();
        Place();
    }

    /// <summary>For each node and edge the points that its line goes through, the ends included. Points are nodes, or greater numbers.</summary>
    public int[][][] Routes { get; }

    public int Columns => _order.Count;

    /// <summary>Column of a point, from 0.</summary>
    public int Column(int point) => _columns[point];

    /// <summary>Middle of a point; all are at least 0.</summary>
    public double Height(int point) => _heights[point];

    /// <summary>What all columns need.</summary>
    public double TotalHeight { get; private set; }

    private int Add(int column)
    {
        _columns.Add(column);
        _left.Add([]);
        _right.Add([]);
        _heights.Add(0);
        return _columns.Count - 1;
    }

    private int[] Route(int from, int to)
    {
        int[] route = new int[_columns[to] - _columns[from] + 1];
        route[0] = from;
        for (int i = 1; i < route.Length; i++)
        {
            route[i] = i == route.Length - 1 ? to : Add(_columns[from] + i);
            _right[route[i - 1]].Add(route[i]);
            _left[route[i]].Add(route[i - 1]);
        }
        return route;
    }

    private double Room(int point) => point < _count ? _nodeHeight : _lineHeight;

    private static double Mean(List<int> points, double[] values, double otherwise)
    {
        if (points.Count == 0) return otherwise;
        double sum = 0;
        foreach (int point in points) sum += values[point];
        return sum / points.Count;
    }

    private void Sort()
    {
        double[] rank = new double[_columns.Count];
        double[] key = new double[_columns.Count];
        Rank();
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            bool toRight = sweep % 2 == 0;
            for (int i = 1; i < _order.Count; i++)
            {
                int column = toRight ? i : _order.Count - 1 - i;
                foreach (int point in _order[column]) key[point] = Mean(toRight ? _left[point] : _right[point], rank, rank[point]);
                // By number where equal: the result is to be the same each time.
                _order[column].Sort((a, b) => key[a] != key[b] ? key[a].CompareTo(key[b]) : rank[a] != rank[b] ? rank[a].CompareTo(rank[b]) : a.CompareTo(b));
                for (int j = 0; j < _order[column].Count; j++) rank[_order[column][j]] = (j + 0.5) / _order[column].Count;
            }
        }

        void Rank()
        {
            foreach (List<int> column in _order)
                for (int j = 0; j < column.Count; j++) rank[column[j]] = (j + 0.5) / column.Count;
        }
    }

    private void Place()
    {
        double[] heights = new double[_columns.Count];
        foreach (List<int> column in _order)
        {
            double at = 0;
            foreach (int point in column)
            {
                heights[point] = at + Room(point) / 2;
                at += Room(point);
            }
        }
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            bool toRight = sweep % 2 == 0;
            for (int i = 0; i < _order.Count; i++)
            {
                List<int> column = _order[toRight ? i : _order.Count - 1 - i];
                double[] wanted = new double[column.Count];
                for (int j = 0; j < wanted.Length; j++)
                {
                    int point = column[j];
                    double left = Mean(_left[point], heights, heights[point]), right = Mean(_right[point], heights, heights[point]);
                    wanted[j] = toRight ? (_left[point].Count > 0 ? left : right) : _right[point].Count > 0 ? right : left;
                }
                Settle(column, wanted, heights);
            }
        }
        double least = double.MaxValue, greatest = 0;
        for (int i = 0; i < heights.Length; i++) least = Math.Min(least, heights[i] - Room(i) / 2);
        for (int i = 0; i < heights.Length; i++)
        {
            _heights[i] = heights[i] - least;
            greatest = Math.Max(greatest, _heights[i] + Room(i) / 2);
        }
        TotalHeight = greatest;
    }

    /// <summary>Heights as near to the wanted ones as order and room allow, in the sum of squares: neighbours that collide move as one block.</summary>
    private void Settle(List<int> column, double[] wanted, double[] heights)
    {
        var blocks = new List<(double Sum, int Count)>();
        double[] offsets = new double[column.Count];
        for (int i = 0; i < column.Count; i++)
        {
            if (i > 0) offsets[i] = offsets[i - 1] + (Room(column[i - 1]) + Room(column[i])) / 2;
            (double sum, int count) = (wanted[i] - offsets[i], 1);
            while (blocks.Count > 0 && blocks[^1].Sum / blocks[^1].Count >= sum / count)
            {
                sum += blocks[^1].Sum;
                count += blocks[^1].Count;
                blocks.RemoveAt(blocks.Count - 1);
            }
            blocks.Add((sum, count));
        }
        int at = 0;
        foreach ((double sum, int count) in blocks)
            for (int i = 0; i < count; i++, at++) heights[column[at]] = sum / count + offsets[at];
    }
}
