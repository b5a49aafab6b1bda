using System;
using System.Collections.Generic;

namespace Firn.Sandbox;

/// <summary>What part of the machine a build does not share with it.</summary>
[Flags]
public enum Isolation
{
    /// <summary>Nothing: an ordinary child process.</summary>
    None = 0,

    /// <summary>Own user and group identities.</summary>
    User = 1,

    /// <summary>Own mounts; needed for a root of its own.</summary>
    Mount = 2,

    /// <summary>Own process numbers; the death of the first process ends all.</summary>
    Pid = 4,

    /// <summary>Own System V objects and message queues.</summary>
    Ipc = 8,

    /// <summary>Own host name.</summary>
    Uts = 16,

    /// <summary>Own network, which holds a loopback interface only.</summary>
    Net = 32,

    /// <summary>Own view of control groups.</summary>
    Cgroup = 64,
}

/// <summary>One file or directory of the host that the build sees.</summary>
/// <param name="Source">Absolute path on the host.</param>
/// <param name="Target">Absolute path in the build's root.</param>
/// <param name="ReadOnly">Nothing below it can be written, whoever owns it.</param>
/// <param name="Optional">A missing source is passed over.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly, bool Optional = false);

/// <summary>A tmpfs in the build's root.</summary>
/// <param name="Target">Absolute path in the build's root.</param>
/// <param name="Options">Mount options, such as <c>size=50%</c>.</param>
public sealed record TmpfsMount(string Target, string Options);

/// <summary>Who the build is, outside and inside.</summary>
/// <param name="OuterUid">User on the host.</param>
/// <param name="OuterGid">Group on the host.</param>
/// <param name="InnerUid">User as the build sees it; differs only with <see cref="Isolation.User"/>.</param>
/// <param name="InnerGid">Group as the build sees it.</param>
/// <param name="Count">How many users and groups it has, from these on; others than 1 only with <see cref="Isolation.User"/>.</param>
public sealed record BuildIdentity(int OuterUid, int OuterGid, int InnerUid, int InnerGid, int Count = 1);

/// <summary>One limit of setrlimit(2).</summary>
/// <param name="Resource">Number of the resource.</param>
/// <param name="Soft">Soft limit; -1 for none.</param>
/// <param name="Hard">Hard limit; -1 for none.</param>
public readonly record struct ResourceLimit(int Resource, long Soft, long Hard)
{
    /// <summary>Size of core files, bytes.</summary>
    public const int CoreSize = 4;
}

/// <summary>What system calls a build is refused.</summary>
public enum SystemCallFilter
{
    /// <summary>None.</summary>
    None,

    /// <summary>
    /// Setting setuid and setgid modes, extended attributes, io_uring, keyrings. A file may be created with such a mode, as
    /// some programs do; that is enough where nobody else can reach the build's files.
    /// </summary>
    Changes,

    /// <summary>The same, and creating files with such modes.</summary>
    ChangesAndCreation,
}

/// <summary>All that a build is started with. Strings of the build itself are bytes.</summary>
public sealed record BuildRequest
{
    /// <summary>Absolute path of the program, in the build's root.</summary>
    public required string Program { get; init; }

    /// <summary>Arguments, the name of the program included.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    /// <summary>Environment, each item <c>NAME=value</c>.</summary>
    public required IReadOnlyList<byte[]> Environment { get; init; }

    /// <summary>Directory the program starts in, in the build's root.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Directory on the host that becomes the root, or null for the host's own root.</summary>
    public string? Root { get; init; }

    /// <summary>What the build has for itself.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>Mounts in the order in which they are made.</summary>
    public IReadOnlyList<BindMount> Binds { get; init; } = [];

    /// <summary>Memory file systems, made after <see cref="Binds"/>.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>Where a new proc is mounted, or null.</summary>
    public string? Proc { get; init; }

    /// <summary>Where a new sysfs is mounted, or null.</summary>
    public string? Sys { get; init; }

    /// <summary>Where a new devpts is mounted, or null.</summary>
    public string? DevPts { get; init; }

    /// <summary>The identity to take, or null to stay the caller.</summary>
    public BuildIdentity? Identity { get; init; }

    /// <summary>Whether it is an error when supplementary groups cannot be dropped.</summary>
    public bool GroupsMustGo { get; init; }

    /// <summary>Supplementary groups of the build; only where it has no user namespace.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>
    /// A user of whom no process may live when the build starts (nor, without <see cref="Isolation.Pid"/>, after it), or null:
    /// one who has nothing but builds.
    /// </summary>
    public int? Evict { get; init; }

    /// <summary>
    /// Path of an empty control group (version 2) that the build is put into, or null. When the build has ended, all that is
    /// left in it is killed, it is removed, and the times of <see cref="BuildExit"/> are those of everything that was in it.
    /// </summary>
    public string? ControlGroup { get; init; }

    /// <summary>Host name, with <see cref="Isolation.Uts"/>.</summary>
    public string? HostName { get; init; }

    /// <summary>Domain name, with <see cref="Isolation.Uts"/>.</summary>
    public string? DomainName { get; init; }

    /// <summary>
    /// Cuts off abstract sockets of others, and signals to them, where the kernel can (Landlock 6): for builds that share the
    /// network or the processes of the host.
    /// </summary>
    public bool ScopeSocketsAndSignals { get; init; }

    /// <summary>Sets no_new_privs.</summary>
    public bool NoNewPrivileges { get; init; } = true;

    /// <summary>What system calls are refused.</summary>
    public SystemCallFilter Filter { get; init; } = SystemCallFilter.Changes;

    /// <summary>Value for personality(2), or null.</summary>
    public long? Personality { get; init; }

    /// <summary>Resource limits.</summary>
    public IReadOnlyList<ResourceLimit> Limits { get; init; } = [];

    /// <summary>
    /// What the program can read on descriptor 3, in a file that only it has; null where it gets neither this nor descriptor 4.
    /// </summary>
    public byte[]? Input { get; init; }

    /// <summary>Takes what the program writes on descriptor 4, with <see cref="Input"/>; called like the log's.</summary>
    public LogSink? Messages { get; init; }

    /// <summary>Ends the build after this time, or null.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Ends the build when its log is silent for this time, or null.</summary>
    public TimeSpan? SilenceTimeout { get; init; }

    /// <summary>Ends the build when its log grows beyond this number of bytes; 0 for no limit.</summary>
    public long MaxLogBytes { get; init; }
}

/// <summary>How a build ended.</summary>
public enum BuildEnd
{
    /// <summary>The program exited; <see cref="BuildExit.Code"/> is its status.</summary>
    Exited,

    /// <summary>A signal ended it; <see cref="BuildExit.Code"/> is its number.</summary>
    Signaled,

    /// <summary>It was never started; see <see cref="BuildExit.Message"/>.</summary>
    NotStarted,

    /// <summary>It ran longer than <see cref="BuildRequest.Timeout"/>.</summary>
    TimedOut,

    /// <summary>It was silent longer than <see cref="BuildRequest.SilenceTimeout"/>.</summary>
    Silent,

    /// <summary>It wrote more than <see cref="BuildRequest.MaxLogBytes"/>.</summary>
    LogTooLong,

    /// <summary>The caller ended it.</summary>
    Cancelled,
}

/// <summary>How a build ended.</summary>
/// <param name="End">The kind of end.</param>
/// <param name="Code">Exit status or signal number, else 0.</param>
/// <param name="Message">The launcher's words where the build never started, else null.</param>
/// <param name="User">Processor time of the program and the children it waited for.</param>
/// <param name="System">Time in the kernel, likewise.</param>
public sealed record BuildExit(BuildEnd End, int Code, string? Message, TimeSpan User, TimeSpan System)
{
    /// <summary>What went wrong without being the build's end, such as a control group that could not be removed.</summary>
    public System.Collections.Generic.IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether the kernel refused the namespaces that were asked for.</summary>
    public bool NamespacesRefused => End == BuildEnd.NotStarted && Message is { } m && m.StartsWith("cannot create the namespaces", StringComparison.Ordinal);

    /// <summary>Whether the program exited with status 0.</summary>
    public bool Succeeded => End == BuildEnd.Exited && Code == 0;
}
