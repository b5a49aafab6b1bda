using System;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Fetchers.Inputs;
using Firn.Store;
using Firn.Store.Sqlite;

namespace Firn.Fetchers.Fetching;

/// <summary>What is remembered about something that was fetched.</summary>
/// <param name="Expired">Whether it is older than the time for which downloads are not asked for again.</param>
/// <param name="Time">When it was remembered, seconds since 1970.</param>
public sealed record CacheEntry(InputAttributes Value, bool Expired, long Time);

/// <summary>Facts about fetched things, kept between processes. Safe for several threads and processes.</summary>
/// <remarks>docs/formats/fetch-cache.md</remarks>
public sealed class FetchCache : IDisposable
{
    private const string Schema =
        "create table if not exists Entries (kind text not null, key text not null, value text not null, time integer not null, primary key (kind, key));";

    private readonly string _directory;
    private readonly long _ttl;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private Database? _database;
    private Statement? _find;
    private Statement? _put;

    /// <param name="directory">The folder of the cache; made when something is looked up first.</param>
    /// <param name="ttl">Seconds after which an entry counts as expired; 0 for at once.</param>
    public FetchCache(string directory, long ttl, TimeProvider? clock = null)
    {
        _directory = directory;
        _ttl = ttl;
        _clock = clock ?? TimeProvider.System;
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>What is remembered under a key; null for nothing.</summary>
    /// <exception cref="StoreException">The cache cannot be read.</exception>
    public CacheEntry? Find(string kind, InputAttributes key)
    {
        lock (_lock)
        {
            Open();
            using Statement.Execution execution = _find!.Use();
            execution.Bind(Encoding.UTF8.GetBytes(kind));
            execution.Bind(Encoding.UTF8.GetBytes(key.ToJson()));
            if (!execution.Next())
            {
                return null;
            }

            InputAttributes value = InputAttributes.FromJson(Encoding.UTF8.GetString(execution.Text(0)));
            long time = execution.Integer(1);
            return new CacheEntry(value, _ttl == 0 || Now - time > _ttl, time);
        }
    }

    /// <summary>Remembers something, as of now.</summary>
    /// <exception cref="StoreException">The cache cannot be written.</exception>
    public void Put(string kind, InputAttributes key, InputAttributes value)
    {
        lock (_lock)
        {
            Open();
            using Statement.Execution execution = _put!.Use();
            execution.Bind(Encoding.UTF8.GetBytes(kind));
            execution.Bind(Encoding.UTF8.GetBytes(key.ToJson()));
            execution.Bind(Encoding.UTF8.GetBytes(value.ToJson()));
            execution.Bind(Now);
            execution.Run();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _find?.Dispose();
        _put?.Dispose();
        _database?.Dispose();
    }

    private void Open()
    {
        if (_database is not null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"cannot create directory '{_directory}': {e.Message}");
        }

        Database database = new(Path.Combine(_directory, "fetcher-cache-firn-v1.sqlite"), OpenMode.Create, useWal: true);
        database.Execute(Schema);
        _find = new Statement(database, "select value, time from Entries where kind = ? and key = ?;");
        _put = new Statement(database, "insert or replace into Entries (kind, key, value, time) values (?, ?, ?, ?);");
        _database = database;
    }
}
