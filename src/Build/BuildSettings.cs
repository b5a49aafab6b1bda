using System;
using System.Collections.Generic;
using System.Collections.Immutable;

namespace Firn.Build;

/// <summary>Whether builds run in a sandbox (<c>sandbox</c>).</summary>
public enum SandboxMode
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>Unless the derivation has fixed outputs or asks for none (<c>__noChroot</c>).</summary>
    Relaxed,

    /// <summary>Always.</summary>
    On,
}

/// <summary>A program that carries out builds for other systems.</summary>
/// <param name="Systems">Those that it builds for.</param>
/// <param name="Program">Absolute path.</param>
/// <param name="Arguments">Before the last one, which is the path of a JSON file with what is to be built.</param>
/// <remarks>Nix manual, command-ref/conf-file, external-builders</remarks>
public sealed record ExternalBuilder(IReadOnlyList<string> Systems, string Program, IReadOnlyList<string> Arguments);

/// <summary>How builds are made; bound to nix.conf and flags by the command line. Sizes are bytes.</summary>
public sealed record BuildSettings
{
    /// <summary>The system of this machine (<c>system</c>).</summary>
    public string System { get; init; } = "x86_64-linux";

    /// <summary>Other systems whose programs run here (<c>extra-platforms</c>).</summary>
    public IReadOnlyList<string> ExtraPlatforms { get; init; } = ["i686-linux"];

    /// <summary>Programs that build for other systems (<c>external-builders</c>).</summary>
    public IReadOnlyList<ExternalBuilder> ExternalBuilders { get; init; } = [];

    /// <summary>Values of <c>impureEnvVars</c> that go before those of the caller (<c>impure-env</c>).</summary>
    public IReadOnlyDictionary<string, string> ImpureEnvironment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What derivations may require (<c>system-features</c>).</summary>
    public IReadOnlyList<string> SystemFeatures { get; init; } = ["benchmark", "big-parallel", "nixos-test", "uid-range"];

    /// <summary>Builds at a time (<c>max-jobs</c>).</summary>
    public int MaxJobs { get; init; } = 1;

    /// <summary>How long a build waits before it is offered to other places again, unless a build ends before (<c>build-poll-interval</c>).</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Downloads of <c>builtin:fetchurl</c> at a time; they take no place among the builds.</summary>
    public int MaxDownloads { get; init; } = 16;

    /// <summary>Take paths from other stores rather than build them (<c>substitute</c>).</summary>
    public bool Substitute { get; init; } = true;

    /// <summary>Even where a derivation would rather be built (<c>always-allow-substitutes</c>).</summary>
    public bool AlwaysAllowSubstitutes { get; init; }

    /// <summary>Build what could not be taken from a store that has it (<c>fallback</c>).</summary>
    public bool Fallback { get; init; }

    /// <summary>Paths taken from other stores at a time (<c>max-substitution-jobs</c>).</summary>
    public int MaxSubstitutionJobs { get; init; } = 16;

    /// <summary>Value of NIX_BUILD_CORES (<c>cores</c>); 0 for all of the machine.</summary>
    public int Cores { get; init; }

    /// <summary>Go on with what does not depend on a failure (<c>keep-going</c>).</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Leave the build directory of a failed build (<c>keep-failed</c>).</summary>
    public bool KeepFailed { get; init; }

    /// <summary>Whether to sandbox (<c>sandbox</c>).</summary>
    public SandboxMode Sandbox { get; init; } = SandboxMode.On;

    /// <summary>Build without a sandbox where the kernel refuses one (<c>sandbox-fallback</c>).</summary>
    public bool SandboxFallback { get; init; }

    /// <summary>Other files that sandboxed builds see (<c>sandbox-paths</c>): <c>TARGET</c> or <c>TARGET=SOURCE</c>, with a <c>?</c> behind it optional. Builds can write there what the files' modes let their users write.</summary>
    public IReadOnlyList<string> SandboxPaths { get; init; } = [];

    /// <summary>Where the build directory is inside (<c>sandbox-build-dir</c>).</summary>
    public string SandboxBuildDir { get; init; } = "/build";

    /// <summary>Size of /dev/shm inside (<c>sandbox-dev-shm-size</c>).</summary>
    public string SandboxShmSize { get; init; } = "50%";

    /// <summary>Prefixes of host paths that derivations may ask for (<c>allowed-impure-host-deps</c>).</summary>
    public IReadOnlyList<string> AllowedImpureHostDeps { get; init; } = [];

    /// <summary>Load the system call filter (<c>filter-syscalls</c>).</summary>
    public bool FilterSyscalls { get; init; } = true;

    /// <summary>Let setuid programs work in builds (<c>allow-new-privileges</c>).</summary>
    public bool AllowNewPrivileges { get; init; }

    /// <summary>The group whose members builds run as (<c>build-users-group</c>); empty for the calling user.</summary>
    public string BuildUsersGroup { get; init; } = "";

    /// <summary>Take users for builds from a range rather than the group (<c>auto-allocate-uids</c>); of effect for root.</summary>
    public bool AutoAllocateUids { get; init; }

    /// <summary>First user of that range (<c>start-id</c>).</summary>
    public long StartId { get; init; } = 872415232;

    /// <summary>How many users the range has (<c>id-count</c>); each build takes 65536.</summary>
    public long IdCount { get; init; } = 65536 * 128;

    /// <summary>Give each build a control group of its own (<c>use-cgroups</c>).</summary>
    public bool UseCgroups { get; init; }

    /// <summary>Show builds an old kernel version (<c>impersonate-linux-26</c>).</summary>
    public bool ImpersonateLinux26 { get; init; }

    /// <summary>Fail where root cannot drop supplementary groups (<c>require-drop-supplementary-groups</c>).</summary>
    public bool RequireDropSupplementaryGroups { get; init; } = true;

    /// <summary>Where build directories are made (<c>build-dir</c>).</summary>
    public required string BuildDir { get; init; }

    /// <summary>
    /// The machine's state, in which locks of build users lie: they exclude builds in all of its stores, for at its beginning
    /// a build ends every process of its user.
    /// </summary>
    public required string StateDir { get; init; }

    /// <summary>Where logs go, or null to keep none (<c>keep-build-log</c>).</summary>
    public string? LogDir { get; init; }

    /// <summary>Compress logs (<c>compress-build-log</c>).</summary>
    public bool CompressLog { get; init; } = true;

    /// <summary>Lines of log in a failure's message (<c>log-lines</c>).</summary>
    public int LogLines { get; init; } = 25;

    /// <summary>Longest log (<c>max-build-log-size</c>); 0 for no limit.</summary>
    public long MaxLogSize { get; init; }

    /// <summary>Longest build (<c>timeout</c>); zero for no limit.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Longest silence of a build (<c>max-silent-time</c>); zero for no limit.</summary>
    public TimeSpan MaxSilentTime { get; init; }

    /// <summary>Servers that have files by their hash (<c>hashed-mirrors</c>).</summary>
    public IReadOnlyList<string> HashedMirrors { get; init; } = [];

    /// <summary>Bundle of certificate authorities for builds with the network, or null.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Keys that sign what is built (<c>secret-key-files</c>); read when the first build is done.</summary>
    public Func<IReadOnlyList<Formats.Signing.SecretKey>> SecretKeys { get; init; } = static () => [];

    /// <summary>Program that names more paths for each sandbox (<c>pre-build-hook</c>), or empty.</summary>
    public string PreBuildHook { get; init; } = "";

    /// <summary>Program run after each build (<c>post-build-hook</c>), or empty.</summary>
    public string PostBuildHook { get; init; } = "";

    /// <summary>The settings of this process for programs of ours that it starts, as <c>NIX_CONFIG</c> has them.</summary>
    public Func<string> SettingsText { get; init; } = static () => "";

    /// <summary>Program that shows how outputs differ (<c>diff-hook</c>, with <c>run-diff-hook</c>), or empty.</summary>
    public string DiffHook { get; init; } = "";

    /// <summary>Experimental features that are on (<c>experimental-features</c>).</summary>
    public IReadOnlySet<string> Features { get; init; } = new HashSet<string>();

    /// <summary>Whether messages name <c>nix log</c> rather than <c>nix-store -l</c>.</summary>
    public bool NixCommand { get; init; }

    /// <summary>Whether the log was shown while it came, so that messages do not repeat its end.</summary>
    public bool LogShown { get; init; }
}
