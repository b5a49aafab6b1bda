using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;

namespace Firn.Build.Execution;

/// <summary>Control groups (version 2) of builds: below that of this process, where it may make some.</summary>
/// <remarks>cgroups(7)</remarks>
internal static class ControlGroups
{
    private const string OfProcess = "nix-build-pid-";

    /// <summary>Removes groups of processes that were killed, launcher and all.</summary>
    public static void Sweep()
    {
        foreach (string path in Directory.EnumerateDirectories(Own(), OfProcess + "*"))
        {
            string process = Path.GetFileName(path)[OfProcess.Length..].Split('-')[0];
            if (process.Length > 0 && process.All(char.IsAsciiDigit) && !Directory.Exists("/proc/" + process))
            {
                Destroy(path);
            }
        }
    }

    /// <summary>Makes the group of a build. The launcher removes it when the build has ended.</summary>
    /// <param name="user">The build's user, or null for the caller.</param>
    /// <param name="stateDir">Notes in its <c>cgroups</c> what group each user had, for when this process is killed.</param>
    /// <returns>Absolute path.</returns>
    /// <exception cref="BuildException">The machine has none, or this process may not make any.</exception>
    public static string Make(BuildUser? user, string stateDir)
    {
        string parent = Own();
        string path = Path.Combine(parent, user is null
            ? string.Create(CultureInfo.InvariantCulture, $"{OfProcess}{Environment.ProcessId}-{Guid.NewGuid():N}")
            : string.Create(CultureInfo.InvariantCulture, $"nix-build-uid-{user.Uid}"));
        if (user is not null)
        {
            string notes = Path.Combine(stateDir, "cgroups");
            Directory.CreateDirectory(notes);
            string note = Path.Combine(notes, user.Uid.ToString(CultureInfo.InvariantCulture));
            if (File.Exists(note))
            {
                Destroy(File.ReadAllText(note));
            }

            File.WriteAllText(note, path);
        }

        try
        {
            // The group of a build that was killed; its user is ours now.
            Destroy(path);
            Directory.CreateDirectory(path);
            if (user is not null)
            {
                foreach (string file in (ReadOnlySpan<string>)["", "cgroup.procs", "cgroup.threads"])
                {
                    Posix.ChangeOwner(Path.Combine(path, file), user.Uid, user.Gid);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(BuildStatus.MiscFailure, $"creating cgroup \"{path}\": {(e is UnauthorizedAccessException ? "Permission denied" : e.Message)}");
        }

        return path;
    }

    /// <summary>The group of this process.</summary>
    private static string Own()
    {
        string mount = File.ReadLines("/proc/mounts").Select(l => l.Split(' ')).FirstOrDefault(w => w.Length > 2 && w[2] == "cgroup2")?[1]
            ?? throw new BuildException(BuildStatus.MiscFailure, "cannot determine the cgroups file system");
        string own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?[3..]
            ?? throw new BuildException(BuildStatus.MiscFailure, "cannot determine cgroup name from /proc/self/cgroup");
        string path = Path.Join(mount, own.TrimStart('/')).TrimEnd('/');
        return Directory.Exists(path) ? path : throw new BuildException(BuildStatus.MiscFailure, $"expected cgroup directory \"{path}\"");
    }

    /// <summary>Kills what is in a group and removes it with the groups in it; one that is not there is left so.</summary>
    /// <exception cref="IOException">It stays.</exception>
    private static void Destroy(string path)
    {
        if (!File.Exists(Path.Combine(path, "cgroup.procs")))
        {
            return;
        }

        string kill = Path.Combine(path, "cgroup.kill");
        if (File.Exists(kill))
        {
            File.WriteAllText(kill, "1");
        }

        List<string> groups = [path, .. Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories)];
        for (int i = groups.Count - 1; i >= 0; i--)
        {
            // What was killed takes a moment to go.
            for (int round = 0; ; round++)
            {
                if (Posix.TryRemoveDirectory(groups[i]))
                {
                    break;
                }

                if (round == 1000)
                {
                    throw new IOException($"cannot kill cgroup \"{groups[i]}\"");
                }

                Thread.Sleep(2);
            }
        }
    }

    /// <summary>Removes a group that no build was started in.</summary>
    public static void Remove(string path) => Destroy(path);
}
