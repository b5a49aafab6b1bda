
namespace Firn.Store.Sqlite;

/// <summary>The database refused. <see cref="Code"/> is SQLite's primary result code.</summary>
public sealed class SqliteException : StoreException
{
    public SqliteException(int code, string message) : base(message) => Code = code;

    public int Code { get; }

    /// <summary>Another connection holds a lock: the whole transaction may be tried again.</summary>
    public bool IsBusy => (Code & 0xff) is Native.BUSY or Native.PROTOCOL;

    /// <summary>A rule of the tables forbids it, such as that nothing may refer to what goes.</summary>
    public bool IsConstraint => (Code & 0xff) == Native.CONSTRAINT;
}
