using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build.Builtins;
using Firn.Build.Preparation;
using Firn.Build.Events;
using Firn.Fetchers;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>
/// The directories of one build: the one it works in, and the one that its outputs appear in. Disposal removes them, but
/// for the working directory of a failure that is to be kept.
/// </summary>
internal sealed class BuildPlace : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const long NoRandomLayout = 0x0040000;
    private const long ThirtyTwoBits = 0x0008;
    private const long OldKernelVersion = 0x0020000;

    private const string RecursiveFeature = "recursive-nix";
    private const string SocketName = ".nix-socket";

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly BuildContext _context;
    private string? _work;
    private string? _workInside;
    private bool _secret;
    private string? _chroot;
    private Posix.DirectoryClaim? _claim, _chrootClaim;

    private BuildPlace(BuildContext context) => _context = context;

    /// <summary>What to start.</summary>
    public required BuildRequest Request { get; init; }

    /// <summary>The user that the build runs as, or null for the caller.</summary>
    public BuildUser? User { get; private set; }

    /// <summary>Whether outputs appear directly in the store.</summary>
    public bool InPlace { get; private init; }

    /// <summary>What the builder is to write, and where.</summary>
    public required IReadOnlyList<PlannedOutput> Planned { get; init; }

    /// <summary>The directory that outputs appear in, under their base names.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>The same, whatever happens to its path.</summary>
    public required Posix.DirectoryHandle Outputs { get; init; }

    /// <summary>The directory that the builder works in, as this side sees it.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Where the builder looks for a store to talk to, as this side sees the place; null where it may not.</summary>
    public string? RecursiveSocket { get; private init; }

    /// <summary>Set at the end: nothing of it is worth keeping.</summary>
    public bool Succeeded { get; set; }

    /// <summary>Everything that a builder needs to be started.</summary>
    /// <param name="namespaces">Whether the kernel can be asked for them.</param>
    public static BuildPlace Make(
        BuildContext context,
        StorePath path,
        Derivation derivation,
        DerivationOptions options,
        IReadOnlyList<(string Name, StorePath? Path)> outputs,
        SortedSet<StorePath> closure,
        bool namespaces,
        CancellationToken cancel)
    {
        BuildStore store = context.Store;
        BuildSettings settings = context.Settings;
        bool network = derivation.Type is DerivationType.Fixed or DerivationType.Impure && (!derivation.IsBuiltin || DerivationBuild.IsDownload(derivation));
        bool builtin = derivation.IsBuiltin;
        ExternalBuilder? external = External(settings, derivation);
        // Builders of our own have no need of the host, whatever the settings, but for the files that their URLs name.
        bool sandbox = namespaces && external is null && (UseSandbox(context, path, options, network)
            || (builtin && (HasUserNamespaces || BuildUsers.Used(settings))));
        bool userNamespace = sandbox && HasUserNamespaces;
        RequireFeatures(context, options, sandbox);
        BuildUser? user = BuildUsers.Used(settings)
            ? TakeUser(context, path, sandbox && options.UsesUidRange ? BuildUsers.RangeSize : 1, sandbox, cancel)
            : null;
        BuildPlace? place = null;
        string? top = null, cgroup = null;
        Posix.DirectoryClaim? claim = null, chrootClaim = null;
        try
        {
            string real = store.Paths.RealStoreDir;
            (top, claim) = MakeTop(context, sandbox ? path : null, user);
            string? chroot = sandbox ? MakeChroot(context, path, out chrootClaim) : null;
            string outputDirectory = chroot is null ? real : Path.Combine(chroot, "root" + store.Infos.StoreDir.Path);
            // In a root of their own the builder writes outputs to their paths, whatever is there outside.
            List<PlannedOutput> planned = PlannedOutput.Of(store.Infos, path, derivation, outputs, avoidValid: !sandbox);
            (int me, int myGroup) = Posix.Identity;
            bool range = user is { Count: > 1 };
            if (sandbox && options.UsesUidRange && !range)
            {
                throw new BuildException(BuildStatus.MiscFailure, "feature 'uid-range' requires the setting 'auto-allocate-uids' to be enabled");
            }

            BuildIdentity identity = new(
                user?.Uid ?? me,
                user?.Gid ?? myGroup,
                !userNamespace ? user?.Uid ?? me : range ? 0 : 1000,
                !userNamespace ? user?.Gid ?? myGroup : range ? 0 : 100,
                user?.Count ?? 1);
            if (sandbox)
            {
                cgroup = MakeControlGroup(context, user, range);
            }

            if (sandbox && !userNamespace && user is null)
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    "cannot perform a sandboxed build because user namespaces are not enabled; check /proc/sys/user/max_user_namespaces");
            }

            // What confines the build is the program's own matter; it is told where things are to be.
            string work = MakeWork(top, sandbox || external is not null, user);
            string inside = sandbox ? settings.SandboxBuildDir : external is not null ? ExternalBuild.WorkInside : work;
            bool recursive = options.Features.Contains(RecursiveFeature);
            if (recursive && external is not null)
            {
                throw new BuildException(BuildStatus.MiscFailure, $"'{RecursiveFeature}' is not supported yet by external derivation builders");
            }

            if (recursive && (context.Recursive is null || !settings.Features.Contains(RecursiveFeature)))
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"experimental Nix feature '{RecursiveFeature}' is disabled; add '--extra-experimental-features {RecursiveFeature}' to enable it");
            }

            BuildEnvironment environment = builtin
                ? new BuildEnvironment(BuiltinEnvironment(context, inside), [], [])
                : BuildEnvironment.Of(derivation, options, planned, closure, store.Infos, inside, context.Cores, name => settings.ImpureEnvironment.GetValueOrDefault(name) ?? context.Environment(name));
            foreach ((string name, byte[] contents) in environment.Files)
            {
                string file = Path.Combine(work, name);
                File.WriteAllBytes(file, contents);
                if (user is not null)
                {
                    Posix.ChangeOwner(file, user.Uid, user.Gid);
                }
            }

            if (external is not null)
            {
                string request = Path.Combine(top, ExternalBuild.FileName);
                File.WriteAllBytes(request, ExternalBuild.Request(derivation, environment, planned, closure, store, top, work));
                if (user is not null)
                {
                    Posix.ChangeOwner(top, user.Uid, user.Gid);
                    Posix.ChangeOwner(request, user.Uid, user.Gid);
                }

                environment = environment with
                {
                    Variables = ExternalBuild.HostEnvironment(),
                    Arguments = [.. external.Arguments.Prepend(external.Program).Append(request).Select(Encoding.UTF8.GetBytes)],
                };
            }

            BuiltinHost? host = builtin ? context.BuiltinHost() : null;
            RootDirectory? root = chroot is null ? null : LayOut(context, path, derivation, options, planned, closure, identity, user, chroot, work, network, host, cancel);
            place = new BuildPlace(context)
            {
                OutputDirectory = outputDirectory,
                WorkingDirectory = work,
                Outputs = new Posix.DirectoryHandle(outputDirectory),
                User = user,
                Planned = planned,
                InPlace = !sandbox,
                RecursiveSocket = recursive ? Path.Combine(work, SocketName) : null,
                _chroot = chroot,
                _work = top,
                _workInside = work,
                _secret = builtin,
                _claim = claim,
                _chrootClaim = chrootClaim,
                Request = new BuildRequest
                {
                    Program = host?.Program ?? external?.Program ?? Encoding.UTF8.GetString(derivation.Builder),
                    Arguments = host is null ? environment.Arguments : [.. host.Arguments.Select(Encoding.UTF8.GetBytes)],
                    Input = builtin ? BuiltinInput(context, derivation, planned, sandbox ? store.Infos.StoreDir.Path : real, sandbox).ToBytes() : null,
                    Environment = recursive ? [.. environment.Variables, Encoding.UTF8.GetBytes($"NIX_REMOTE=unix://{inside}/{SocketName}")] : environment.Variables,
                    WorkingDirectory = external is null ? inside : work,
                    Root = root?.Path,
                    Isolation = !sandbox ? Isolation.None
                        : Isolation.Mount | Isolation.Pid | Isolation.Ipc | Isolation.Uts | Isolation.Cgroup
                            | (network ? 0 : Isolation.Net) | (userNamespace ? Isolation.User : 0),
                    Binds = root?.Binds ?? [],
                    Tmpfs = root?.Tmpfs ?? [],
                    Proc = sandbox ? "/proc" : null,
                    Sys = range ? "/sys" : null,
                    ControlGroup = cgroup,
                    Groups = sandbox ? [] : user?.Groups ?? [],
                    Evict = user?.Uid,
                    DevPts = root?.DevPts,
                    Identity = sandbox || user is not null ? identity : null,
                    GroupsMustGo = settings.RequireDropSupplementaryGroups && me == 0,
                    HostName = sandbox ? "localhost" : null,
                    DomainName = sandbox ? "(none)" : null,
                    ScopeSocketsAndSignals = network || !sandbox,
                    NoNewPrivileges = !settings.AllowNewPrivileges,
                    // In the sandbox the files lie below a directory that only the caller can enter.
                    Filter = !settings.FilterSyscalls ? SystemCallFilter.None : sandbox ? SystemCallFilter.Changes : SystemCallFilter.ChangesAndCreation,
                    Personality = Personality(derivation.Platform, settings),
                    Limits = [new ResourceLimit(ResourceLimit.CoreSize, 0, -1)],
                    Timeout = settings.Timeout > TimeSpan.Zero ? settings.Timeout : null,
                    SilenceTimeout = settings.MaxSilentTime > TimeSpan.Zero ? settings.MaxSilentTime : null,
                    MaxLogBytes = settings.MaxLogSize,
                },
            };
            return place;
        }
        catch (SandboxException e)
        {
            throw new BuildException(BuildStatus.MiscFailure, e.Message);
        }
        finally
        {
            if (place is null)
            {
                if (chrootClaim is not null)
                {
                    store.Trees.Delete(store.Paths.RealPath(path) + ".chroot");
                }

                if (top is not null)
                {
                    store.Trees.Delete(top);
                }

                if (cgroup is not null)
                {
                    ControlGroups.Remove(cgroup);
                }

                claim?.Dispose();
                chrootClaim?.Dispose();
                user?.Dispose();
            }
        }
    }

    public void Dispose()
    {
        Outputs.Dispose();
        if (InPlace)
        {
            foreach (PlannedOutput output in Planned)
            {
                if (!_context.Store.Infos.IsValid(output.Scratch))
                {
                    Remove(_context.Store.Paths.RealPath(output.Scratch));
                }
            }
        }

        if (_chroot is not null)
        {
            Remove(_chroot);
        }

        if (_work is not null)
        {
            if (!Succeeded && !_secret && _context.Settings.KeepFailed)
            {
                _context.Events.Post(new BuildEvent.Note($"note: keeping build directory \"{_workInside}\""));
                const UnixFileMode Readable = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
                // Where the build had other files, which are gone now.
                File.Delete(Path.Combine(_work, RootLink));
                File.SetUnixFileMode(_work, Readable);
                if (_workInside != _work)
                {
                    File.SetUnixFileMode(_workInside!, Readable);
                }
            }
            else
            {
                Remove(_work);
            }
        }

        _claim?.Dispose();
        _chrootClaim?.Dispose();
        User?.Dispose();
    }

    private void Remove(string tree) => _context.Store.Trees.Delete(tree);

    private static bool HasUserNamespaces =>
        File.Exists("/proc/self/ns/user")
        && (!File.Exists("/proc/sys/user/max_user_namespaces") || File.ReadAllText("/proc/sys/user/max_user_namespaces").Trim() != "0");

    /// <summary>Whether a build whose namespaces the kernel refused may go without.</summary>
    /// <param name="builtin">Whether it is a builder of our own, which needs none where nobody asked for one.</param>
    public static bool MayGoWithout(BuildContext context, bool builtin) =>
        (context.Settings.SandboxFallback || (builtin && context.Settings.Sandbox != SandboxMode.On)) && context.Store.Infos.StoreDir.Path == context.Store.Paths.RealStoreDir;

    private static bool UseSandbox(BuildContext context, StorePath path, DerivationOptions options, bool network)
    {
        StoreDir dir = context.Store.Infos.StoreDir;
        if (context.Settings.Sandbox == SandboxMode.On && options.NoChroot)
        {
            throw new BuildException(BuildStatus.MiscFailure,
                $"derivation '{dir.Print(path)}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'");
        }

        // A store whose files are elsewhere can only be shown to builders in its logical place.
        return context.Settings.Sandbox switch
        {
            SandboxMode.On => true,
            SandboxMode.Relaxed => !network && !options.NoChroot,
            SandboxMode.Off => false,
            _ => throw new System.Diagnostics.UnreachableException(),
        } || dir.Path != context.Store.Paths.RealStoreDir;
    }

    /// <summary>The program that builds a derivation in our place, or null.</summary>
    /// <exception cref="BuildException">There is one, but such programs are not enabled.</exception>
    private static ExternalBuilder? External(BuildSettings settings, Derivation derivation)
    {
        const string Feature = "external-builders";
        ExternalBuilder? found = ExternalBuild.For(settings, derivation);
        return found is null || settings.Features.Contains(Feature) ? found : throw new BuildException(BuildStatus.MiscFailure,
            $"experimental Nix feature '{Feature}' is disabled; add '--extra-experimental-features {Feature}' to enable it");
    }

    private static long Personality(string platform, BuildSettings settings) => NoRandomLayout
        | (platform is "i686-linux" or "armv7l-linux" or "armv6l-linux" or "armv5tel-linux" ? ThirtyTwoBits : 0)
        | (settings.ImpersonateLinux26 && platform is "i686-linux" or "x86_64-linux" ? OldKernelVersion : 0);

    private static void RequireFeatures(BuildContext context, DerivationOptions options, bool sandbox)
    {
        void Require(string feature)
        {
            if (!context.Settings.Features.Contains(feature))
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it");
            }
        }

        if (context.Settings.AutoAllocateUids && Posix.Identity.Uid == 0)
        {
            Require("auto-allocate-uids");
        }

        if (!sandbox && options.UsesUidRange)
        {
            throw new BuildException(BuildStatus.MiscFailure, "feature 'uid-range' is not supported on this platform");
        }

        if (sandbox && (context.Settings.UseCgroups || (options.UsesUidRange && BuildUsers.Used(context.Settings) && context.Settings.AutoAllocateUids)))
        {
            Require("cgroups");
        }
    }

    /// <summary>The control group of a build, where settings or the build want one: a build with a range of users needs it.</summary>
    private static string? MakeControlGroup(BuildContext context, BuildUser? user, bool needed)
    {
        if (!needed && !context.Settings.UseCgroups)
        {
            return null;
        }

        try
        {
            return ControlGroups.Make(user, context.Settings.StateDir);
        }
        catch (BuildException e) when (!needed)
        {
            context.Events.Post(new BuildEvent.Warning($"building without a control group: {e.Message}"));
            return null;
        }
    }

    private static BuildUser TakeUser(BuildContext context, StorePath path, int count, bool userNamespace, CancellationToken cancel)
    {
        BuildUser? user = BuildUsers.TryTake(context.Settings, count, userNamespace);
        if (user is null)
        {
            context.Events.Post(new BuildEvent.Waiting($"waiting for a free build user ID for '{context.Store.Infos.StoreDir.Print(path)}'"));
            while (user is null)
            {
                if (cancel.WaitHandle.WaitOne(s_retry))
                {
                    cancel.ThrowIfCancellationRequested();
                }

                user = BuildUsers.TryTake(context.Settings, count, userNamespace);
            }
        }

        return user;
    }

    /// <summary>
    /// A private directory in the store, so that outputs can be renamed to their places; its name is that of the
    /// derivation, whose lock excludes others, and a collector knows it.
    /// </summary>
    private static string MakeChroot(BuildContext context, StorePath path, out Posix.DirectoryClaim claim)
    {
        string chroot = context.Store.Paths.RealPath(path) + ".chroot";
        context.Store.Trees.Delete(chroot);
        while (true)
        {
            Directory.CreateDirectory(chroot, Private);
            if (Posix.DirectoryClaim.TryTake(chroot) is { } taken)
            {
                claim = taken;
                return chroot;
            }
        }
    }

    /// <summary>Removes what builds left that were killed: their directories, and their roots in the store.</summary>
    public static void Sweep(BuildContext context)
    {
        if (context.Settings.UseCgroups)
        {
            SweepControlGroups(context);
        }

        if (!Directory.Exists(context.Settings.BuildDir))
        {
            return;
        }

        foreach (DirectoryInfo top in new DirectoryInfo(context.Settings.BuildDir).EnumerateDirectories("nix-*"))
        {
            // Other programs name theirs otherwise, and what was kept for a look can be read by all.
            if (!IsTop(top.Name) || top.LinkTarget is not null || top.UnixFileMode != Private)
            {
                continue;
            }

            using Posix.DirectoryClaim? claim = Posix.DirectoryClaim.TryTake(top.FullName);
            if (claim is null)
            {
                continue;
            }

            if (new FileInfo(Path.Combine(top.FullName, RootLink)).LinkTarget is { } chroot
                && Path.GetDirectoryName(chroot) == context.Store.Paths.RealStoreDir && chroot.EndsWith(".drv.chroot", StringComparison.Ordinal))
            {
                // Another build of the same derivation may have one of that name.
                using Posix.DirectoryClaim? left = Posix.DirectoryClaim.TryTake(chroot);
                if (left is not null)
                {
                    context.Store.Trees.Delete(chroot);
                }
            }

            context.Store.Trees.Delete(top.FullName);
        }
    }

    private static void SweepControlGroups(BuildContext context)
    {
        try
        {
            ControlGroups.Sweep();
        }
        catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
        {
            // Of no consequence for what is to be built; that there are none is told with the first build.
            context.Events.Post(new BuildEvent.Warning($"cannot remove control groups of earlier builds: {e.Message}"));
        }
    }

    private const string RootLink = "root";

    private static bool IsTop(string name)
    {
        int dash = name.LastIndexOf('-');
        return dash >= 0 && name.Length - dash - 1 == 32 && Guid.TryParseExact(name.AsSpan(dash + 1), "N", out _);
    }

    /// <summary>
    /// The directory of a build, which only the caller can enter; the name ends in random digits, so nothing can be put
    /// in its place beforehand. It is claimed, and says where else the build has files, so that they are found if this
    /// process is killed.
    /// </summary>
    private static (string Top, Posix.DirectoryClaim Claim) MakeTop(BuildContext context, StorePath? chroot, BuildUser? user = null)
    {
        string parent = context.Settings.BuildDir;
        if (!Directory.Exists(parent))
        {
            // Whatever the caller's umask: build users have to get through.
            Directory.CreateDirectory(parent);
            File.SetUnixFileMode(parent, Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        if (user is not null)
        {
            for (DirectoryInfo? up = new(parent); up is not null; up = up.Parent)
            {
                if (up.LinkTarget is not null || (up.UnixFileMode & UnixFileMode.OtherWrite) != 0)
                {
                    throw new BuildException(BuildStatus.MiscFailure, $"Path \"{up.FullName}\" is world-writable or a symlink. That's not allowed for security.");
                }
            }
        }

        while (true)
        {
            string top = Path.Combine(parent, $"nix-{Environment.ProcessId}-{Guid.NewGuid():N}");
            Directory.CreateDirectory(top, Private);
            // Who sweeps may have been faster.
            if (Posix.DirectoryClaim.TryTake(top) is { } claim)
            {
                if (chroot is { } path)
                {
                    File.CreateSymbolicLink(Path.Combine(top, RootLink), context.Store.Paths.RealPath(path) + ".chroot");
                }

                return (top, claim);
            }
        }
    }

    /// <summary>The working directory. In a sandbox it lies in another that only the caller can enter, for its name is known.</summary>
    private static string MakeWork(string top, bool sandbox, BuildUser? user)
    {
        string work = top;
        if (sandbox)
        {
            work = Path.Combine(top, "build");
            Directory.CreateDirectory(work, Private);
        }

        if (user is not null)
        {
            Posix.ChangeOwner(work, user.Uid, user.Gid);
        }

        return work;
    }

    private static RootDirectory LayOut(
        BuildContext context,
        StorePath derivationPath,
        Derivation derivation,
        DerivationOptions options,
        IReadOnlyList<PlannedOutput> outputs,
        SortedSet<StorePath> closure,
        BuildIdentity identity,
        BuildUser? user,
        string chroot,
        string work,
        bool network,
        BuiltinHost? host,
        CancellationToken cancel)
    {
        BuildStore store = context.Store;
        BuildSettings settings = context.Settings;
        StoreDir dir = store.Infos.StoreDir;
        if (dir.Path.StartsWith(settings.SandboxBuildDir, StringComparison.Ordinal))
        {
            throw new BuildException(BuildStatus.MiscFailure, "`sandbox-build-dir` must not contain the storeDir");
        }

        string path = Path.Combine(chroot, "root");
        Directory.CreateDirectory(path);
        bool range = user is { Count: > 1 };
        File.SetUnixFileMode(path, Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
            | (range ? UnixFileMode.OtherRead | UnixFileMode.OtherExecute : 0));
        if (user is not null)
        {
            Posix.ChangeOwner(path, range ? user.Uid : 0, user.Gid);
        }

        RootDirectory root = new(path);
        root.Make(dir.Path);
        string storeInside = root.Inside(dir.Path);
        if (user is not null)
        {
            Posix.ChangeOwner(storeInside, 0, user.Gid);
        }

        File.SetUnixFileMode(storeInside, (UnixFileMode)0x3fd); // 01775: outputs of others stay theirs
        HashSet<StorePath> visible = [.. closure];
        foreach ((string source, string target, bool optional) in SandboxPaths([.. settings.SandboxPaths, .. PreBuildHook.Run(context, derivationPath, path, cancel)]))
        {
            if (dir.Contains(source))
            {
                visible.UnionWith(store.Infos.Closure([dir.Split(source).Path]));
            }

            string real = dir.Contains(source) ? store.Paths.RealStoreDir + source[dir.Path.Length..] : source;
            if (!dir.Contains(target) && source != "/proc")
            {
                // As the field's programs have it: what the builder may write there is a matter of the files' modes.
                root.Bind(real, target, readOnly: dir.Contains(source), optional);
            }
        }

        foreach (string wanted in options.ImpureHostDeps)
        {
            string canonical = StoreDir.Canonical(wanted);
            if (!settings.AllowedImpureHostDeps.Any(a => canonical == a || canonical.StartsWith(a.TrimEnd('/') + "/", StringComparison.Ordinal)))
            {
                throw new BuildException(BuildStatus.MiscFailure,
                    $"derivation '{dir.Print(derivationPath)}' requested impure path '{wanted}', but it was not in allowed-impure-host-deps");
            }

            root.Bind(canonical, canonical, readOnly: true, optional: true);
        }

        if (host is not null)
        {
            foreach (string file in host.Files)
            {
                root.Bind(file, file, readOnly: true, optional: true);
            }

            foreach (string file in NamedFiles(context, derivation))
            {
                root.Bind(new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file, file, readOnly: true, optional: true);
            }
        }

        // What is built anew must not be in the way, even where it is visible by another way.
        visible.ExceptWith(outputs.Select(o => o.Scratch));
        foreach (StorePath input in visible)
        {
            root.Bind(store.Paths.RealPath(input), dir.Print(input), readOnly: true);
        }

        root.Bind(work, settings.SandboxBuildDir, readOnly: false);
        bool kvm = settings.SystemFeatures.Contains("kvm");
        if (kvm && !File.Exists(RootDirectory.VirtualMachines))
        {
            context.Events.Post(new BuildEvent.Warning(
                $"KVM is enabled in system-features but {RootDirectory.VirtualMachines} is not available. Builds that emulate machines may be slow."
                + " Consider removing 'kvm' from system-features in nix.conf if KVM is not supported on this system."));
        }

        root.AddDevices(settings.SandboxShmSize, kvm);
        root.AddUsers(identity, settings.SandboxBuildDir);
        if (network)
        {
            root.AddNetworkNames(host is null ? settings.CertificateFile : context.Downloader.Settings.CertificateFile);
        }
        else
        {
            root.AddLocalNames();
        }

        if (range)
        {
            // Such builds set up systems of their own.
            root.Make("/sys");
            Posix.ChangeOwner(root.Inside("/etc"), user!.Uid, user.Gid);
        }
        else
        {
            root.Seal();
        }

        return root;
    }

    /// <summary>What a builder of our own is told. Passwords go to downloads only.</summary>
    private static BuiltinRequest BuiltinInput(
        BuildContext context, Derivation derivation, IReadOnlyList<PlannedOutput> planned, string storeInside, bool sandbox)
    {
        DownloadSettings download = context.Downloader.Settings;
        bool downloads = DerivationBuild.IsDownload(derivation);
        return new BuiltinRequest
        {
            Derivation = derivation,
            StoreDir = context.Store.Infos.StoreDir,
            RealStoreDir = storeInside,
            Outputs = planned.ToDictionary(o => o.Name, o => Path.Combine(storeInside, o.Scratch.BaseName)),
            HashedMirrors = context.Settings.HashedMirrors,
            Mirrors = downloads ? BuiltinRequest.MirrorsOf(derivation, context.Downloader.Mirrors) : ImmutableDictionary<string, IReadOnlyList<string>>.Empty,
            Download = download with
            {
                CertificateFile = sandbox && download.CertificateFile is not null ? RootDirectory.CertificateBundle : download.CertificateFile,
                NetrcText = downloads ? Netrc.Read(download) : null,
                NetrcFile = null,
            },
        };
    }

    private static readonly string[] s_proxies =
        ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"];

    /// <summary>The variables of a builder of our own: how to reach the network, and nothing of the derivation's.</summary>
    private static List<byte[]> BuiltinEnvironment(BuildContext context, string inside)
    {
        List<string> variables = ["PATH=/path-not-set", "HOME=/homeless-shelter", "TMPDIR=" + inside];
        foreach (string name in s_proxies)
        {
            if (context.Environment(name) is { } value)
            {
                variables.Add(name + "=" + value);
            }
        }

        return [.. variables.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>
    /// The files of the host that a download may read: those that the administrator's mirrors name, and, unless builds are
    /// confined, those of the derivation's own URLs.
    /// </summary>
    private static IEnumerable<string> NamedFiles(BuildContext context, Derivation derivation)
    {
        const string Scheme = "file://";
        if (!DerivationBuild.IsDownload(derivation))
        {
            yield break;
        }

        bool free = context.Settings.Sandbox != SandboxMode.On;
        IEnumerable<string> urls = BuiltinRequest.Urls(derivation).SelectMany(url =>
            MirrorTable.IsMirror(url) ? TryResolve(context, url) : free ? [url] : []);
        foreach (string url in urls.Concat(context.Settings.HashedMirrors))
        {
            if (url.StartsWith(Scheme, StringComparison.Ordinal) && Uri.TryCreate(url, UriKind.Absolute, out Uri? uri))
            {
                yield return Path.GetFullPath(uri.LocalPath);
            }
        }
    }

    private static IReadOnlyList<string> TryResolve(BuildContext context, string url)
    {
        try
        {
            return context.Downloader.Mirrors.Resolve(url);
        }
        catch (FetchException)
        {
            // The builder says so itself, in its log.
            return [];
        }
    }

    private static IEnumerable<(string Source, string Target, bool Optional)> SandboxPaths(IEnumerable<string> setting)
    {
        foreach (string item in setting)
        {
            bool optional = item.EndsWith('?');
            string text = optional ? item[..^1] : item;
            int equals = text.IndexOf('=');
            yield return equals < 0 ? (text, text, optional) : (text[(equals + 1)..], text[..equals], optional);
        }
    }
}
