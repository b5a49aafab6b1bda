using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Store.Local.Locks;
using Firn.Store.Local.Posix;
using Firn.Store.Local.Schema;
using Firn.Store.Sqlite;

namespace Firn.Store.Local;

/// <summary>Brings the directories and the database of a store into being, and opens them.</summary>
internal static class StoreDirectories
{
    /// <summary>What stays open with a store.</summary>
    /// <param name="BigLock">Shared lock that keeps others from converting the database; null for a read-only store.</param>
    internal readonly record struct Opened(StoreDatabase Database, Descriptor? BigLock);

    /// <exception cref="StoreException">The store cannot be opened or made.</exception>
    internal static Opened Open(LocalStoreOptions options)
    {
        string database = options.StateDir + "/db";
        if (!options.ReadOnly)
        {
            Files.CreateDirectories(options.RealStoreDir);
            MakeStoreWritable(options.RealStoreDir);
            Files.CreateDirectories(options.RealStoreDir + "/.links");
            Files.CreateDirectories(options.StateDir + "/temproots");
            Files.CreateDirectories(database);
            foreach (string shared in (ReadOnlySpan<string>)[options.StateDir + "/profiles/per-user", options.StateDir + "/gcroots/per-user"])
            {
                Files.CreateDirectories(shared);
                if (Files.Stat(Files.WorkingDirectory, Files.Bytes(shared)).Permissions != 0x1ed) ChangeMode(shared, 0x1ed);
            }
            GiveToBuildGroup(options);
        }
        if (!options.AllowSymlinkedStore) RefuseSymlinks(options.RealStoreDir);
        Descriptor? bigLock = null;
        try
        {
            if (!options.ReadOnly)
            {
                Reserve(database + "/reserved", options.ReservedSpace);
                bigLock = OpenBigLock(database + "/big-lock");
                FileLock.Take(bigLock.Value, LockKind.Shared, message => options.Log.Write(StoreLogLevel.Info, message), "waiting for the big Nix store lock...");
            }
            return new Opened(new StoreDatabase(OpenDatabase(options, database, bigLock), options.StoreDir, options.Log, options.ContentAddressedDerivations), bigLock);
        }
        catch
        {
            bigLock?.Dispose();
            throw;
        }
    }

    private static Descriptor OpenBigLock(string path)
    {
        try
        {
            return FileLock.Open(path);
        }
        catch (PosixException e) when (e.Error is Libc.EACCES or Libc.EPERM)
        {
            throw new StoreException(e.Message + "\nThis command may have been run as non-root in a single-user Nix installation,\nor the Nix daemon may have crashed.", e);
        }
    }

    private static int ReadSchema(string path)
    {
        byte[]? text = Files.ReadSmallFile(path);
        if (text == null) return 0;
        return int.TryParse(Encoding.ASCII.GetString(text), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int version)
            ? version
            : throw new StoreException(Files.Quote(path) + " is corrupt");
    }

    // In one step: others read it without a lock, and take half of it for damage.
    private static void WriteSchema(string path)
    {
        string temporary = path + ".tmp-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Files.WriteFile(temporary, Encoding.ASCII.GetBytes(SchemaText.Version.ToString(CultureInfo.InvariantCulture)), 0x1b6, sync: true);
        int error = Files.Rename(Files.WorkingDirectory, Files.Bytes(temporary), Files.WorkingDirectory, Files.Bytes(path));
        if (error != 0) throw new PosixException(error, "renaming " + Files.Quote(temporary));
    }

    private static Database OpenDatabase(LocalStoreOptions options, string directory, Descriptor? bigLock)
    {
        string schemaFile = directory + "/schema";
        int version = ReadSchema(schemaFile);
        if (options.ReadOnly && version < SchemaText.Version)
            throw new StoreException(version == 0 ? "database does not exist, and cannot be created in read-only mode" : "database schema needs migrating, but this cannot be done in read-only mode");
        if (version > SchemaText.Version)
            throw new StoreException("current Nix store schema is version " + version + ", but I only support " + SchemaText.Version);
        if (version is > 0 and < 6)
            throw new StoreException(version < 5
                ? "Your Nix store has a database in Berkeley DB format,\nwhich is no longer supported. To convert to the new format,\nplease upgrade Nix to version 0.12 first."
                : "Your Nix store has a database in flat file format,\nwhich is no longer supported. To convert to the new format,\nplease upgrade Nix to version 1.11 first.");

        Database database = Connect(options, directory, create: version == 0);
        try
        {
            if (version == 0) WriteSchema(schemaFile);
            else if (version < SchemaText.Version)
            {
                options.Log.Write(StoreLogLevel.Info, "waiting for exclusive access to the Nix store...");
                FileLock.Release(bigLock!.Value);
                FileLock.Take(bigLock.Value, LockKind.Exclusive);
                // Another process may have converted it while this one waited.
                Convert(database, ReadSchema(schemaFile));
                WriteSchema(schemaFile);
                FileLock.Take(bigLock.Value, LockKind.Shared);
            }
            if (!options.ReadOnly) Migrate(options, database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static void Migrate(LocalStoreOptions options, Database database)
    {
        database.Execute(SchemaText.Migrations);
        if (!options.ContentAddressedDerivations || HasMigration(database, SchemaText.RealisationsMigration)) return;
        options.Log.Write(StoreLogLevel.Debug, "executing Nix database schema migration '" + SchemaText.RealisationsMigration + "'...");
        // Another process may be about to do the same; every statement is harmless the second time.
        database.Execute("begin immediate;" + SchemaText.Realisations + "insert or ignore into SchemaMigrations values ('" + SchemaText.RealisationsMigration + "'); commit;");
    }

    /// <summary>Whether an addition to the tables has been made.</summary>
    private static bool HasMigration(Database database, string name)
    {
        using var statement = new Statement(database, "select 1 from SchemaMigrations where migration = ?");
        using Statement.Execution query = statement.Use();
        query.Bind(Files.Bytes(name));
        return query.Next();
    }

    private static void Convert(Database database, int version)
    {
        if (version < 8)
            database.Execute("begin; alter table ValidPaths add column ultimate integer; alter table ValidPaths add column sigs text; commit;");
        if (version < 9)
            database.Execute("drop table if exists FailedPaths;");
        if (version < 10)
            database.Execute("alter table ValidPaths add column ca text;");
    }

    private static Database Connect(LocalStoreOptions options, string directory, bool create)
    {
        if (!options.ReadOnly && !IsWritable(directory, out int error))
            throw new PosixException(error, "Nix database directory " + Files.Quote(directory) + " is not writable");
        var database = new Database(directory + "/db.sqlite",
            options.ReadOnly ? OpenMode.Immutable : create ? OpenMode.Create : OpenMode.Existing, options.UseSqliteWal);
        try
        {
            // Memory for the rows that closures and collections touch, taken as they do; the usual 2 MiB are soon full.
            // What a statement needs to be undone stays in memory as well: a collection would write each page there once more.
            database.Execute("pragma cache_size = -65536; pragma temp_store = memory");
            if (options.ReadOnly) return database;
            database.Execute(options.FsyncMetadata ? "pragma synchronous = normal" : "pragma synchronous = off");
            string mode = options.UseSqliteWal ? "wal" : "truncate";
            string before;
            using (var statement = new Statement(database, "pragma main.journal_mode"))
            using (Statement.Execution query = statement.Use())
            {
                query.Next();
                before = Encoding.ASCII.GetString(query.Text(0));
            }
            if (before != mode) database.Execute("pragma main.journal_mode = " + mode);
            if (options.UseSqliteWal)
            {
                // The limit makes SQLite truncate the log when the last connection closes.
                database.Execute("pragma main.journal_size_limit = 1099511627776");
                database.KeepWal();
                // Enough for the derivations of a whole system without waiting for the disk in between.
                database.Execute("pragma wal_autocheckpoint = 40000");
            }
            if (create) database.Execute(SchemaText.Tables);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static unsafe bool IsWritable(string directory, out int error)
    {
        fixed (byte* path = Files.Bytes(directory + "\0"))
            error = Libc.access(path, 2 | 4) == 0 ? 0 : Marshal.GetLastPInvokeError();
        return error == 0;
    }

    private static void ChangeMode(string path, uint mode)
    {
        int error = Files.ChangeMode(Files.WorkingDirectory, Files.Bytes(path), mode);
        if (error != 0) throw new PosixException(error, "changing mode of " + Files.Quote(path) + " to " + System.Convert.ToString(mode, 8));
    }

    // The store may be mounted read-only for everybody; root opens it for this process's mount namespace.
    private static unsafe void MakeStoreWritable(string storeDir)
    {
        if (Libc.geteuid() != 0) return;
        Libc.Statvfs facts;
        fixed (byte* path = Files.Bytes(storeDir + "\0"))
        {
            if (Libc.statvfs(path, &facts) != 0)
                throw new PosixException(Marshal.GetLastPInvokeError(), "getting info about the Nix store mount point");
            if ((facts.Flags & Libc.ST_RDONLY) == 0) return;
            fixed (byte* none = "none\0"u8)
                if (Libc.mount(null, path, none, Libc.MS_REMOUNT | Libc.MS_BIND, null) != 0)
                    throw new PosixException(Marshal.GetLastPInvokeError(), "remounting " + Files.Quote(storeDir) + " writable");
        }
    }

    private static void GiveToBuildGroup(LocalStoreOptions options)
    {
        if (Libc.geteuid() != 0 || options.BuildUsersGroup.Length == 0) return;
        if (!TryFindGroup(options.BuildUsersGroup, out uint group))
        {
            options.Log.Write(StoreLogLevel.Warning, "the group '" + options.BuildUsersGroup + "' specified in 'build-users-group' does not exist");
            return;
        }
        const uint mode = 0x3fd; // 01775
        FileFacts facts = Files.Stat(Files.WorkingDirectory, Files.Bytes(options.RealStoreDir));
        if (facts.Uid == 0 && facts.Gid == group && facts.Permissions == mode) return;
        int error = Files.ChangeOwner(Files.WorkingDirectory, Files.Bytes(options.RealStoreDir), 0, group);
        if (error != 0) throw new PosixException(error, "changing ownership of path " + Files.Quote(options.RealStoreDir));
        ChangeMode(options.RealStoreDir, mode);
    }

    /// <summary>Number of a group by name.</summary>
    private static unsafe bool TryFindGroup(string name, out uint group)
    {
        group = 0;
        fixed (byte* text = Files.Bytes(name + "\0"))
        {
            byte* entry = Libc.getgrnam(text);
            if (entry == null) return false;
            // struct group: name, password, then the number.
            group = *(uint*)(entry + 2 * sizeof(nint));
            return true;
        }
    }

    private static void RefuseSymlinks(string storeDir)
    {
        for (string path = storeDir; path.Length > 1; path = path[..Math.Max(path.LastIndexOf('/'), 0)])
            if (Files.TryStat(Files.WorkingDirectory, Files.Bytes(path), out FileFacts facts) && facts.IsSymlink)
                throw new StoreException("the path " + Files.Quote(path) + " is a symlink; this is not allowed for the Nix store and its parent directories");
    }

    // A database cannot be opened on a full disk. A collector deletes this file first.
    private static void Reserve(string path, long size)
    {
        if (Files.TryStat(Files.WorkingDirectory, Files.Bytes(path), out FileFacts facts) && facts.Size == (ulong)size) return;
        int file = Files.TryOpen(Files.WorkingDirectory, Files.Bytes(path), Libc.O_WRONLY | Libc.O_CREAT, 0x180);
        if (file < 0) return;
        using var owner = new Descriptor(file);
        if (Libc.ftruncate(file, 0) == 0 && Libc.posix_fallocate(file, 0, (nint)size) == 0) return;
        // No space now: the next opening tries again, as the size tells.
        Libc.ftruncate(file, 0);
    }
}
