using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Firn.Store.Sqlite;

/// <summary>How a database file is opened.</summary>
public enum OpenMode
{
    /// <summary>Read and write, created when absent.</summary>
    Create,
    /// <summary>Read and write an existing file.</summary>
    Existing,
    /// <summary>Read without locks; nothing may change the file meanwhile.</summary>
    Immutable,
}

/// <summary>One connection. Not for use by two threads at a time.</summary>
public sealed unsafe class Database : SafeHandle
{
    private readonly string _path;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Native.sqlite3_close_v2(handle) == Native.OK;

    /// <param name="useWal">False selects lock files instead of byte-range locks, for network file systems.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public Database(string path, OpenMode mode, bool useWal) : base(0, ownsHandle: true)
    {
        _path = path;
        int flags = Native.OPEN_URI | Native.OPEN_NOMUTEX | mode switch
        {
            OpenMode.Immutable => Native.OPEN_READONLY,
            OpenMode.Existing => Native.OPEN_READWRITE,
            OpenMode.Create => Native.OPEN_READWRITE | Native.OPEN_CREATE,
        };
        string uri = "file:" + Uri.EscapeDataString(path) + "?immutable=" + (mode == OpenMode.Immutable ? "1" : "0");
        nint db;
        int result;
        fixed (byte* name = CText(uri))
        fixed (byte* vfs = CText("unix-dotfile"))
            result = Native.sqlite3_open_v2(name, &db, flags, useWal ? null : vfs);
        SetHandle(db);
        if (result != Native.OK)
            throw new SqliteException(result, "cannot open SQLite database \"" + path + "\": " + Marshal.PtrToStringUTF8((nint)Native.sqlite3_errstr(result)));
        Native.sqlite3_busy_timeout(handle, 60 * 60 * 1000);
        Execute("pragma foreign_keys = 1");
    }

    internal nint Handle => handle;

    internal static byte[] CText(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>Runs statements that return nothing; tries again for as long as the database is busy.</summary>
    public void Execute(string sql)
    {
        byte[] text = CText(sql);
        while (true)
        {
            int result;
            fixed (byte* p = text) result = Native.sqlite3_exec(handle, p, 0, 0, 0);
            if (result == Native.OK) return;
            SqliteException error = Error("executing SQLite statement '" + FirstLine(sql) + "'");
            if (!error.IsBusy) throw error;
            Thread.Sleep(Random.Shared.Next(100));
        }
    }

    // A schema is too long to be read in a message.
    private static string FirstLine(string sql) => sql.IndexOf('\n') is >= 0 and int end ? sql[..end] + " …" : sql;

    /// <summary>As <see cref="Execute"/>, without another try.</summary>
    public void ExecuteOnce(ReadOnlySpan<byte> sqlWithNul, string what)
    {
        fixed (byte* p = sqlWithNul)
            if (Native.sqlite3_exec(handle, p, 0, 0, 0) != Native.OK)
                throw Error(what);
    }

    public SqliteException Error(string what)
    {
        int code = Native.sqlite3_extended_errcode(handle);
        if ((code & 0xff) == Native.BUSY) return new SqliteException(code, "SQLite database '" + _path + "' is busy");
        if ((code & 0xff) == Native.PROTOCOL) return new SqliteException(code, "SQLite database '" + _path + "' is busy (SQLITE_PROTOCOL)");
        string text = Marshal.PtrToStringUTF8((nint)Native.sqlite3_errstr(code)) ?? "";
        string message = Marshal.PtrToStringUTF8((nint)Native.sqlite3_errmsg(handle)) ?? "";
        return new SqliteException(code, what + ": " + text + ", " + message + " (in '" + _path + "')");
    }

    public long LastInsertedRow => Native.sqlite3_last_insert_rowid(handle);

    /// <summary>WAL and shared-memory files stay when the last connection closes, so that readers without
    /// permission to write in the directory can open the database.</summary>
    public void KeepWal()
    {
        int on = 1;
        Native.sqlite3_file_control(handle, null, Native.FCNTL_PERSIST_WAL, &on);
    }

    public Transaction Begin(bool immediate = false) => new(this, immediate);
}

/// <summary>A transaction, rolled back on disposal unless committed.</summary>
public ref struct Transaction
{
    private readonly Database _database;
    private bool _open;

    internal Transaction(Database database, bool immediate)
    {
        _database = database;
        _database.ExecuteOnce(immediate ? "begin immediate\0"u8 : "begin\0"u8, "starting transaction");
        _open = true;
    }

    public void Commit()
    {
        _database.ExecuteOnce("commit\0"u8, "committing transaction");
        _open = false;
    }

    public void Dispose()
    {
        // SQLite has already rolled back after some errors, such as a full disk.
        if (_open && Native.sqlite3_get_autocommit(_database.Handle) == 0)
            _database.ExecuteOnce("rollback\0"u8, "aborting transaction");
        _open = false;
    }
}
