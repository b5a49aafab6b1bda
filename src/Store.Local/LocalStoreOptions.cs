using System;
using System.Collections.Generic;
using Firn.Formats.Logging;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Overlay;

namespace Firn.Store.Local;

/// <summary>Where a local store is, and how it is kept. Names and defaults are those of the settings in <c>nix.conf</c>.</summary>
/// <remarks>Nix manual, store/types/local-store and command-ref/conf-file</remarks>
public sealed record LocalStoreOptions
{
    /// <summary>How the store was named, for messages.</summary>
    public StoreReference Reference { get; init; } = new() { Word = "local", Scheme = "local" };

    /// <summary>What clients are told is the version; null tells none.</summary>
    public string? Version { get; init; }

    /// <summary>Accept from other stores only what one of <see cref="TrustedKeys"/> signed, or is content-addressed.</summary>
    public bool RequireSignatures { get; init; } = true;

    /// <summary>Read when a signature is to be checked.</summary>
    public Func<IReadOnlyList<PublicKey>> TrustedKeys { get; init; } = static () => [];

    /// <summary>The logical directory, which takes part in every path.</summary>
    public StoreDir StoreDir { get; init; } = StoreDir.Default;

    /// <summary>The directory that holds the objects.</summary>
    public string RealStoreDir { get; init; } = "/nix/store";

    /// <summary>Database, roots, profiles.</summary>
    public string StateDir { get; init; } = "/nix/var/nix";

    public string LogDir { get; init; } = "/nix/var/log/nix";

    /// <summary>What derivations may require that are built in this store; null where it does not say.</summary>
    public IReadOnlyList<string>? SystemFeatures { get; init; }

    /// <summary>Where builds for this store work; null for the usual place.</summary>
    public string? BuildDir { get; init; }

    /// <summary>Open the database without locks and write nothing.</summary>
    public bool ReadOnly { get; init; }

    public bool UseSqliteWal { get; init; } = true;

    public bool FsyncMetadata { get; init; } = true;

    public bool FsyncStorePaths { get; init; }

    public bool SyncBeforeRegistering { get; init; }

    public bool AutoOptimiseStore { get; init; }

    /// <summary>Files whose names differ by case only have suffixes on the disk that NARs do not show.</summary>
    public bool UseCaseHack { get; init; }

    /// <summary>Whether contents may be addressed by Git's hashes (feature <c>git-hashing</c>).</summary>
    public bool GitHashing { get; init; }

    /// <summary>The store that this one lies on top of, where its directory is an overlay file system; null for a store of its own.</summary>
    public LowerLayer? Lower { get; init; }

    public bool KeepOutputs { get; init; }

    public bool KeepDerivations { get; init; } = true;

    /// <summary>Keep realisations, as the experimental feature <c>ca-derivations</c> does.</summary>
    public bool ContentAddressedDerivations { get; init; }

    /// <summary>Ask a daemon what running processes use, for a user who may not look himself.</summary>
    public bool UseRootsDaemon { get; init; }

    /// <summary>Where that daemon listens.</summary>
    public string RootsDaemonSocket => StateDir + "/gc-roots-socket/socket";

    /// <summary>Bytes kept in a file that a collector can delete when the disk is full.</summary>
    public long ReservedSpace { get; init; } = 8 * 1024 * 1024;

    /// <summary>Name of a group; with root the store directory belongs to it. Empty for none.</summary>
    public string BuildUsersGroup { get; init; } = "";

    public bool AllowSymlinkedStore { get; init; }

    /// <summary>Extended attributes that store objects may keep.</summary>
    public IReadOnlyCollection<string> IgnoredAcls { get; init; } = ["security.csm", "security.selinux", "system.nfs4_acl"];

    /// <summary>A file that cannot be deleted is a warning to the collector, not an error.</summary>
    public bool IgnoreGcDeleteFailure { get; init; }

    /// <summary>Sources whose NAR is no longer than this are read once and kept in memory, bytes.</summary>
    public int NarBufferSize { get; init; } = 32 * 1024 * 1024;

    /// <summary>Start a collection while adding once less than this many bytes are free; 0 never does.</summary>
    public ulong MinFree { get; init; }

    /// <summary>Such a collection stops once this many bytes are free.</summary>
    public ulong MaxFree { get; init; } = long.MaxValue;

    /// <summary>Free space is looked at no more often than this.</summary>
    public TimeSpan MinFreeCheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A file whose number counts as the free space in bytes (<c>_NIX_TEST_FREE_SPACE_FILE</c>): for tests.</summary>
    public string? FreeSpaceFile { get; init; }

    /// <summary>A collector reads this file to its end once it holds its lock (<c>_NIX_TEST_GC_SYNC_1</c>): for tests of what happens then.</summary>
    public string? CollectorTestPause1 { get; init; }

    /// <summary>As <see cref="CollectorTestPause1"/>, once roots are known (<c>_NIX_TEST_GC_SYNC_2</c>).</summary>
    public string? CollectorTestPause2 { get; init; }

    /// <summary>Receives what the store has to say.</summary>
    public IStoreLog Log { get; init; } = new NoStoreLog();

    /// <summary>Takes what the store does when that lasts.</summary>
    public IActivityLog Activities { get; init; } = new NoActivityLog();

    /// <summary>The options for a store under another root: logical paths stay, files are below <paramref name="root"/>.</summary>
    public static LocalStoreOptions UnderRoot(string root, StoreDir storeDir)
    {
        string at = root.TrimEnd('/');
        return new LocalStoreOptions
        {
            StoreDir = storeDir,
            RealStoreDir = at + "/nix/store",
            StateDir = at + "/nix/var/nix",
            LogDir = at + "/nix/var/log/nix",
        };
    }
}
