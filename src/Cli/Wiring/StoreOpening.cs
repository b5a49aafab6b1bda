using System;
using System.Collections.Generic;
using Firn.Build.Execution;
using Firn.Cli.Settings;
using Firn.Eval.Store;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.BinaryCache;
using Firn.Store.Local;

namespace Firn.Cli.Wiring;

/// <summary>Makes a store of what settings, <c>NIX_REMOTE</c> and <c>--store</c> say.</summary>
/// <remarks>Nix manual, store/types and command-ref/env-common</remarks>
internal static class StoreOpening
{
    /// <summary>The store that <c>--store</c>, <c>NIX_REMOTE</c> or the settings name, as the local one; its database is opened when needed.</summary>
    /// <exception cref="CliException">It is of another kind.</exception>
    public static LocalStore Open(CommandContext context)
    {
        return new LocalStore(Options(context, Url(context)));
    }

    /// <summary>The store that <c>--store</c>, <c>NIX_REMOTE</c> or the settings name, of whatever kind.</summary>
    public static IStore OpenAny(CommandContext context) => Open(context, Url(context));

    /// <summary>Opens a store of any kind.</summary>
    /// <param name="url">A store URL.</param>
    /// <exception cref="CliException">There is no such kind.</exception>
    public static IStore Open(CommandContext context, string url)
    {
        StoreReference reference = StoreReference.Parse(url);
        return reference.Scheme switch
        {
            "" or "local" => new LocalStore(Options(context, url)),
            _ when BinaryCaches.Handles(reference.Scheme) => BinaryCaches.Open(reference, context.CacheServices with { Log = new StoreLog(context) }),
            _ => throw Unknown(reference),
        };
    }

    private static CliException Unknown(StoreReference reference) => new($"don't know how to open Nix store with scheme '{reference.Scheme}'");

    /// <summary>Whether it is the store that holds nothing, which is good for evaluation alone.</summary>
    public static bool IsEmpty(CommandContext context) => IsEmpty(Url(context));

    private static bool IsEmpty(string url) => url.StartsWith(EmptyStore.Url, StringComparison.Ordinal);

    private static string Url(CommandContext context)
    {
        NixSettings settings = context.Settings;
        return settings.IsSet("store") ? settings.String("store") : Variable("NIX_REMOTE") ?? settings.String("store");
    }

    /// <summary>The options of the local store that this process works on.</summary>
    /// <param name="url">A store URL: <c>auto</c>, <c>local</c>, <c>local?root=DIR</c>, or an absolute or relative directory.</param>
    /// <exception cref="CliException">The URL names another kind of store.</exception>
    public static LocalStoreOptions Options(CommandContext context, string url)
    {
        StoreReference reference = IsEmpty(url) ? new StoreReference { Scheme = "local" } : StoreReference.Parse(url);
        if (reference.Scheme is not ("" or "local"))
        {
            throw Unknown(reference);
        }

        IReadOnlyDictionary<string, string> parameters = reference.Parameters;
        // Whoever opens the store that holds nothing after all must find no place to write to.
        string? root = IsEmpty(url) ? "/dev/null" : reference.Place.Length > 0 ? reference.DecodedPlace : parameters.GetValueOrDefault("root");
        StoreDir logical = parameters.TryGetValue("store", out string? directory) ? new StoreDir(directory) : Logical;
        LocalStoreOptions options = root is { Length: > 0 }
            ? LocalStoreOptions.UnderRoot(root, logical)
            : new LocalStoreOptions
            {
                StoreDir = logical,
                RealStoreDir = logical.Path,
                StateDir = Variable("NIX_STATE_DIR") ?? "/nix/var/nix",
                LogDir = Variable("NIX_LOG_DIR") ?? "/nix/var/log/nix",
            };
        NixSettings settings = context.Settings;
        return options with
        {
            Reference = new StoreReference { Word = parameters.Count == 0 ? "local" : null, Scheme = "local", Parameters = parameters },
            Version = Program.NixVersion,
            RequireSignatures = parameters.GetValueOrDefault("require-sigs") is string required ? required == "true" : settings.Bool("require-sigs"),
            TrustedKeys = () => Keys.Trusted(settings),
            RealStoreDir = parameters.GetValueOrDefault("real") ?? options.RealStoreDir,
            StateDir = parameters.GetValueOrDefault("state") ?? options.StateDir,
            LogDir = parameters.GetValueOrDefault("log") ?? options.LogDir,
            ReadOnly = parameters.GetValueOrDefault("read-only") == "true",
            UseSqliteWal = settings.Bool("use-sqlite-wal"),
            FsyncMetadata = settings.Bool("fsync-metadata"),
            FsyncStorePaths = settings.Bool("fsync-store-paths"),
            SyncBeforeRegistering = settings.Bool("sync-before-registering"),
            AutoOptimiseStore = settings.Bool("auto-optimise-store"),
            KeepOutputs = settings.Bool("keep-outputs"),
            KeepDerivations = settings.Bool("keep-derivations"),
            ContentAddressedDerivations = settings.HasFeature("ca-derivations"),
            ReservedSpace = settings.Int("gc-reserved-space"),
            BuildUsersGroup = BuildUsersGroup(settings),
            AllowSymlinkedStore = settings.Bool("allow-symlinked-store") || Variable("NIX_IGNORE_SYMLINK_STORE") == "1",
            IgnoredAcls = settings.List("ignored-acls"),
            MinFree = (ulong)settings.Int("min-free"),
            MaxFree = (ulong)settings.Int("max-free"),
            Log = new StoreLog(context),
            CollectorTestPause1 = Variable("_NIX_TEST_GC_SYNC_1"),
            CollectorTestPause2 = Variable("_NIX_TEST_GC_SYNC_2"),
        };
    }

    /// <summary>The store directory of this process, unless the URL of a store says otherwise.</summary>
    public static StoreDir Logical => new(Variable("NIX_STORE_DIR") ?? Variable("NIX_STORE") ?? StoreDir.Default.Path);

    /// <summary>The group of the build users; none where nobody set one and the machine has no <c>nixbld</c>.</summary>
    public static string BuildUsersGroup(NixSettings settings) =>
        settings.IsSet("build-users-group") ? settings.String("build-users-group") : BuildUsers.DefaultGroup;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class StoreLog(CommandContext context) : IStoreLog
    {
        public void Write(StoreLogLevel level, string message)
        {
            if ((int)level > context.Verbosity)
            {
                return;
            }

            switch (level)
            {
                case StoreLogLevel.Warning:
                    context.Warn(message);
                    break;
                default:
                    Console.Error.WriteLine(message);
                    break;
            }
        }
    }
}
