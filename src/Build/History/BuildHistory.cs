using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Store.Sqlite;

namespace Firn.Build.History;

/// <summary>A build that succeeded.</summary>
/// <param name="Name">Its name without version.</param>
/// <param name="Path">The derivation, as it is printed.</param>
/// <param name="Text">The derivation.</param>
/// <param name="Ended">When it was done.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Size">Bytes of its outputs.</param>
public sealed record PastBuild(string Name, string Path, byte[] Text, DateTimeOffset Ended, TimeSpan Duration, ulong Size);

/// <summary>What builds of a name came to before.</summary>
/// <param name="Duration">Median.</param>
/// <param name="Size">Median, bytes.</param>
/// <param name="Count">How many builds are known.</param>
public sealed record Expectation(TimeSpan Duration, ulong Size, int Count);

/// <summary>
/// Earlier builds of this user, for guesses: how long a build takes, how large it becomes, what changed. Nothing depends on
/// it: where the file is busy, damaged or not writable, nothing is known and nothing is kept. For several threads.
/// </summary>
/// <remarks>docs/formats/build-history.md</remarks>
public sealed class BuildHistory : IDisposable
{
    /// <summary>Name of the file in the user's cache directory of Nix.</summary>
    public const string FileName = "build-history-firn-v1.sqlite";

    /// <summary>Builds of a name that are kept.</summary>
    public const int BuildsKept = 15;

    private readonly Lock _lock = new();
    private readonly string _file;
    private readonly Action<string> _note;
    private readonly Dictionary<string, Expectation?> _expectations = new(StringComparer.Ordinal);
    private Database? _database;
    private bool _unusable;

    /// <param name="file">Made when the first build is kept.</param>
    /// <param name="note">Told where the file cannot be used.</param>
    public BuildHistory(string file, Action<string> note)
    {
        _file = file;
        _note = note;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_lock)
        {
            _database?.Dispose();
            _database = null;
            _unusable = true;
        }
    }

    /// <summary>What builds of a name came to; null where none is known.</summary>
    public Expectation? Expect(string name)
    {
        lock (_lock)
        {
            if (!_expectations.TryGetValue(name, out Expectation? known))
            {
                _expectations[name] = known = Use<Expectation?>(null, write: false, database => Read(database, name));
            }

            return known;
        }
    }

    /// <summary>The last build of a name; null where none is known.</summary>
    public PastBuild? Last(string name)
    {
        lock (_lock)
        {
            return Use<PastBuild?>(null, write: false, database =>
            {
                using Statement find = new(database, "select path, text, ended, milliseconds, size from Builds where name = ? and text is not null order by ended desc limit 1");
                using Statement.Execution row = find.Use();
                row.Bind(Encoding.UTF8.GetBytes(name));
                return row.Next() ? Build(name, row) : null;
            });
        }
    }

    /// <summary>A build by its derivation; null where it is not known.</summary>
    public PastBuild? Find(string path)
    {
        lock (_lock)
        {
            return Use<PastBuild?>(null, write: false, database =>
            {
                using Statement find = new(database, "select path, text, ended, milliseconds, size, name from Builds where path = ? and text is not null order by ended desc limit 1");
                using Statement.Execution row = find.Use();
                row.Bind(Encoding.UTF8.GetBytes(path));
                return row.Next() ? Build(Encoding.UTF8.GetString(row.Text(5)), row) : null;
            });
        }
    }

    /// <summary>Keeps builds.</summary>
    public void Keep(IReadOnlyList<PastBuild> builds)
    {
        if (builds.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            _expectations.Clear();
            Use(false, write: true, database =>
            {
                using Statement add = new(database, "insert into Builds (name, path, text, ended, milliseconds, size) values (?, ?, ?, ?, ?, ?)");
                using Statement trim = new(database, $"delete from Builds where name = ? and id not in (select id from Builds where name = ? order by ended desc, id desc limit {BuildsKept})");
                using Transaction transaction = database.Begin(immediate: true);
                foreach (PastBuild build in builds)
                {
                    byte[] name = Encoding.UTF8.GetBytes(build.Name);
                    using (Statement.Execution row = add.Use())
                    {
                        row.Bind(name);
                        row.Bind(Encoding.UTF8.GetBytes(build.Path));
                        row.Bind(build.Text);
                        row.Bind(build.Ended.ToUnixTimeSeconds());
                        row.Bind((long)build.Duration.TotalMilliseconds);
                        row.Bind((long)build.Size);
                        row.Run();
                    }

                    using (Statement.Execution row = trim.Use())
                    {
                        row.Bind(name);
                        row.Bind(name);
                        row.Run();
                    }
                }

                transaction.Commit();
                return true;
            });
        }
    }

    private static PastBuild Build(string name, in Statement.Execution row) => new(
        name, Encoding.UTF8.GetString(row.Text(0)), row.Text(1).ToArray(), DateTimeOffset.FromUnixTimeSeconds(row.Integer(2)),
        TimeSpan.FromMilliseconds(row.Integer(3)), (ulong)row.Integer(4));

    private static Expectation? Read(Database database, string name)
    {
        List<long> times = [], sizes = [];
        using Statement find = new(database, "select milliseconds, size from Builds where name = ?");
        using Statement.Execution row = find.Use();
        row.Bind(Encoding.UTF8.GetBytes(name));
        while (row.Next())
        {
            times.Add(row.Integer(0));
            sizes.Add(row.Integer(1));
        }

        return times.Count == 0 ? null : new Expectation(TimeSpan.FromMilliseconds(Median(times)), (ulong)Median(sizes), times.Count);
    }

    private static long Median(List<long> values)
    {
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private T Use<T>(T otherwise, bool write, Func<Database, T> use)
    {
        if (_unusable || (_database is null && !write && !File.Exists(_file)))
        {
            return otherwise;
        }

        try
        {
            return use(_database ??= Open());
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            // Guesses are worth no waiting and no second try.
            _note($"the history of builds in '{_file}' cannot be used: {e.Message}");
            _database?.Dispose();
            _database = null;
            _unusable = true;
            return otherwise;
        }
    }

    private Database Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        Database database = new(_file, OpenMode.Create, useWal: true);
        try
        {
            database.ExecuteOnce("pragma busy_timeout = 200; pragma synchronous = off; pragma journal_mode = truncate\0"u8, "preparing");
            database.ExecuteOnce([.. Schema, 0], "creating tables");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> Schema => """
        create table if not exists Builds (
            id integer primary key, name text not null, path text not null, text text,
            ended integer not null, milliseconds integer not null, size integer not null);
        create index if not exists BuildsByName on Builds (name, ended);
        create index if not exists BuildsByPath on Builds (path);
        """u8;
}
