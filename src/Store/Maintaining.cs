using System.Collections.Generic;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Gets a path anew from somewhere else, in the place of a damaged one.</summary>
public interface IRepairer
{
    /// <exception cref="StoreException">Nothing could provide it.</exception>
    void Repair(StorePath path);
}

/// <summary>Compares a store with what it says of itself.</summary>
public interface IVerifier
{
    /// <summary>Checks every path, telling the log about each difference. True where differences are left.</summary>
    /// <param name="checkContents">Hash every file: slow.</param>
    /// <param name="repairer">Null only reports.</param>
    bool Verify(bool checkContents, IRepairer? repairer);
}

public readonly record struct OptimiseResult(ulong FilesLinked, ulong BytesFreed);

/// <summary>Saves space by sharing equal files.</summary>
public interface IOptimiser
{
    OptimiseResult Optimise();
}

/// <summary>How much a message matters, as <c>-v</c> counts.</summary>
public enum StoreLogLevel
{
    Error,
    Warning,
    Notice,
    Info,
    Talkative,
    Chatty,
    Debug,
}

/// <summary>Takes the messages of a store at work.</summary>
public interface IStoreLog
{
    void Write(StoreLogLevel level, string message);
}

/// <summary>Drops every message.</summary>
public sealed class NoStoreLog : IStoreLog
{
    public void Write(StoreLogLevel level, string message) { }
}
