using System;
using System.Collections.Generic;
using System.IO;
using Firn.Build.Execution;
using Firn.Cli.Settings;
using Firn.Eval.Store;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.BinaryCache;
using Firn.Store.Local;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Wiring;

/// <summary>Makes a store of what settings, <c>NIX_REMOTE</c> and <c>--store</c> say.</summary>
/// <remarks>Nix manual, store/types and command-ref/env-common</remarks>
internal static class StoreOpening
{
    /// <summary>The store of this machine that <c>--store</c>, <c>NIX_REMOTE</c> or the settings name; it is opened when needed.</summary>
    /// <exception cref="CliException">They name one elsewhere.</exception>
    public static ILocalFsStore Open(CommandContext context) => OpenFs(context, Url(context));

    /// <summary>A store of this machine, or the one that its daemon keeps.</summary>
    /// <exception cref="CliException">The URL names one elsewhere.</exception>
    public static ILocalFsStore OpenFs(CommandContext context, string url)
    {
        StoreReference reference = IsEmpty(url) ? Nowhere(Parse(context, url)) : Resolve(context, Parse(context, url));
        return reference.Scheme switch
        {
            "" or "local" => new LocalStore(Options(context, url)),
            "unix" => OpenDaemon(context, reference),
            SshStores.MountedScheme => OpenMounted(context, reference),
            OverlayStores.Scheme => OverlayStores.Open(context, reference),
            _ => throw Unknown(reference),
        };
    }

    private static DaemonStore OpenMounted(CommandContext context, StoreReference reference)
    {
        context.Settings.RequireFeature("mounted-ssh-store");
        // Each part knows its own parameters.
        Dictionary<string, string> files = [], others = [];
        foreach ((string name, string value) in reference.Parameters)
        {
            (name is "root" or "state" or "log" or "real" ? files : others)[name] = value;
            if (name == "store")
            {
                files[name] = value;
            }
        }

        LocalStoreOptions options = Options(context, new StoreReference { Scheme = "unix", Parameters = files }, isEmpty: false);
        return SshStores.OpenMounted(context, reference with { Parameters = others }, new LocalStore(options));
    }

    private static DaemonStore OpenDaemon(CommandContext context, StoreReference reference)
    {
        LocalStoreOptions files = Options(context, reference, isEmpty: false);
        string socket = Socket(reference);
        return new DaemonStore(
            new RemoteOptions
            {
                StoreDir = files.StoreDir,
                // The usual daemon goes by its name, wherever it listens.
                Reference = reference.Place.Length > 0 ? reference : new StoreReference { Word = reference.Parameters.Count == 0 ? "daemon" : null, Scheme = "unix", Parameters = reference.Parameters },
                Connect = () => StoreLink.ToSocket(socket),
                Settings = () => RemoteSettings.Of(context),
                Log = new StoreLog(context),
            },
            new LocalStore(files));
    }

    /// <summary>The options of the local store that <c>--store</c>, <c>NIX_REMOTE</c> or the settings name.</summary>
    public static LocalStoreOptions Options(CommandContext context) => Options(context, Url(context));

    /// <summary>The socket of the daemon that the settings name; null where they name a store.</summary>
    public static string? DaemonBehind(CommandContext context)
    {
        StoreReference reference = Resolve(context, Parse(context, Url(context)));
        return reference.Scheme == "unix" ? Socket(reference) : null;
    }

    private static string Socket(StoreReference reference) => reference.Place.Length > 0 ? reference.DecodedPlace : DaemonSocket;

    /// <summary>The store that <c>--store</c>, <c>NIX_REMOTE</c> or the settings name, of whatever kind.</summary>
    public static IStore OpenAny(CommandContext context) => Open(context, Url(context));

    /// <summary>As the other, for commands that evaluate: the store that holds nothing will do.</summary>
    public static IStore OpenForEvaluation(CommandContext context) => IsEmpty(context) ? Open(context) : OpenAny(context);

    /// <summary>Opens a store of any kind.</summary>
    /// <param name="url">A store URL.</param>
    /// <exception cref="CliException">There is no such kind.</exception>
    public static IStore Open(CommandContext context, string url)
    {
        StoreReference reference = Parse(context, url);
        return reference.Scheme switch
        {
            "" or "local" or "unix" or SshStores.MountedScheme or OverlayStores.Scheme => OpenFs(context, url),
            "ssh" or "ssh-ng" => SshStores.Open(context, reference),
            _ when BinaryCaches.Handles(reference.Scheme) => BinaryCaches.Open(reference, context.CacheServices with { Log = new StoreLog(context) }),
            _ => throw Unknown(reference),
        };
    }

    private static StoreReference Parse(CommandContext context, string url)
    {
        try
        {
            return StoreReference.Parse(url);
        }
        catch (StoreException e)
        {
            throw new CliException(e.Message, hint: $"Try '{context.ProgramName} --help' for more information.");
        }
    }

    private static CliException Unknown(StoreReference reference) => new($"don't know how to open Nix store with scheme '{reference.Scheme}'");

    /// <summary>Whether it is the store that holds nothing, which is good for evaluation alone.</summary>
    public static bool IsEmpty(CommandContext context) => IsEmpty(Url(context));

    /// <inheritdoc cref="IsEmpty(CommandContext)"/>
    public static bool IsEmpty(string url) => url.StartsWith(EmptyStore.Url, StringComparison.Ordinal);

    private static string Url(CommandContext context)
    {
        NixSettings settings = context.Settings;
        return settings.IsSet("store") ? settings.String("store") : Variable("NIX_REMOTE") ?? settings.String("store");
    }

    /// <summary>The state of this machine's own store, which all processes know whatever store they work with.</summary>
    public static string DefaultStateDir => Variable("NIX_STATE_DIR") ?? "/nix/var/nix";

    /// <summary>Where logs are kept of builds for stores that have no place of their own.</summary>
    public static string DefaultLogDir => Variable("NIX_LOG_DIR") ?? "/nix/var/log/nix";

    /// <summary>Where a daemon of this machine listens.</summary>
    public static string DaemonSocket => Variable("NIX_DAEMON_SOCKET_PATH") ?? DefaultStateDir + "/daemon-socket/socket";

    /// <summary>What the word <c>auto</c> means to this user on this machine.</summary>
    private static StoreReference Resolve(CommandContext context, StoreReference reference)
    {
        if (reference.Word != "auto")
        {
            return reference;
        }

        StoreReference local = new() { Word = reference.Parameters.Count == 0 ? "local" : null, Scheme = "local", Parameters = reference.Parameters };
        string state = reference.Parameters.GetValueOrDefault("state") is { Length: > 0 } given ? given : DefaultStateDir;
        if (UserAccess.MayReadAndWrite(state))
        {
            return local;
        }

        if (File.Exists(DaemonSocket))
        {
            return new StoreReference { Word = reference.Parameters.Count == 0 ? "daemon" : null, Scheme = "unix", Parameters = reference.Parameters };
        }

        if (reference.Parameters.Count > 0 || UserAccess.IsRoot || Variable("NIX_STORE_DIR") is not null || Variable("NIX_STATE_DIR") is not null)
        {
            return local;
        }

        // Real Nix does so only where there is no such directory. Where it is somebody else's, and no daemon works on
        // it, all that it could do is fail.
        string own = Path.Combine(DataDir, "root");
        string reason = $"{state} {(Directory.Exists(state) ? "is not writable" : "does not exist")}, so Nix will use \"{own}\" as a chroot store";
        if (Directory.Exists(own))
        {
            new StoreLog(context).Write(StoreLogLevel.Debug, reason);
        }
        else
        {
            try
            {
                Directory.CreateDirectory(own);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return local;
            }

            context.Warn(reason);
        }

        return StoreReference.Parse(own);
    }

    private static string DataDir
    {
        get
        {
            if (Variable("NIX_DATA_HOME") is string nix)
            {
                return nix;
            }

            return Variable("XDG_DATA_HOME") is string xdg ? Path.Combine(xdg, "nix") : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/nix");
        }
    }

    /// <summary>The store that holds nothing has no more than a directory that its paths are in.</summary>
    private static StoreReference Nowhere(StoreReference empty)
    {
        Dictionary<string, string> parameters = [];
        if (empty.Parameters.TryGetValue("store", out string? directory))
        {
            parameters.Add("store", directory);
        }

        return new StoreReference { Scheme = "local", Parameters = parameters };
    }

    /// <summary>The options of the local store that this process works on.</summary>
    /// <param name="url">A store URL: <c>auto</c>, <c>local</c>, <c>local?root=DIR</c>, or an absolute or relative directory.</param>
    /// <exception cref="CliException">The URL names another kind of store.</exception>
    public static LocalStoreOptions Options(CommandContext context, string url)
    {
        StoreReference reference = IsEmpty(url) ? Nowhere(Parse(context, url)) : Resolve(context, Parse(context, url));
        return reference.Scheme is "" or "local" ? Options(context, reference, IsEmpty(url)) : throw Unknown(reference);
    }

    /// <inheritdoc cref="Options(CommandContext, string)"/>
    internal static LocalStoreOptions Options(CommandContext context, StoreReference reference, bool isEmpty)
    {
        StoreParameters parameters = new(context, reference);
        // Whoever opens the store that holds nothing after all must find no place to write to.
        string? root = isEmpty ? "/dev/null" : reference.Scheme != "unix" && reference.Place.Length > 0 ? StoreParameters.Absolute(reference.DecodedPlace) : parameters.Path("root");
        if (root is null)
        {
            _ = parameters.Text("root");
        }

        StoreDir logical = parameters.Path("store") is string directory ? new StoreDir(directory) : Logical;
        LocalStoreOptions options = root is not null
            ? LocalStoreOptions.UnderRoot(root, logical)
            : new LocalStoreOptions
            {
                StoreDir = logical,
                RealStoreDir = logical.Path,
                StateDir = DefaultStateDir,
                LogDir = DefaultLogDir,
            };
        NixSettings settings = context.Settings;
        options = options with
        {
            // Where it is does not show, as programs that read our messages expect.
            Reference = new StoreReference { Word = reference.Parameters.Count == 0 ? "local" : null, Scheme = "local", Parameters = reference.Parameters },
            Version = Program.NixVersion,
            RequireSignatures = parameters.Bool("require-sigs") ?? settings.Bool("require-sigs"),
            TrustedKeys = () => Keys.Trusted(settings),
            UseCaseHack = settings.Bool("use-case-hack"),
            GitHashing = settings.HasFeature("git-hashing"),
            RealStoreDir = parameters.Path("real") ?? options.RealStoreDir,
            StateDir = parameters.Path("state") ?? options.StateDir,
            LogDir = parameters.Path("log") ?? options.LogDir,
            BuildDir = parameters.Path("build-dir"),
            ReadOnly = parameters.Bool("read-only") ?? false,
            UseSqliteWal = settings.Bool("use-sqlite-wal"),
            FsyncMetadata = settings.Bool("fsync-metadata"),
            FsyncStorePaths = settings.Bool("fsync-store-paths"),
            SyncBeforeRegistering = settings.Bool("sync-before-registering"),
            AutoOptimiseStore = settings.Bool("auto-optimise-store"),
            KeepOutputs = settings.Bool("keep-outputs"),
            KeepDerivations = settings.Bool("keep-derivations"),
            ContentAddressedDerivations = settings.HasFeature("ca-derivations"),
            IgnoreGcDeleteFailure = parameters.Bool("ignore-gc-delete-failure", "local-overlay-store"),
            UseRootsDaemon = parameters.Bool("use-roots-daemon", "local-overlay-store"),
            ReservedSpace = settings.Int("gc-reserved-space"),
            // Settled here: whoever uses the store may be told other settings later.
            SystemFeatures = SettingText.Words(parameters.Text("system-features") ?? SystemFeatures(settings)),
            BuildUsersGroup = BuildUsersGroup(settings),
            AllowSymlinkedStore = settings.Bool("allow-symlinked-store") || Variable("NIX_IGNORE_SYMLINK_STORE") == "1",
            IgnoredAcls = settings.List("ignored-acls"),
            MinFree = (ulong)settings.Int("min-free"),
            MaxFree = (ulong)settings.Int("max-free"),
            MinFreeCheckInterval = TimeSpan.FromSeconds(settings.Int("min-free-check-interval")),
            Log = new StoreLog(context),
            Activities = context.Log,
            CollectorTestPause1 = Variable("_NIX_TEST_GC_SYNC_1"),
            CollectorTestPause2 = Variable("_NIX_TEST_GC_SYNC_2"),
            FreeSpaceFile = Variable("_NIX_TEST_FREE_SPACE_FILE"),
        };
        if (options.ReadOnly && !settings.HasFeature("read-only-local-store"))
        {
            throw new CliException("experimental Nix feature 'read-only-local-store' is disabled; add '--extra-experimental-features read-only-local-store' to enable it");
        }

        IReadOnlyDictionary<string, string> known = parameters.Finish();
        return options with { Reference = options.Reference with { Word = known.Count == 0 ? "local" : null, Parameters = known } };
    }

    /// <summary>The store directory of this process, unless the URL of a store says otherwise.</summary>
    public static StoreDir Logical => new(StoreParameters.Absolute(Variable("NIX_STORE_DIR") ?? Variable("NIX_STORE") ?? StoreDir.Default.Path));

    /// <summary>What derivations may require of this machine.</summary>
    private static string SystemFeatures(NixSettings settings)
    {
        string features = settings.String("system-features");
        return !settings.IsSet("system-features") && settings.HasFeature("recursive-nix") ? features + " recursive-nix" : features;
    }

    /// <summary>The group of the build users; none where nobody set one and the machine has no <c>nixbld</c>.</summary>
    public static string BuildUsersGroup(NixSettings settings) =>
        settings.IsSet("build-users-group") ? settings.String("build-users-group") : BuildUsers.DefaultGroup;

    /// <summary>Where the messages of stores go.</summary>
    public static IStoreLog Log(CommandContext context) => new StoreLog(context);

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
                    context.Say((int)level, Rendering.Terminal.Shown(message));
                    break;
            }
        }
    }
}
