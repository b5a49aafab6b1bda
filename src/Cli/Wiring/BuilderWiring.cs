using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using Firn.Build;
using Firn.Build.Events;
using Firn.Build.History;
using Firn.Cli.Daemon;
using Firn.Cli.Rendering.Logs;
using Firn.Cli.Settings;
using Firn.Eval.Errors;
using Firn.Eval.Store.Realising;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.Logging;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Wiring;

/// <summary>Builders of this process: settings bound, progress shown, Ctrl-C and termination heeded.</summary>
internal sealed class BuilderWiring : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Downloader _downloader;
    private readonly ActivityHub _log;
    private readonly BuildStore _parts;
    private readonly List<BuildEvent.Finished> _finished = [];
    private readonly BuildHistory? _history;
    private readonly BuildActivities _activities;

    /// <param name="events">Takes what happens; null shows it.</param>
    /// <param name="outer">Derivations whose builds wait for what is built here.</param>
    /// <param name="alone">Whether nothing is offered to other machines.</param>
    public BuilderWiring(CommandContext context, IStore store, IBuildEvents? events = null, IReadOnlySet<StorePath>? outer = null, bool alone = false)
    {
        _log = context.Log;
        _parts = Parts(context, store);
        _activities = new BuildActivities(_log, store.StoreDir, _finished.Add);
        _history = context.History;
        _downloader = MakeDownloader(context);
        Builder = store is RemoteStore remote ? new RemoteBuilder(remote, events ?? _activities) : new Builder(
            _parts,
            Settings(context, store as LocalStore) with { LogShown = events is null && context.Log.ShowsBuildLogs },
            _downloader,
            static () => Launcher.Find(Environment.GetEnvironmentVariable, Environment.ProcessPath),
            Environment.GetEnvironmentVariable,
            events ?? _activities,
            context.Substituters.OpenAsync,
            recursive: store is LocalStore local && context.Settings.HasFeature("recursive-nix") ? new RecursiveServer(context, local, outer) : null,
            outer: outer,
            openHook: alone ? null : HookWiring.Of(context, store));
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, c =>
            {
                c.Cancel = true;
                _cancel.Cancel();
            }));
        }
    }

    public IBuilder Builder { get; }

    /// <summary>Set when the user or the system wants this process to end.</summary>
    public CancellationToken Cancel => _cancel.Token;

    /// <summary>A store as building sees it, with the derivations that evaluation keeps elsewhere.</summary>
    public static BuildStore Parts(CommandContext context, IStore store)
    {
        BuildStore parts = store is LocalStore local ? BuildStore.Of(local) : BuildStore.OfPaths(store);
        return parts with
        {
            Building = store is LocalStore own ? parts.Building! with { Registrar = new SigningRegistrar(own, own.StoreDir, Signers(context)) } : null,
            Plans = context.EvaluationStore?.PlansFor(store),
        };
    }

    /// <summary>Makes paths valid or throws; progress is shown meanwhile.</summary>
    /// <exception cref="BuildException">Something failed.</exception>
    public IReadOnlyList<BuildResult> Realise(IReadOnlyList<DerivedPath> paths, BuildMode mode) =>
        Run(() => Builder.RealiseAll(paths, mode, Cancel));

    /// <summary>Makes paths valid as far as possible; progress is shown meanwhile.</summary>
    public IReadOnlyList<BuildResult> TryRealise(IReadOnlyList<DerivedPath> paths, BuildMode mode) =>
        Run(() => Builder.Realise(paths, mode, Cancel));

    /// <summary>What would have to be done.</summary>
    /// <exception cref="BuildException">A derivation is missing or wrong.</exception>
    public MissingPaths FindMissing(IReadOnlyList<DerivedPath> paths)
    {
        using Activity activity = _log.Begin(Verbosity.Debug, ActivityType.Unknown, "querying info about missing paths");
        MissingPaths missing = Builder.FindMissing(paths);
        if (_log.WantsPlan)
        {
            _log.Plan(PlanOf(missing));
        }

        return missing;
    }

    /// <summary>What is missing as a graph.</summary>
    public BuildPlanView PlanOf(MissingPaths missing) => new BuildPlanMaker(_parts.Infos.StoreDir, FindDerivation, _history).Make(missing);

    /// <summary>Why each derivation has to be built, and what space that takes.</summary>
    public IReadOnlyList<string> Explain(CommandContext context, MissingPaths missing) =>
        _history is null ? [] : new BuildExplainer(context, _parts, FindDerivation, _history).Explain(missing);

    /// <summary>The text of a derivation where evaluation or building keeps it; null where neither does.</summary>
    private byte[]? FindDerivation(StorePath path) =>
        _parts.Plans is { } plans && plans.Infos.IsValid(path) ? plans.Contents.ReadFile(path)
        : _parts.Infos.IsValid(path) ? _parts.Contents.ReadFile(path)
        : null;

    private IReadOnlyList<BuildResult> Run(Func<IReadOnlyList<BuildResult>> build)
    {
        using IDisposable whole = _activities.Begin();
        try
        {
            return build();
        }
        catch (OperationCanceledException)
        {
            throw new CliException("interrupted by the user");
        }
        finally
        {
            _log.Finish();
            Keep();
        }
    }

    private static Func<IReadOnlyList<SecretKey>> Signers(CommandContext context)
    {
        Lazy<IReadOnlyList<SecretKey>> keys = new(() => Keys.Secret(context.Settings));
        return () => keys.Value;
    }

    /// <summary>What builds while evaluation waits.</summary>
    public static IRealiser Realiser(CommandContext context, IStore store) => new EvaluationRealiser(context, store);

    /// <summary>A downloader with the mirrors and limits of the settings.</summary>
    public static Downloader MakeDownloader(CommandContext context)
    {
        NixSettings settings = context.Settings;
        MirrorTable mirrors = new(
            MirrorTable.ParseSetting(settings.String("mirrors")),
            Environment.GetEnvironmentVariable,
            static () => AptSources.Servers("/etc/apt"));
        return new Downloader(
            new DownloadSettings
            {
                Attempts = Math.Max(1, (int)settings.Int("download-attempts")),
                ConnectTimeout = Patience(settings.Int("connect-timeout")),
                StalledTimeout = Patience(settings.Int("stalled-download-timeout")),
                BytesPerSecond = settings.Int("download-speed") * 1024,
                UserAgent = settings.String("user-agent-suffix") is { Length: > 0 } suffix ? DownloadSettings.OwnName + " " + suffix : DownloadSettings.OwnName,
                Proxies = ProxySettings.FromEnvironment(Environment.GetEnvironmentVariable),
                Connections = (int)settings.Int("http-connections"),
                Http2 = settings.Bool("http2"),
                CertificateFile = settings.String("ssl-cert-file") is { Length: > 0 } given ? given : DownloadSettings.SystemCertificates,
                Activities = context.Log,
                NetrcFile = settings.String("netrc-file"),
            },
            mirrors,
            context.Warn);
    }

    // None, and more than timers can wait, is for ever.
    private static TimeSpan Patience(long seconds) => seconds is <= 0 or > int.MaxValue / 1000 ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);

    private static ExternalBuilder[] ExternalBuilders(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(static b => new ExternalBuilder(
                [.. b.GetProperty("systems").EnumerateArray().Select(static s => s.GetString()!)],
                b.GetProperty("program").GetString()!,
                b.TryGetProperty("args", out JsonElement arguments) ? [.. arguments.EnumerateArray().Select(static s => s.GetString()!)] : []))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CliException($"parsing setting 'external-builders': {e.Message}");
        }
    }

    private static BuildSettings Settings(CommandContext context, LocalStore? store)
    {
        // Nothing is built in stores of other kinds, so nothing lies anywhere.
        string state = store?.Options.StateDir ?? "";
        NixSettings settings = context.Settings;
        BuildSettings made = new()
        {
            System = settings.String("system"),
            StateDir = StoreOpening.DefaultStateDir,
            BuildDir = store?.Options.BuildDir ?? (settings.String("build-dir") is { Length: > 0 } dir ? dir : state + "/builds"),
            SystemFeatures = store?.Options.SystemFeatures ?? settings.List("system-features"),
            PollInterval = TimeSpan.FromSeconds(settings.Int("build-poll-interval")),
            MaxJobs = settings.String("max-jobs") == "auto" ? Environment.ProcessorCount : (int)settings.Int("max-jobs"),
            Cores = (int)settings.Int("cores"),
            Substitute = settings.Bool("substitute"),
            AlwaysAllowSubstitutes = settings.Bool("always-allow-substitutes"),
            Fallback = settings.Bool("fallback"),
            MaxSubstitutionJobs = (int)settings.Int("max-substitution-jobs"),
            KeepGoing = settings.Bool("keep-going"),
            KeepFailed = settings.Bool("keep-failed"),
            Sandbox = settings.String("sandbox") switch
            {
                "relaxed" => SandboxMode.Relaxed,
                _ when settings.Bool("sandbox") => SandboxMode.On,
                _ => SandboxMode.Off,
            },
            ExternalBuilders = ExternalBuilders(settings.String("external-builders")),
            ImpureEnvironment = settings.Map("impure-env"),
            SandboxFallback = settings.Bool("sandbox-fallback"),
            SandboxPaths = settings.List("sandbox-paths"),
            SandboxBuildDir = settings.String("sandbox-build-dir"),
            SandboxShmSize = settings.String("sandbox-dev-shm-size"),
            AllowedImpureHostDeps = settings.List("allowed-impure-host-deps"),
            FilterSyscalls = settings.Bool("filter-syscalls"),
            AllowNewPrivileges = settings.Bool("allow-new-privileges"),
            BuildUsersGroup = store?.Options.BuildUsersGroup ?? "",
            AutoAllocateUids = settings.Bool("auto-allocate-uids"),
            StartId = settings.Int("start-id"),
            IdCount = settings.Int("id-count"),
            UseCgroups = settings.Bool("use-cgroups"),
            ImpersonateLinux26 = settings.Bool("impersonate-linux-26"),
            RequireDropSupplementaryGroups = settings.Bool("require-drop-supplementary-groups"),
            LogDir = settings.Bool("keep-build-log") ? store?.Options.LogDir ?? StoreOpening.DefaultLogDir : null,
            CompressLog = settings.Bool("compress-build-log"),
            LogLines = (int)settings.Int("log-lines"),
            MaxLogSize = settings.Int("max-build-log-size"),
            Timeout = TimeSpan.FromSeconds(settings.Int("timeout")),
            MaxSilentTime = TimeSpan.FromSeconds(settings.Int("max-silent-time")),
            HashedMirrors = settings.List("hashed-mirrors"),
            // Set to nothing it means that builds are to have none.
            CertificateFile = settings.String("ssl-cert-file") is { Length: > 0 } given ? given
                : settings.IsSet("ssl-cert-file") ? null : DownloadSettings.SystemCertificates,
            SecretKeys = () => Keys.Secret(settings),
            PreBuildHook = settings.String("pre-build-hook"),
            PostBuildHook = settings.String("post-build-hook"),
            SettingsText = settings.ToConfText,
            DiffHook = settings.Bool("run-diff-hook") ? settings.String("diff-hook") : "",
            NixCommand = settings.HasFeature("nix-command"),
            Features = new HashSet<string>(settings.List("experimental-features"), StringComparer.Ordinal),
        };
        return settings.IsSet("extra-platforms") ? made with { ExtraPlatforms = settings.List("extra-platforms") } : made;
    }

    /// <summary>Remembers how long builds took and how large they became.</summary>
    private void Keep()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        List<PastBuild> builds = [];
        foreach (BuildEvent.Finished done in _finished)
        {
            if (done.Succeeded && FindDerivation(done.Derivation) is { } text)
            {
                builds.Add(new PastBuild(
                    PackageName.WithoutVersion(done.Name), _parts.Infos.StoreDir.Print(done.Derivation), text, now, done.Elapsed, done.Size));
            }
        }

        _finished.Clear();
        _history?.Keep(builds);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _downloader.Dispose();
        _cancel.Dispose();
    }

    private sealed class EvaluationRealiser(CommandContext context, IStore store) : IRealiser
    {
        public IReadOnlyList<StorePath> Realise(IReadOnlyList<OutputRequest> wanted)
        {
            // A builder for each time: evaluations that need one are rare, and starting one costs little.
            using BuilderWiring wiring = new(context, store);
            List<DerivedPath> paths = [.. wanted.Select(w => new DerivedPath.Built(w.Derivation, [w.Output]))];
            try
            {
                IReadOnlyList<BuildResult> results = wiring.Realise(paths, BuildMode.Normal);
                return [.. results.Select((r, i) => r.Outputs[wanted[i].Output])];
            }
            catch (BuildException e)
            {
                throw new EvalError(EvalErrorKind.ImportFromDerivation, e.Message, e) { ExitStatus = e.ExitCode };
            }
        }

        public bool TrySubstitute(StorePath path)
        {
            using BuilderWiring wiring = new(context, store);
            try
            {
                wiring.Realise([new DerivedPath.Opaque(path)], BuildMode.Normal);
                return true;
            }
            catch (BuildException)
            {
                return false;
            }
        }
    }
}
