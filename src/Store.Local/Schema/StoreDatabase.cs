using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Sqlite;

namespace Firn.Store.Local.Schema;

/// <summary>Reads the outputs of a derivation that is in place, after checking that its paths are right.</summary>
internal delegate IReadOnlyList<DerivationOutputPath> DerivationOutputsReader(StorePath derivation);

/// <summary>The rows of the store database. One operation at a time; others wait.</summary>
internal sealed partial class StoreDatabase : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StoreDir _storeDir;
    private readonly Database _database;
    private readonly IStoreLog _log;
    private readonly Statement _insertPath, _updatePath, _insertReference, _findPath, _findId, _references, _referrers, _delete, _insertOutput, _derivers, _outputs, _fromHashPart, _all;

    private readonly Statement? _findRealisation, _insertRealisation, _updateRealisation;

    /// <param name="realisations">The tables of <c>ca-derivations</c> are there.</param>
    internal StoreDatabase(Database database, StoreDir storeDir, IStoreLog log, bool realisations)
    {
        _database = database;
        _storeDir = storeDir;
        _log = log;
        _insertPath = new(database, "insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca) values (?, ?, ?, ?, ?, ?, ?, ?)");
        _updatePath = new(database, "update ValidPaths set narSize = ?, hash = ?, ultimate = ?, sigs = ?, ca = ? where path = ?");
        _insertReference = new(database, "insert or ignore into Refs (referrer, reference) values (?, ?)");
        _findPath = new(database, "select id, hash, registrationTime, deriver, narSize, ultimate, sigs, ca from ValidPaths where path = ?");
        _findId = new(database, "select id from ValidPaths where path = ?");
        _references = new(database, "select path from Refs join ValidPaths on reference = id where referrer = ?");
        _referrers = new(database, "select path from Refs join ValidPaths on referrer = id where reference = (select id from ValidPaths where path = ?)");
        _delete = new(database, "delete from ValidPaths where path = ?");
        _insertOutput = new(database, "insert or replace into DerivationOutputs (drv, id, path) values (?, ?, ?)");
        _derivers = new(database, "select v.path from DerivationOutputs d join ValidPaths v on d.drv = v.id where d.path = ?");
        _outputs = new(database, "select id, path from DerivationOutputs where drv = ?");
        _fromHashPart = new(database, "select path from ValidPaths where path >= ? limit 1");
        _all = new(database, "select path from ValidPaths");
        if (!realisations) return;
        _findRealisation = new(database, "select v.path, r.signatures from Realisations r join ValidPaths v on v.id = r.outputPath where r.drvPath = ? and r.outputName = ?");
        _insertRealisation = new(database, "insert into Realisations (drvPath, outputName, outputPath, signatures) values (?, ?, ?, ?)");
        _updateRealisation = new(database, "update Realisations set signatures = ? where drvPath = ? and outputName = ?");
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Statement statement in (ReadOnlySpan<Statement>)[_insertPath, _updatePath, _insertReference, _findPath, _findId, _references, _referrers, _delete, _insertOutput, _derivers, _outputs, _fromHashPart, _all])
                statement.Dispose();
            foreach (Statement? statement in (ReadOnlySpan<Statement?>)[_referenceRows, _referrerRows, _pathOfRow]) statement?.Dispose();
            _findRealisation?.Dispose();
            _insertRealisation?.Dispose();
            _updateRealisation?.Dispose();
            _database.Dispose();
        }
    }

    /// <summary>Runs an operation again for as long as others hold the database; its transaction has been rolled back then.</summary>
    private T Retry<T>(Func<T> operation)
    {
        long nextWarning = Environment.TickCount64 + 1000;
        while (true)
        {
            try
            {
                lock (_lock) return operation();
            }
            catch (SqliteException e) when (e.IsBusy)
            {
                if (Environment.TickCount64 > nextWarning)
                {
                    nextWarning = Environment.TickCount64 + 10_000;
                    _log.Write(StoreLogLevel.Warning, e.Message);
                }
            }
            Thread.Sleep(Random.Shared.Next(100));
        }
    }

    // The longest path: directory, slash, 32 digits, dash, 211 characters.
    private const int NameRoom = 512;

    private ReadOnlySpan<byte> Key(StorePath path, Span<byte> room)
    {
        ReadOnlySpan<byte> directory = _storeDir.PathBytes;
        int length = directory.Length + 1 + path.BaseName.Length;
        if (length > room.Length) room = new byte[length];
        directory.CopyTo(room);
        room[directory.Length] = (byte)'/';
        Encoding.ASCII.GetBytes(path.BaseName, room[(directory.Length + 1)..]);
        return room[..length];
    }

    private StorePath ParsePath(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> directory = _storeDir.PathBytes;
        return text.Length > directory.Length + 1 && text.StartsWith(directory) && text[directory.Length] == '/' && text[(directory.Length + 1)..].IndexOf((byte)'/') < 0
            ? new StorePath(Encoding.UTF8.GetString(text[(directory.Length + 1)..]))
            : _storeDir.Parse(text);
    }

    internal bool IsValid(StorePath path) => Retry(() => Id(path) >= 0);

    private long Id(StorePath path)
    {
        using Statement.Execution query = _findId.Use();
        query.Bind(Key(path, stackalloc byte[NameRoom]));
        return query.Next() ? query.Integer(0) : -1;
    }

    internal PathInfo? Find(StorePath path) => Retry(() => FindNow(path));

    private PathInfo? FindNow(StorePath path)
    {
        PathInfo info;
        long id;
        using (Statement.Execution query = _findPath.Use())
        {
            query.Bind(Key(path, stackalloc byte[NameRoom]));
            if (!query.Next()) return null;
            id = query.Integer(0);
            info = new PathInfo
            {
                Path = path,
                NarHash = ParseHash(path, query.Text(1)),
                RegistrationTime = query.Integer(2),
                Deriver = query.IsNull(3) ? null : ParsePath(query.Text(3)),
                NarSize = (ulong)query.Integer(4),
                Ultimate = query.Integer(5) == 1,
                Signatures = query.IsNull(6) ? [] : SortedWords(Encoding.UTF8.GetString(query.Text(6))),
                ContentAddress = query.IsNull(7) ? null : ContentAddress.Parse(Encoding.UTF8.GetString(query.Text(7))),
            };
        }
        using (Statement.Execution query = _references.Use())
        {
            query.Bind(id);
            return info with { References = SortedPaths(query, 0) };
        }
    }

    private Hash ParseHash(StorePath path, ReadOnlySpan<byte> text)
    {
        try
        {
            return Hash.ParsePrefixed(Encoding.UTF8.GetString(text));
        }
        catch (FormatsException e)
        {
            throw new StoreException("invalid-path entry for '" + _storeDir.Print(path) + "': " + e.Message, e);
        }
    }

    private static string[] SortedWords(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(words, StringComparer.Ordinal);
        return words;
    }

    private List<StorePath> SortedPaths(Statement.Execution query, int column)
    {
        var paths = new List<StorePath>();
        while (query.Next()) paths.Add(ParsePath(query.Text(column)));
        paths.Sort();
        return paths;
    }

    internal IReadOnlyList<StorePath> AllValid() => Retry(() =>
    {
        using Statement.Execution query = _all.Use();
        return SortedPaths(query, 0);
    });

    internal IReadOnlyList<StorePath> Referrers(StorePath path) => Retry(() => ReferrersNow(path));

    private List<StorePath> ReferrersNow(StorePath path)
    {
        using Statement.Execution query = _referrers.Use();
        query.Bind(Key(path, stackalloc byte[NameRoom]));
        return SortedPaths(query, 0);
    }

    internal IReadOnlyList<StorePath> ValidDerivers(StorePath path) => Retry(() =>
    {
        using Statement.Execution query = _derivers.Use();
        query.Bind(Key(path, stackalloc byte[NameRoom]));
        return SortedPaths(query, 0);
    });

    internal IReadOnlyList<DerivationOutputPath> DerivationOutputs(StorePath derivation) => Retry(() =>
    {
        long id = Id(derivation);
        if (id < 0) throw new InvalidPathException(_storeDir, derivation);
        var outputs = new List<DerivationOutputPath>();
        using Statement.Execution query = _outputs.Use();
        query.Bind(id);
        while (query.Next()) outputs.Add(new DerivationOutputPath(Encoding.UTF8.GetString(query.Text(0)), ParsePath(query.Text(1))));
        outputs.Sort((a, b) => string.CompareOrdinal(a.Output, b.Output));
        return outputs;
    });

    internal StorePath? FindByHashPart(string hashPart) => Retry<StorePath?>(() =>
    {
        byte[] prefix = Encoding.UTF8.GetBytes(_storeDir.Path + "/" + hashPart);
        using Statement.Execution query = _fromHashPart.Use();
        query.Bind(prefix);
        if (!query.Next()) return null;
        ReadOnlySpan<byte> found = query.Text(0);
        return found.StartsWith(prefix) ? ParsePath(found) : null;
    });

    /// <summary>One path of a batch, with the outputs where it is a derivation and they are known.</summary>
    internal readonly record struct Registration(PathInfo Info, IReadOnlyList<DerivationOutputPath>? Outputs);

    /// <summary>Registers all in one transaction.</summary>
    /// <param name="ordered">Each comes after those that it refers to, so that there can be no circle.</param>
    internal void Register(IReadOnlyCollection<Registration> registrations, bool ordered, DerivationOutputsReader outputsReader)
    {
        // Reading a derivation asks this database, so it happens before the transaction takes the lock.
        var outputs = new Dictionary<StorePath, IReadOnlyList<DerivationOutputPath>>();
        foreach (Registration registration in registrations)
        {
            PathInfo info = registration.Info;
            if (info.NarHash.Algorithm != HashAlgorithm.Sha256) throw new StoreException("hash of the NAR of path '" + _storeDir.Print(info.Path) + "' is not SHA-256");
            if (info.Path.IsDerivation) outputs[info.Path] = registration.Outputs ?? outputsReader(info.Path);
            if (info.ContentAddress != null && !info.IsContentAddressed(_storeDir))
                throw new StoreException("cannot add path '" + _storeDir.Print(info.Path) + "' to the Nix store because it claims to be content-addressed but isn't");
        }
        Retry(() =>
        {
            using Transaction transaction = _database.Begin(immediate: true);
            var ids = new Dictionary<StorePath, long>(registrations.Count * 2);
            long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            foreach (Registration registration in registrations)
            {
                PathInfo info = registration.Info;
                long id = Id(info.Path);
                if (id >= 0) UpdateNow(info);
                else
                {
                    id = InsertNow(info, now);
                    if (info.Path.IsDerivation) InsertOutputs(id, outputs[info.Path]);
                }
                ids[info.Path] = id;
            }
            Statement.Execution insert = _insertReference.Use();
            try
            {
                foreach (Registration registration in registrations)
                    foreach (StorePath reference in registration.Info.References)
                    {
                        if (!ids.TryGetValue(reference, out long id))
                        {
                            id = Id(reference);
                            if (id < 0) throw new InvalidPathException(_storeDir, reference);
                            ids[reference] = id;
                        }
                        insert.Bind(ids[registration.Info.Path]);
                        insert.Bind(id);
                        insert.Run();
                    }
            }
            finally
            {
                insert.Dispose();
            }
            if (!ordered) RefuseCircles(registrations);
            transaction.Commit();
            return true;
        });
    }

    private void RefuseCircles(IReadOnlyCollection<Registration> registrations)
    {
        if (registrations.Count < 2) return;
        var references = new Dictionary<StorePath, IReadOnlyList<StorePath>>(registrations.Count);
        foreach (Registration registration in registrations) references[registration.Info.Path] = registration.Info.References;
        StoreQueries.SortTopologically(_storeDir, references.Keys, path => references[path]);
    }

    private static void BindSignatures(ref Statement.Execution query, PathInfo info)
    {
        if (info.Signatures.Count == 0) query.BindNull();
        else query.Bind(Encoding.UTF8.GetBytes(string.Join(' ', info.Signatures)));
    }

    private static void BindContentAddress(ref Statement.Execution query, PathInfo info)
    {
        if (info.ContentAddress is { } address) query.Bind(Encoding.UTF8.GetBytes(address.ToString()));
        else query.BindNull();
    }

    private static void BindHash(ref Statement.Execution query, PathInfo info)
    {
        Span<byte> text = stackalloc byte[7 + 64];
        "sha256:"u8.CopyTo(text);
        Base16.Encode(info.NarHash.Bytes, text[7..]);
        query.Bind(text);
    }

    private long InsertNow(PathInfo info, long now)
    {
        Span<byte> room = stackalloc byte[NameRoom];
        Statement.Execution query = _insertPath.Use();
        try
        {
            query.Bind(Key(info.Path, room));
            BindHash(ref query, info);
            query.Bind(info.RegistrationTime == 0 ? now : info.RegistrationTime);
            if (info.Deriver is { } deriver) query.Bind(Key(deriver, room));
            else query.BindNull();
            if (info.NarSize != 0) query.Bind((long)info.NarSize);
            else query.BindNull();
            if (info.Ultimate) query.Bind(1);
            else query.BindNull();
            BindSignatures(ref query, info);
            BindContentAddress(ref query, info);
            query.Run();
        }
        finally
        {
            query.Dispose();
        }
        return _database.LastInsertedRow;
    }

    private void UpdateNow(PathInfo info)
    {
        Statement.Execution query = _updatePath.Use();
        try
        {
            if (info.NarSize != 0) query.Bind((long)info.NarSize);
            else query.BindNull();
            BindHash(ref query, info);
            if (info.Ultimate) query.Bind(1);
            else query.BindNull();
            BindSignatures(ref query, info);
            BindContentAddress(ref query, info);
            query.Bind(Key(info.Path, stackalloc byte[NameRoom]));
            query.Run();
        }
        finally
        {
            query.Dispose();
        }
    }

    private void InsertOutputs(long id, IReadOnlyList<DerivationOutputPath> outputs)
    {
        Span<byte> room = stackalloc byte[NameRoom];
        Statement.Execution query = _insertOutput.Use();
        try
        {
            foreach (DerivationOutputPath output in outputs)
            {
                query.Bind(id);
                query.Bind(Encoding.UTF8.GetBytes(output.Output));
                query.Bind(Key(output.Path, room));
                query.Run();
            }
        }
        finally
        {
            query.Dispose();
        }
    }

    /// <summary>Changes hash, size, signatures and content address of a valid path.</summary>
    internal void Update(PathInfo info) => Retry(() =>
    {
        UpdateNow(info);
        return true;
    });

    /// <summary>Adds signatures to those of a valid path.</summary>
    internal void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures) => Retry(() =>
    {
        using Transaction transaction = _database.Begin(immediate: true);
        PathInfo info = FindNow(path) ?? throw new InvalidPathException(_storeDir, path);
        var all = new SortedSet<string>(info.Signatures, StringComparer.Ordinal);
        all.UnionWith(signatures);
        UpdateNow(info with { Signatures = [.. all] });
        transaction.Commit();
        return true;
    });

    /// <summary>Forgets a path that nothing else refers to.</summary>
    /// <exception cref="PathInUseException">Others refer to it.</exception>
    internal void Invalidate(StorePath path) => Retry(() =>
    {
        using Transaction transaction = _database.Begin(immediate: true);
        InvalidateNow(path);
        transaction.Commit();
        return true;
    });

    /// <summary>Forgets paths, each of which comes before those that it refers to, in one transaction.</summary>
    /// <exception cref="PathInUseException">A path that is not among them refers to one; nothing was forgotten.</exception>
    internal void Invalidate(IReadOnlyList<StorePath> paths) => Retry(() =>
    {
        using Transaction transaction = _database.Begin(immediate: true);
        foreach (StorePath path in paths) InvalidateNow(path);
        transaction.Commit();
        return true;
    });

    private void InvalidateNow(StorePath path)
    {
        try
        {
            DeleteRow(path);
        }
        catch (SqliteException e) when (e.IsConstraint)
        {
            List<StorePath> referrers = ReferrersNow(path);
            referrers.Remove(path);
            if (referrers.Count == 0) throw;
            throw new PathInUseException("cannot delete path '" + _storeDir.Print(path) + "' because it is in use by " + string.Join(", ", referrers.ConvertAll(p => "'" + _storeDir.Print(p) + "'")));
        }
    }

    private void DeleteRow(StorePath path)
    {
        using Statement.Execution query = _delete.Use();
        query.Bind(Key(path, stackalloc byte[NameRoom]));
        query.Run();
    }

    private static StoreException RealisationsDisabled() => new("experimental Nix feature 'ca-derivations' is disabled; add '--extra-experimental-features ca-derivations' to enable it");

    internal Realisation? FindRealisation(DerivationOutputId output) => _findRealisation == null ? null : Retry(() => FindRealisationNow(output));

    private Realisation? FindRealisationNow(DerivationOutputId output)
    {
        using Statement.Execution query = _findRealisation!.Use();
        query.Bind(Encoding.UTF8.GetBytes(output.HashText));
        query.Bind(Encoding.UTF8.GetBytes(output.OutputName));
        return !query.Next() ? null : new Realisation
        {
            Id = output,
            OutPath = ParsePath(query.Text(0)),
            Signatures = SortedWords(Encoding.UTF8.GetString(query.Text(1))),
        };
    }

    internal void RegisterRealisation(Realisation realisation)
    {
        if (_insertRealisation == null || _updateRealisation == null) throw RealisationsDisabled();
        Retry(() =>
        {
            using Transaction transaction = _database.Begin(immediate: true);
            long path = Id(realisation.OutPath);
            if (path < 0) throw new InvalidPathException(_storeDir, realisation.OutPath);
            var signatures = new SortedSet<string>(realisation.Signatures, StringComparer.Ordinal);
            Realisation? known = FindRealisationNow(realisation.Id);
            if (known != null && known.OutPath != realisation.OutPath) throw RealisationConflictException.Of(_storeDir, known, realisation);
            if (known != null) signatures.UnionWith(known.Signatures);
            byte[] hash = Encoding.UTF8.GetBytes(realisation.Id.HashText), name = Encoding.UTF8.GetBytes(realisation.Id.OutputName), text = Encoding.UTF8.GetBytes(string.Join(' ', signatures));
            using (Statement.Execution query = (known == null ? _insertRealisation : _updateRealisation).Use())
            {
                if (known != null) query.Bind(text);
                query.Bind(hash);
                query.Bind(name);
                if (known == null)
                {
                    query.Bind(path);
                    query.Bind(text);
                }
                query.Run();
            }
            transaction.Commit();
            return true;
        });
    }

    internal void Vacuum() => Retry(() =>
    {
        _database.Execute("vacuum");
        return true;
    });

    /// <summary>Every valid path and what follows from what: one consistent view of the whole store.</summary>
    /// <param name="realised">Asked for the outputs of derivations that name none; null where they do not matter.</param>
    internal StoreGraph LoadGraph(Func<StorePath, IReadOnlyList<DerivationOutputPath>>? realised = null) => Retry(() =>
    {
        using Transaction transaction = _database.Begin();
        var paths = new List<StorePath>();
        var indexOfRow = new Dictionary<long, int>();
        var narSizes = new List<ulong>();
        var deriverTexts = new List<StorePath?>();
        using (var statement = new Statement(_database, "select id, path, deriver, narSize from ValidPaths"))
        {
            using Statement.Execution query = statement.Use();
            while (query.Next())
            {
                indexOfRow.Add(query.Integer(0), paths.Count);
                paths.Add(ParsePath(query.Text(1)));
                narSizes.Add((ulong)query.Integer(3));
                deriverTexts.Add(query.IsNull(2) ? null : ParsePath(query.Text(2)));
            }
        }
        var index = new Dictionary<StorePath, int>(paths.Count);
        for (int i = 0; i < paths.Count; i++) index.Add(paths[i], i);
        var edges = new List<(int From, int To)>();
        using (var statement = new Statement(_database, "select referrer, reference from Refs"))
        {
            using Statement.Execution query = statement.Use();
            while (query.Next()) edges.Add((indexOfRow[query.Integer(0)], indexOfRow[query.Integer(1)]));
        }
        var outputs = new List<(int Derivation, int Output)>();
        var planned = new HashSet<int>();
        using (var statement = new Statement(_database, "select drv, path from DerivationOutputs"))
        {
            using Statement.Execution query = statement.Use();
            while (query.Next())
            {
                int derivation = indexOfRow[query.Integer(0)];
                planned.Add(derivation);
                if (index.TryGetValue(ParsePath(query.Text(1)), out int output)) outputs.Add((derivation, output));
            }
        }
        if (realised != null)
        {
            for (int i = 0; i < paths.Count; i++)
            {
                if (!paths[i].IsDerivation || planned.Contains(i)) continue;
                foreach (DerivationOutputPath known in realised(paths[i]))
                    if (index.TryGetValue(known.Path, out int output)) outputs.Add((i, output));
            }
        }
        var derivers = new int[paths.Count];
        for (int i = 0; i < derivers.Length; i++)
            derivers[i] = deriverTexts[i] is { } deriver && index.TryGetValue(deriver, out int at) ? at : -1;
        transaction.Commit();
        return new StoreGraph(paths, narSizes, index, edges, derivers, outputs);
    });
}
