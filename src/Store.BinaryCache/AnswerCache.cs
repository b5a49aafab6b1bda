using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Store.Sqlite;

namespace Firn.Store.BinaryCache;

/// <summary>How long answers of caches are believed.</summary>
/// <remarks>Nix manual, command-ref/conf-file (narinfo-cache-…-ttl)</remarks>
public sealed record AnswerLifetimes
{
    /// <summary>Of what a path is (<c>narinfo-cache-positive-ttl</c>).</summary>
    public TimeSpan Present { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Of a path's absence (<c>narinfo-cache-negative-ttl</c>).</summary>
    public TimeSpan Absent { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Of what a cache says of itself (<c>narinfo-cache-meta-ttl</c>).</summary>
    public TimeSpan Cache { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>What a cache says of itself.</summary>
internal readonly record struct CacheFacts(string StoreDir, bool WantsMassQuery, int Priority);

/// <summary>
/// Answers of binary caches on this machine's disk, for all processes of a user. It holds nothing that cannot be asked
/// again: where the file cannot be used, caches are asked each time. For several threads.
/// </summary>
/// <remarks>docs/formats/answer-cache.md</remarks>
public sealed class AnswerCache : IDisposable
{
    /// <summary>Name of the file in the user's cache directory of Nix.</summary>
    public const string FileName = "binary-cache-firn-v1.sqlite";

    private const long PurgeInterval = 24 * 3600;

    private readonly Lock _lock = new();
    private readonly string _file;
    private readonly AnswerLifetimes _lifetimes;
    private readonly Action<string> _warn;
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private Database? _database;
    private Statement? _findCache, _putCache, _findAnswer, _putAnswer, _findSilent, _putSilent, _findRealisation, _putRealisation;
    private bool _unusable;

    /// <param name="file">Made when the first answer is asked for.</param>
    /// <param name="warn">Told once, where the file cannot be used.</param>
    public AnswerCache(string file, AnswerLifetimes lifetimes, Action<string> warn)
    {
        _file = file;
        _lifetimes = lifetimes;
        _warn = warn;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
            _unusable = true;
        }
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>What is known of a cache itself.</summary>
    internal CacheFacts? FindCache(string url) => Use<CacheFacts?>(null, () =>
    {
        using Statement.Execution query = _findCache!.Use();
        query.Bind(Encoding.UTF8.GetBytes(url));
        query.Bind(Now - (long)_lifetimes.Cache.TotalSeconds);
        if (!query.Next()) return null;
        _ids[url] = query.Integer(0);
        return new CacheFacts(Encoding.UTF8.GetString(query.Text(1)), query.Integer(2) != 0, (int)query.Integer(3));
    });

    /// <summary>Remembers what a cache said of itself.</summary>
    internal void PutCache(string url, CacheFacts facts) => Use(false, () =>
    {
        using Statement.Execution put = _putCache!.Use();
        put.Bind(Encoding.UTF8.GetBytes(url));
        put.Bind(Now);
        put.Bind(Encoding.UTF8.GetBytes(facts.StoreDir));
        put.Bind(facts.WantsMassQuery ? 1 : 0);
        put.Bind(facts.Priority);
        if (put.Next()) _ids[url] = put.Integer(0);
        return true;
    });

    /// <summary>Whether a server did not answer shortly before, in this process or another.</summary>
    public bool IsLeftAlone(string url) => Use(false, () =>
    {
        using Statement.Execution query = _findSilent!.Use();
        query.Bind(Encoding.UTF8.GetBytes(url));
        query.Bind(Now);
        return query.Next();
    });

    /// <summary>Remembers for a minute that a server does not answer.</summary>
    public void LeaveAlone(string url) => Use(false, () =>
    {
        using Statement.Execution put = _putSilent!.Use();
        put.Bind(Encoding.UTF8.GetBytes(url));
        put.Bind(Now + 60);
        put.Run();
        return true;
    });

    /// <summary>What a cache said of a path.</summary>
    /// <param name="text">Of its .narinfo file; null where it had none.</param>
    /// <returns>False where nothing is known.</returns>
    internal bool TryFind(string url, string hashPart, out string? text) => TryFind(() => _findAnswer!, url, hashPart, out text);

    /// <summary>What a cache said of an output.</summary>
    /// <param name="text">The JSON of its realisation; null where it had none.</param>
    /// <returns>False where nothing is known.</returns>
    internal bool TryFindRealisation(string url, string output, out string? text) => TryFind(() => _findRealisation!, url, output, out text);

    private bool TryFind(Func<Statement> question, string url, string key, out string? text)
    {
        string? found = null;
        bool known = Use(false, () =>
        {
            if (!_ids.TryGetValue(url, out long id)) return false;
            using Statement.Execution query = question().Use();
            query.Bind(id);
            query.Bind(Encoding.UTF8.GetBytes(key));
            if (!query.Next()) return false;
            bool present = !query.IsNull(1);
            TimeSpan lifetime = present ? _lifetimes.Present : _lifetimes.Absent;
            if (query.Integer(0) <= Now - (long)lifetime.TotalSeconds) return false;
            found = present ? Encoding.UTF8.GetString(query.Text(1)) : null;
            return true;
        });
        text = found;
        return known;
    }

    /// <summary>Remembers what a cache said of a path.</summary>
    internal void Put(string url, string hashPart, string? text) => Put(() => _putAnswer!, url, hashPart, text);

    /// <summary>Remembers what a cache said of an output.</summary>
    internal void PutRealisation(string url, string output, string? text) => Put(() => _putRealisation!, url, output, text);

    private void Put(Func<Statement> how, string url, string key, string? text) => Use(false, () =>
    {
        if (!_ids.TryGetValue(url, out long id)) return false;
        using Statement.Execution put = how().Use();
        put.Bind(id);
        put.Bind(Encoding.UTF8.GetBytes(key));
        put.Bind(Now);
        if (text is null) put.BindNull();
        else put.Bind(Encoding.UTF8.GetBytes(text));
        put.Run();
        return true;
    });

    private T Use<T>(T otherwise, Func<T> action)
    {
        lock (_lock)
        {
            if (_unusable) return otherwise;
            try
            {
                if (_database is null) Open();
                return action();
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                Close();
                _unusable = true;
                _warn("answers of binary caches are not kept: " + e.Message);
                return otherwise;
            }
        }
    }

    private void Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        _database = new Database(_file, OpenMode.Create, useWal: true);
        // A crash of the machine may lose it: it is a cache.
        _database.Execute("pragma synchronous = off");
        _database.Execute("pragma main.journal_mode = wal");
        _database.Execute("create table if not exists Caches (id integer primary key autoincrement not null, url text unique not null, time integer not null, storeDir text not null, massQuery integer not null, priority integer not null)");
        _database.Execute("create table if not exists Answers (cache integer not null references Caches(id) on delete cascade, hashPart text not null, time integer not null, narInfo text, primary key (cache, hashPart)) without rowid");
        _database.Execute("create table if not exists Realisations (cache integer not null references Caches(id) on delete cascade, output text not null, time integer not null, realisation text, primary key (cache, output)) without rowid");
        _database.Execute("create table if not exists Silent (url text primary key not null, until integer not null)");
        _database.Execute("create table if not exists LastPurge (time integer not null)");
        _findCache = new Statement(_database, "select id, storeDir, massQuery, priority from Caches where url = ? and time > ?");
        _putCache = new Statement(_database, "insert into Caches (url, time, storeDir, massQuery, priority) values (?, ?, ?, ?, ?) on conflict (url) do update set time = excluded.time, storeDir = excluded.storeDir, massQuery = excluded.massQuery, priority = excluded.priority returning id");
        _findAnswer = new Statement(_database, "select time, narInfo from Answers where cache = ? and hashPart = ?");
        _putAnswer = new Statement(_database, "insert or replace into Answers (cache, hashPart, time, narInfo) values (?, ?, ?, ?)");
        _findRealisation = new Statement(_database, "select time, realisation from Realisations where cache = ? and output = ?");
        _putRealisation = new Statement(_database, "insert or replace into Realisations (cache, output, time, realisation) values (?, ?, ?, ?)");
        _findSilent = new Statement(_database, "select 1 from Silent where url = ? and until > ?");
        _putSilent = new Statement(_database, "insert or replace into Silent (url, until) values (?, ?)");
        Purge();
    }

    private void Purge()
    {
        long now = Now;
        using Statement last = new(_database!, "select time from LastPurge where time > ?");
        using (Statement.Execution query = last.Use())
        {
            query.Bind(now - PurgeInterval);
            if (query.Next()) return;
        }
        long absent = now - Math.Max((long)_lifetimes.Absent.TotalSeconds, 3600), present = now - Math.Max((long)_lifetimes.Present.TotalSeconds, 30 * 24 * 3600);
        _database!.Execute("delete from Answers where (narInfo is null and time < " + absent + ") or time < " + present);
        _database.Execute("delete from Realisations where (realisation is null and time < " + absent + ") or time < " + present);
        _database.Execute("delete from LastPurge");
        _database.Execute("insert into LastPurge (time) values (" + now + ")");
    }

    private void Close()
    {
        foreach (Statement? statement in (ReadOnlySpan<Statement?>)[_findCache, _putCache, _findAnswer, _putAnswer, _findSilent, _putSilent, _findRealisation, _putRealisation]) statement?.Dispose();
        _findCache = _putCache = _findAnswer = _putAnswer = _findSilent = _putSilent = _findRealisation = _putRealisation = null;
        _database?.Dispose();
        _database = null;
    }
}
