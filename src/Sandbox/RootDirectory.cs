using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Sandbox;

/// <summary>
/// The directory that becomes a build's root: a nearly empty /dev, /etc, /tmp, /proc and whatever is bound into
/// it. Everything here happens before the build starts; the launcher only mounts what this lays out.
/// </summary>
public sealed class RootDirectory
{
    /// <summary>Where builds with the network find certificate authorities.</summary>
    /// <summary>The device of the processor's virtual machines.</summary>
    public const string VirtualMachines = "/dev/kvm";

    public const string CertificateBundle = "/etc/ssl/certs/ca-certificates.crt";

    private static readonly string[] s_devices = ["full", "null", "random", "tty", "urandom", "zero"];

    private const UnixFileMode Open =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly SortedDictionary<string, BindMount> _binds = new(StringComparer.Ordinal);
    private readonly List<TmpfsMount> _tmpfs = [];

    /// <summary>Takes an existing, empty directory.</summary>
    /// <param name="path">Absolute path on the host.</param>
    public RootDirectory(string path)
    {
        Path = path;
        Make("/tmp");
        File.SetUnixFileMode(Inside("/tmp"), Open | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
        Make("/etc");
        Make("/proc");
    }

    /// <summary>Absolute path on the host.</summary>
    public string Path { get; }

    /// <summary>Mounts that the layout needs, parents before what lies in them.</summary>
    public IReadOnlyList<BindMount> Binds => [.. _binds.Values];

    /// <summary>Memory file systems that the layout needs.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs => _tmpfs;

    /// <summary>Where devpts is mounted, or null where the host has none.</summary>
    public string? DevPts { get; private set; }

    /// <summary>A path of the build's root as the host sees it.</summary>
    public string Inside(string target) => Path + target;

    /// <summary>Makes a directory and those above it, mode 0755 whatever the umask; one that exists stays as it is.</summary>
    public void Make(string target)
    {
        string place = Inside(target);
        if (target.Length > 1 && !Directory.Exists(place))
        {
            Make(Parent(target));
            Directory.CreateDirectory(place);
            File.SetUnixFileMode(place, Open);
        }
    }

    /// <summary>Whether something is bound at a path.</summary>
    public bool IsBound(string target) => _binds.ContainsKey(target);

    /// <summary>
    /// Shows a file or directory of the host at <paramref name="target"/>. Symbolic links cannot be mounted and
    /// are made again. A later call for the same target wins.
    /// </summary>
    /// <exception cref="SandboxException">The source is missing and not optional.</exception>
    public void Bind(string source, string target, bool readOnly, bool optional = false)
    {
        FileSystemInfo? found = Look(source);
        if (found is null)
        {
            if (optional)
            {
                return;
            }

            throw new SandboxException($"getting attributes of path '{source}': No such file or directory");
        }

        string place = Inside(target);
        if (found.LinkTarget is { } link)
        {
            Make(Parent(target));
            File.Delete(place);
            File.CreateSymbolicLink(place, link);
            return;
        }

        if (found is DirectoryInfo)
        {
            Make(target);
        }
        else
        {
            Make(Parent(target));
            using FileStream empty = new(place, FileMode.OpenOrCreate, FileAccess.Write);
        }

        _binds[target] = new BindMount(source, target, readOnly, optional);
    }

    /// <summary>Makes /dev from the host's harmless devices, with its own terminals and shared memory.</summary>
    /// <param name="sharedMemorySize">Size of /dev/shm as tmpfs takes it, such as <c>50%</c>.</param>
    /// <param name="kvm">Whether /dev/kvm belongs to it.</param>
    public void AddDevices(string sharedMemorySize, bool kvm)
    {
        if (IsBound("/dev"))
        {
            return;
        }

        Make("/dev/shm");
        Make("/dev/pts");
        foreach (string device in s_devices)
        {
            Bind("/dev/" + device, "/dev/" + device, readOnly: false);
        }

        if (kvm)
        {
            Bind(VirtualMachines, VirtualMachines, readOnly: false, optional: true);
        }

        Link("/dev/fd", "/proc/self/fd");
        Link("/dev/stdin", "/proc/self/fd/0");
        Link("/dev/stdout", "/proc/self/fd/1");
        Link("/dev/stderr", "/proc/self/fd/2");
        if (Directory.Exists("/dev/shm"))
        {
            _tmpfs.Add(new TmpfsMount("/dev/shm", "mode=1777,size=" + sharedMemorySize));
        }

        if (File.Exists("/dev/pts/ptmx") && !IsBound("/dev/pts"))
        {
            Link("/dev/ptmx", "/dev/pts/ptmx");
            DevPts = "/dev/pts";
        }
    }

    /// <summary>Writes /etc/passwd, /etc/group and, without the network, /etc/hosts.</summary>
    public void AddUsers(BuildIdentity identity, string buildDirectory)
    {
        WriteFile("/etc/passwd",
            $"root:x:0:0:Nix build user:{buildDirectory}:/noshell\n"
            + $"nixbld:x:{identity.InnerUid}:{identity.InnerGid}:Nix build user:{buildDirectory}:/noshell\n"
            + "nobody:x:65534:65534:Nobody:/:/noshell\n");
        WriteFile("/etc/group", $"root:x:0:\nnixbld:!:{identity.InnerGid}:\nnogroup:x:65534:\n");
    }

    /// <summary>What a build without network knows of names: itself.</summary>
    public void AddLocalNames() => WriteFile("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");

    /// <summary>What a build with the network needs: the host's resolver, service names and certificates.</summary>
    /// <param name="certificates">The host's bundle of certificate authorities, or null.</param>
    public void AddNetworkNames(string? certificates)
    {
        // Nothing but names and services is looked up the host's way.
        WriteFile("/etc/nsswitch.conf", "hosts: files dns\nservices: files\n");
        foreach (string path in (ReadOnlySpan<string>)["/etc/resolv.conf", "/etc/services", "/etc/hosts"])
        {
            if (!IsBound(path) && Final(path) is { } real)
            {
                Bind(real, path, readOnly: true, optional: true);
            }
        }

        if (certificates is not null && !IsBound(CertificateBundle) && Final(certificates) is { } file)
        {
            Bind(file, CertificateBundle, readOnly: true, optional: true);
        }
    }

    /// <summary>Writes a file of the layout, mode 0644.</summary>
    public void WriteFile(string target, string text)
    {
        Make(Parent(target));
        File.WriteAllText(Inside(target), text, new UTF8Encoding(false));
        File.SetUnixFileMode(Inside(target), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>Makes /etc read-only for the build; the last step.</summary>
    public void Seal() => File.SetUnixFileMode(Inside("/etc"), Open & ~UnixFileMode.UserWrite);

    private void Link(string target, string to) => File.CreateSymbolicLink(Inside(target), to);

    private static string Parent(string path) => System.IO.Path.GetDirectoryName(path) ?? "/";

    private static FileSystemInfo? Look(string path)
    {
        DirectoryInfo directory = new(path);
        if (directory.Exists || directory.LinkTarget is not null)
        {
            return directory;
        }

        FileInfo file = new(path);
        return file.Exists || file.LinkTarget is not null ? file : null;
    }

    private static string? Final(string path)
    {
        FileInfo file = new(path);
        FileSystemInfo? target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true);
        return target is { Exists: true } ? target.FullName : null;
    }
}
