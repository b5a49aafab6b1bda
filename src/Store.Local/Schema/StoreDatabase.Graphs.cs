using System;
using System.Collections.Generic;
using System.Text;
using Firn.Formats.StorePaths;
using Firn.Store.Sqlite;

namespace Firn.Store.Local.Schema;

// References are followed by row number alone, from one index to the next; texts are read once for each path found.
internal sealed partial class StoreDatabase
{
    private Statement? _referenceRows, _referrerRows, _pathOfRow;

    // Rows of the last closure, since it is sorted as a rule. A row number is never given twice, so it can only be out
    // of date by naming a path that has gone, which has no references then.
    private Dictionary<StorePath, long> _rows = [];

    private Statement ReferenceRows => _referenceRows ??= new(_database, "select reference from Refs where referrer = ?");

    private Statement ReferrerRows => _referrerRows ??= new(_database, "select referrer from Refs where reference = ?");

    private Statement PathOfRow => _pathOfRow ??= new(_database, "select path from ValidPaths where id = ?");

    internal ReferenceGraph ClosureGraph(IEnumerable<StorePath> paths) => Retry(() =>
    {
        using Transaction transaction = _database.Begin();
        var (rows, start, edges) = Follow(paths, ReferenceRows, isolated: null);
        StorePath[] found = PathsOf(rows);
        transaction.Commit();
        _rows = new Dictionary<StorePath, long>(found.Length);
        for (int i = 0; i < found.Length; i++) _rows[found[i]] = rows[i];
        return new ReferenceGraph(found, start.ToArray(), edges.ToArray());
    });

    internal IReadOnlyCollection<StorePath> AllReferrers(IEnumerable<StorePath> paths) => Retry(() =>
    {
        using Transaction transaction = _database.Begin();
        var isolated = new List<StorePath>();
        List<long> rows = Follow(paths, ReferrerRows, isolated).Rows;
        StorePath[] found = PathsOf(rows);
        transaction.Commit();
        _rows = new Dictionary<StorePath, long>(found.Length);
        for (int i = 0; i < found.Length; i++) _rows[found[i]] = rows[i];
        isolated.AddRange(found);
        return isolated;
    });

    internal ReferenceGraph GraphOf(IReadOnlyCollection<StorePath> paths) => Retry(() =>
    {
        using Transaction transaction = _database.Begin();
        var found = new List<StorePath>(paths.Count);
        var rows = new List<long>(paths.Count);
        var numbers = new Dictionary<long, int>(paths.Count);
        var seen = new HashSet<StorePath>(paths.Count);
        foreach (StorePath path in paths)
        {
            if (!seen.Add(path)) continue;
            if (!_rows.TryGetValue(path, out long row)) row = Id(path);
            if (row >= 0) numbers[row] = found.Count;
            found.Add(path);
            rows.Add(row);
        }
        var start = new List<int>(found.Count + 1);
        var edges = new List<int>();
        Statement.Execution query = ReferenceRows.Use();
        try
        {
            foreach (long row in rows)
            {
                start.Add(edges.Count);
                if (row < 0) continue;
                query.Restart();
                query.Bind(row);
                while (query.Next())
                    if (numbers.TryGetValue(query.Integer(0), out int number)) edges.Add(number);
            }
        }
        finally
        {
            query.Dispose();
        }
        start.Add(edges.Count);
        transaction.Commit();
        return new ReferenceGraph([.. found], start.ToArray(), edges.ToArray());
    });

    /// <summary>Rows that others lead to, with the edges that were followed.</summary>
    /// <param name="isolated">Takes paths that are not valid; null makes them an error.</param>
    private (List<long> Rows, List<int> Start, List<int> Edges) Follow(IEnumerable<StorePath> from, Statement statement, List<StorePath>? isolated)
    {
        var rows = new List<long>();
        var numbers = new Dictionary<long, int>();
        foreach (StorePath path in from)
        {
            long row = Id(path);
            if (row < 0)
            {
                if (isolated == null) throw new InvalidPathException(_storeDir, path);
                isolated.Add(path);
            }
            else if (numbers.TryAdd(row, rows.Count)) rows.Add(row);
        }
        var start = new List<int>();
        var edges = new List<int>();
        Statement.Execution query = statement.Use();
        try
        {
            for (int i = 0; i < rows.Count; i++)
            {
                start.Add(edges.Count);
                query.Restart();
                query.Bind(rows[i]);
                while (query.Next())
                {
                    long row = query.Integer(0);
                    ref int number = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(numbers, row, out bool known);
                    if (!known)
                    {
                        number = rows.Count;
                        rows.Add(row);
                    }
                    edges.Add(number);
                }
            }
        }
        finally
        {
            query.Dispose();
        }
        start.Add(edges.Count);
        return (rows, start, edges);
    }

    private StorePath[] PathsOf(List<long> rows)
    {
        var paths = new StorePath[rows.Count];
        Statement.Execution query = PathOfRow.Use();
        try
        {
            for (int i = 0; i < paths.Length; i++)
            {
                query.Restart();
                query.Bind(rows[i]);
                if (!query.Next()) throw new StoreException("the store database names a reference that is not there; run 'nix-store --verify'");
                paths[i] = ParsePath(query.Text(0));
            }
        }
        finally
        {
            query.Dispose();
        }
        return paths;
    }

    /// <summary>Those that are valid. In one transaction, since each of its own costs three system calls.</summary>
    internal HashSet<StorePath> FilterValid(IReadOnlyCollection<StorePath> paths) => Retry(() =>
    {
        using Transaction transaction = _database.Begin();
        var valid = new HashSet<StorePath>(paths.Count);
        foreach (StorePath path in paths)
            if (Id(path) >= 0) valid.Add(path);
        transaction.Commit();
        return valid;
    });

    /// <summary>Whether some valid path has this name.</summary>
    internal bool HasObjectNamed(string name) => Retry(() =>
    {
        using var statement = new Statement(_database, "select 1 from ValidPaths where substr(path, ?) = ? limit 1");
        using Statement.Execution query = statement.Use();
        query.Bind(_storeDir.Path.Length + 1 + StorePath.HashLength + 1 + 1);
        query.Bind(Encoding.UTF8.GetBytes(name));
        return query.Next();
    });

    /// <summary>Hash of the NAR and its size for every valid path.</summary>
    internal List<(StorePath Path, byte[] Hash, ulong NarSize)> AllHashes() => Retry(() =>
    {
        var all = new List<(StorePath, byte[], ulong)>();
        using var statement = new Statement(_database, "select path, hash, narSize from ValidPaths order by path");
        using Statement.Execution query = statement.Use();
        while (query.Next()) all.Add((ParsePath(query.Text(0)), query.Text(1).ToArray(), (ulong)query.Integer(2)));
        return all;
    });
}
