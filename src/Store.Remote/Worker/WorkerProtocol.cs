using System;
using System.Collections.Generic;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Worker;

/// <summary>The numbers of the worker protocol.</summary>
/// <remarks>docs/store/protocols.md</remarks>
internal static class WorkerProtocol
{
    public const ulong ClientMagic = 0x6e697863;
    public const ulong ServerMagic = 0x6478696f;

    public static readonly ProtocolVersion Latest = new(1, 38);

    /// <summary>The oldest one spoken here; what came before moved contents in another way.</summary>
    public static readonly ProtocolVersion Oldest = new(1, 21);

    /// <summary>Both sides tell the features that they know, of which there are none yet.</summary>
    public static readonly ProtocolVersion Features = new(1, 38);
    public static readonly ProtocolVersion CpuTimes = new(1, 37);
    public static readonly ProtocolVersion TrustShown = new(1, 35);
    public static readonly ProtocolVersion BuildWithResults = new(1, 34);
    public static readonly ProtocolVersion VersionShown = new(1, 33);
    public static readonly ProtocolVersion AddMultiple = new(1, 32);
    public static readonly ProtocolVersion RealisationsAsJson = new(1, 31);
    public static readonly ProtocolVersion DerivedPaths = new(1, 30);
    public static readonly ProtocolVersion BuildTimes = new(1, 29);
    public static readonly ProtocolVersion BuiltOutputs = new(1, 28);
    public static readonly ProtocolVersion Realisations = new(1, 27);
    public static readonly ProtocolVersion StructuredErrors = new(1, 26);
    public static readonly ProtocolVersion AddFramed = new(1, 25);
    public static readonly ProtocolVersion Framed = new(1, 23);
    public static readonly ProtocolVersion AddressedQueries = new(1, 22);
}

/// <summary>What a client asks for.</summary>
internal enum WorkerOperation : ulong
{
    IsValidPath = 1,
    QueryReferrers = 6,
    AddToStore = 7,
    AddTextToStore = 8,
    BuildPaths = 9,
    EnsurePath = 10,
    AddTempRoot = 11,
    AddIndirectRoot = 12,
    SyncWithGc = 13,
    FindRoots = 14,
    QueryDeriver = 18,
    SetOptions = 19,
    CollectGarbage = 20,
    QuerySubstitutablePathInfo = 21,
    QueryDerivationOutputs = 22,
    QueryAllValidPaths = 23,
    QueryPathInfo = 26,
    QueryDerivationOutputNames = 28,
    QueryPathFromHashPart = 29,
    QuerySubstitutablePathInfos = 30,
    QueryValidPaths = 31,
    QuerySubstitutablePaths = 32,
    QueryValidDerivers = 33,
    OptimiseStore = 34,
    VerifyStore = 35,
    BuildDerivation = 36,
    AddSignatures = 37,
    NarFromPath = 38,
    AddToStoreNar = 39,
    QueryMissing = 40,
    QueryDerivationOutputMap = 41,
    RegisterDrvOutput = 42,
    QueryRealisation = 43,
    AddMultipleToStore = 44,
    AddBuildLog = 45,
    BuildPathsWithResults = 46,
    AddPermRoot = 47,
}

/// <summary>What a server says while it works.</summary>
internal enum LogFrame : ulong
{
    Next = 0x6f6c6d67,
    Read = 0x64617461,
    Write = 0x64617416,
    Last = 0x616c7473,
    Error = 0x63787470,
    StartActivity = 0x53545254,
    StopActivity = 0x53544f50,
    Result = 0x52534c54,
}

/// <summary>What a client wants of the builds and messages of its connection.</summary>
public sealed record ClientOptions
{
    public bool KeepFailed { get; init; }

    public bool KeepGoing { get; init; }

    public bool Fallback { get; init; }

    /// <summary>A number of <see cref="StoreLogLevel"/>, or beyond.</summary>
    public int Verbosity { get; init; } = (int)StoreLogLevel.Info;

    public uint MaxJobs { get; init; } = 1;

    /// <summary>Seconds.</summary>
    public uint MaxSilentTime { get; init; }

    public bool ShowBuildOutput { get; init; } = true;

    public uint Cores { get; init; }

    public bool Substitute { get; init; } = true;

    /// <summary>Other settings by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);
}
