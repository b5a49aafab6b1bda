namespace Firn.Formats.Logging;

/// <summary>What an activity is about. The numbers are part of the log format.</summary>
/// <remarks>docs/formats/log.md</remarks>
public enum ActivityType
{
    Unknown = 0,

    /// <summary>Contents go from one store to another. Fields: path, source, target.</summary>
    CopyPath = 100,

    /// <summary>One transfer over the network. Field: URL.</summary>
    FileTransfer = 101,

    /// <summary>Everything that makes paths valid.</summary>
    Realise = 102,

    /// <summary>The copying of several paths.</summary>
    CopyPaths = 103,

    /// <summary>All builds.</summary>
    Builds = 104,

    /// <summary>One build. Fields: derivation, machine (empty for this one), 1, 1.</summary>
    Build = 105,

    OptimiseStore = 106,

    VerifyPaths = 107,

    /// <summary>A path is taken from a store. Fields: path, store.</summary>
    Substitute = 108,

    /// <summary>A store is asked about a path. Fields: path, store.</summary>
    QueryPathInfo = 109,

    /// <summary>The program that runs after each build. Field: derivation.</summary>
    PostBuildHook = 110,

    /// <summary>A build waits for a lock, a user or a machine.</summary>
    BuildWaiting = 111,

    FetchTree = 112,
}

/// <summary>What an activity tells about itself. The numbers are part of the log format.</summary>
public enum ResultType
{
    /// <summary>A file became a link to an equal one. Fields: bytes saved, blocks saved.</summary>
    FileLinked = 100,

    /// <summary>Field: the line without its end.</summary>
    BuildLogLine = 101,

    UntrustedPath = 102,

    CorruptedPath = 103,

    /// <summary>Field: name of the phase.</summary>
    SetPhase = 104,

    /// <summary>Fields: done, expected, running, failed.</summary>
    Progress = 105,

    /// <summary>Fields: type of activity, how much of it is expected in all.</summary>
    SetExpected = 106,

    PostBuildLogLine = 107,

    FetchStatus = 108,
}
