using System;
using System.Runtime.InteropServices;

namespace Firn.Store.Sqlite;

/// <summary>A prepared statement, kept for as long as its connection is open.</summary>
public sealed unsafe class Statement : SafeHandle
{
    private readonly Database _database;
    private readonly string _sql;

    public Statement(Database database, string sql) : base(0, ownsHandle: true)
    {
        _database = database;
        _sql = sql;
        nint statement;
        fixed (byte* p = Database.CText(sql))
            if (Native.sqlite3_prepare_v2(database.Handle, p, -1, &statement, 0) != Native.OK)
                throw database.Error("creating statement '" + sql + "'");
        SetHandle(statement);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        // The result repeats the error of the last step, which has been reported.
        Native.sqlite3_finalize(handle);
        return true;
    }

    /// <summary>Starts one execution; parameters are bound in order. The statement is reset on disposal.</summary>
    public Execution Use() => new(this);

    /// <summary>One execution of a statement.</summary>
    public ref struct Execution
    {
        private readonly Statement _statement;
        private int _next;

        internal Execution(Statement statement)
        {
            _statement = statement;
            _next = 1;
            Native.sqlite3_reset(statement.handle);
        }

        public void Dispose() => Native.sqlite3_reset(_statement.handle);

        public void Bind(scoped ReadOnlySpan<byte> text)
        {
            byte empty = 0;
            fixed (byte* p = text)
                Check(Native.sqlite3_bind_text(_statement.handle, _next++, text.IsEmpty ? &empty : p, text.Length, Native.TRANSIENT));
        }

        public void Bind(long value) => Check(Native.sqlite3_bind_int64(_statement.handle, _next++, value));

        public void BindNull() => Check(Native.sqlite3_bind_null(_statement.handle, _next++));

        private readonly void Check(int result)
        {
            if (result != Native.OK) throw _statement._database.Error("binding argument");
        }

        /// <summary>Steps to the next row; false at the end.</summary>
        public readonly bool Next() => Native.sqlite3_step(_statement.handle) switch
        {
            Native.ROW => true,
            Native.DONE => false,
            _ => throw _statement._database.Error("executing SQLite query '" + _statement._sql + "'"),
        };

        /// <summary>Runs a statement that returns no rows and makes the execution ready for other parameters.</summary>
        public void Run()
        {
            if (Native.sqlite3_step(_statement.handle) != Native.DONE)
                throw _statement._database.Error("executing SQLite statement '" + _statement._sql + "'");
            Native.sqlite3_reset(_statement.handle);
            _next = 1;
        }

        /// <summary>Makes the execution ready for other parameters, whatever rows are left.</summary>
        public void Restart()
        {
            Native.sqlite3_reset(_statement.handle);
            _next = 1;
        }

        /// <summary>Text of a column; valid until the next step. Null gives an empty span.</summary>
        public readonly ReadOnlySpan<byte> Text(int column)
        {
            byte* p = Native.sqlite3_column_text(_statement.handle, column);
            return p == null ? default : new ReadOnlySpan<byte>(p, Native.sqlite3_column_bytes(_statement.handle, column));
        }

        public readonly long Integer(int column) => Native.sqlite3_column_int64(_statement.handle, column);

        public readonly bool IsNull(int column) => Native.sqlite3_column_type(_statement.handle, column) == Native.NULL;
    }
}
