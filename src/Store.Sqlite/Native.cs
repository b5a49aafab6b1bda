using System;
using System.Runtime.InteropServices;

namespace Firn.Store.Sqlite;

/// <summary>The part of SQLite's C interface that is used.</summary>
/// <remarks>https://www.sqlite.org/c3ref/funclist.html</remarks>
internal static unsafe partial class Native
{
    private const string Library = "libsqlite3";

    internal const int OK = 0;
    internal const int BUSY = 5;
    internal const int PROTOCOL = 15;
    internal const int CONSTRAINT = 19;
    internal const int ROW = 100;
    internal const int DONE = 101;

    internal const int OPEN_READONLY = 1;
    internal const int OPEN_READWRITE = 2;
    internal const int OPEN_CREATE = 4;
    internal const int OPEN_URI = 0x40;
    internal const int OPEN_NOMUTEX = 0x8000;

    internal const int FCNTL_PERSIST_WAL = 10;
    internal const int NULL = 5;

    /// <summary>"Copy the bytes before returning."</summary>
    internal static nint TRANSIENT => -1;

    [LibraryImport(Library)] internal static partial int sqlite3_open_v2(byte* name, nint* db, int flags, byte* vfs);
    [LibraryImport(Library)] internal static partial int sqlite3_close_v2(nint db);
    [LibraryImport(Library)] internal static partial int sqlite3_busy_timeout(nint db, int milliseconds);
    [LibraryImport(Library)] internal static partial int sqlite3_exec(nint db, byte* sql, nint callback, nint argument, nint message);
    [LibraryImport(Library)] internal static partial int sqlite3_prepare_v2(nint db, byte* sql, int length, nint* statement, nint tail);
    [LibraryImport(Library)] internal static partial int sqlite3_finalize(nint statement);
    [LibraryImport(Library)] internal static partial int sqlite3_reset(nint statement);
    [LibraryImport(Library)] internal static partial int sqlite3_step(nint statement);
    [LibraryImport(Library)] internal static partial int sqlite3_bind_text(nint statement, int index, byte* text, int length, nint destructor);
    [LibraryImport(Library)] internal static partial int sqlite3_bind_int64(nint statement, int index, long value);
    [LibraryImport(Library)] internal static partial int sqlite3_bind_null(nint statement, int index);
    [LibraryImport(Library)] internal static partial byte* sqlite3_column_text(nint statement, int column);
    [LibraryImport(Library)] internal static partial int sqlite3_column_bytes(nint statement, int column);
    [LibraryImport(Library)] internal static partial long sqlite3_column_int64(nint statement, int column);
    [LibraryImport(Library)] internal static partial int sqlite3_column_type(nint statement, int column);
    [LibraryImport(Library)] internal static partial long sqlite3_last_insert_rowid(nint db);
    [LibraryImport(Library)] internal static partial int sqlite3_changes(nint db);
    [LibraryImport(Library)] internal static partial byte* sqlite3_errmsg(nint db);
    [LibraryImport(Library)] internal static partial byte* sqlite3_errstr(int code);
    [LibraryImport(Library)] internal static partial int sqlite3_extended_errcode(nint db);
    [LibraryImport(Library)] internal static partial int sqlite3_get_autocommit(nint db);
    [LibraryImport(Library)] internal static partial int sqlite3_file_control(nint db, byte* name, int operation, void* argument);
}
