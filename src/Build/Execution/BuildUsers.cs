using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;

namespace Firn.Build.Execution;

/// <summary>A user that one build runs as, and nobody else while the lock on it is held.</summary>
/// <param name="uid">The user, or the first of those it has.</param>
/// <param name="gid">Its group, or the first of those.</param>
/// <param name="count">How many users and groups it has.</param>
/// <param name="groups">Other groups of the user, for builds without a sandbox.</param>
internal sealed class BuildUser(int uid, int gid, int count, IReadOnlyList<int> groups, FileStream held) : IDisposable
{
    public int Uid => uid;

    public int Gid => gid;

    public int Count => count;

    public IReadOnlyList<int> Groups => groups;

    public void Dispose() => held.Dispose();
}

/// <summary>The members of the group of build users, handed out one to a build, among all processes of the machine.</summary>
public static class BuildUsers
{
    /// <summary>What <c>build-users-group</c> is where it is not set: <c>nixbld</c> for root on a machine that has it.</summary>
    public static string DefaultGroup => Posix.Identity.Uid == 0 && File.Exists("/etc/group") && Lines("/etc/group").Any(l => l[0] == "nixbld") ? "nixbld" : "";

    /// <summary>How many users a build with <c>uid-range</c> has.</summary>
    public const int RangeSize = 65536;

    /// <summary>Whether builds run as users of their own.</summary>
    internal static bool Used(BuildSettings settings) =>
        settings.BuildUsersGroup.Length > 0 || (settings.AutoAllocateUids && Posix.Identity.Uid == 0);

    /// <summary>Takes a user that no other build has, or null where all are taken.</summary>
    /// <param name="count">How many users it must have: 1 or <see cref="RangeSize"/>.</param>
    /// <param name="userNamespace">Whether the build has a user namespace, and so needs no group of this machine.</param>
    /// <exception cref="BuildException">The group or a member does not exist.</exception>
    internal static BuildUser? TryTake(BuildSettings settings, int count, bool userNamespace) =>
        settings.AutoAllocateUids ? TryAllocate(settings, count, userNamespace) : TryTake(settings.BuildUsersGroup, settings.StateDir);

    private static BuildUser? TryAllocate(BuildSettings settings, int count, bool userNamespace)
    {
        string pool = Path.Combine(settings.StateDir, "userpool2");
        Directory.CreateDirectory(pool);
        for (int slot = 0; slot < settings.IdCount / RangeSize; slot++)
        {
            if (Lock(Path.Combine(pool, $"slot-{slot.ToString(CultureInfo.InvariantCulture)}")) is not { } held)
            {
                continue;
            }

            int uid = checked((int)(settings.StartId + ((long)slot * RangeSize)));
            if (Lines("/etc/passwd").FirstOrDefault(l => l.Length >= 3 && Number(l[2]) == uid) is { } other)
            {
                held.Dispose();
                throw Bad($"auto-allocated UID {uid} clashes with existing user account '{other[0]}'");
            }

            int gid = userNamespace ? uid : Number(Group(settings.BuildUsersGroup)[2]);
            return new BuildUser(uid, gid, count, [], held);
        }

        return null;
    }

    private static string[] Group(string name) => Lines("/etc/group").FirstOrDefault(l => l.Length >= 4 && l[0] == name)
        ?? throw Bad($"the group '{name}' specified in 'build-users-group' does not exist");

    /// <summary>Exclusive sharing is flock(2), as other programs that share the store take it.</summary>
    private static FileStream? Lock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            // Taken; the next may be free.
            return null;
        }
    }

    private static BuildUser? TryTake(string group, string stateDir)
    {
        string[] entry = Group(group);
        int gid = Number(entry[2]);
        string[] members = entry[3].Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (members.Length == 0)
        {
            throw Bad($"the build users group '{group}' has no members");
        }

        string pool = Path.Combine(stateDir, "userpool");
        Directory.CreateDirectory(pool);
        int me = Posix.Identity.Uid;
        Dictionary<string, (int Uid, int Gid)> users = Lines("/etc/passwd").Where(l => l.Length >= 4).DistinctBy(l => l[0])
            .ToDictionary(l => l[0], l => (Number(l[2]), Number(l[3])));
        foreach (string member in members)
        {
            if (!users.TryGetValue(member, out (int Uid, int Gid) user))
            {
                throw Bad($"the user '{member}' in the group '{group}' does not exist");
            }

            int uid = user.Uid;

            if (uid == 0 || uid == me)
            {
                throw Bad($"the Nix user should not be a member of '{group}'");
            }

            if (Lock(Path.Combine(pool, uid.ToString(CultureInfo.InvariantCulture))) is { } held)
            {
                // What an administrator gives build users beside their group, such as "kvm".
                IEnumerable<int> others = Lines("/etc/group").Where(l => l.Length >= 4 && l[3].Split(',').Contains(member)).Select(l => Number(l[2]));
                return new BuildUser(uid, gid, 1, [.. others.Append(user.Gid).Where(g => g != gid).Distinct()], held);
            }
        }

        return null;
    }

    private static IEnumerable<string[]> Lines(string file) => File.ReadLines(file).Select(l => l.Split(':'));

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1;

    private static BuildException Bad(string message) => new(BuildStatus.MiscFailure, message);
}
