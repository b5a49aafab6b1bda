using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;

namespace Firn.Build.Execution;

/// <summary>A user that one build runs as, and nobody else while the lock on it is held.</summary>
internal sealed class BuildUser(int uid, int gid, FileStream held) : IDisposable
{
    public int Uid => uid;

    public int Gid => gid;

    public void Dispose() => held.Dispose();
}

/// <summary>The members of the group of build users, handed out one to a build, among all processes of the machine.</summary>
public static class BuildUsers
{
    /// <summary>What <c>build-users-group</c> is where it is not set: <c>nixbld</c> for root on a machine that has it.</summary>
    public static string DefaultGroup => Posix.Identity.Uid == 0 && File.Exists("/etc/group") && Lines("/etc/group").Any(l => l[0] == "nixbld") ? "nixbld" : "";

    /// <summary>Takes a user that no other build has, or null where all are taken.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="stateDir">The store's state; locks lie in its <c>userpool</c>.</param>
    /// <exception cref="BuildException">The group or a member does not exist.</exception>
    internal static BuildUser? TryTake(string group, string stateDir)
    {
        string[] entry = Lines("/etc/group").FirstOrDefault(l => l.Length >= 4 && l[0] == group)
            ?? throw Bad($"the group '{group}' specified in 'build-users-group' does not exist");
        int gid = Number(entry[2]);
        string[] members = entry[3].Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (members.Length == 0)
        {
            throw Bad($"the build users group '{group}' has no members");
        }

        string pool = Path.Combine(stateDir, "userpool");
        Directory.CreateDirectory(pool);
        int me = Posix.Identity.Uid;
        Dictionary<string, int> uids = Lines("/etc/passwd").Where(l => l.Length >= 3).DistinctBy(l => l[0]).ToDictionary(l => l[0], l => Number(l[2]));
        foreach (string member in members)
        {
            if (!uids.TryGetValue(member, out int uid))
            {
                throw Bad($"cannot find the user '{member}' in the group '{group}'");
            }

            if (uid == 0 || uid == me)
            {
                throw Bad($"the Nix user should not be a member of '{group}'");
            }

            try
            {
                // Exclusive sharing is flock(2), as other programs that share the store take it.
                return new BuildUser(uid, gid, new FileStream(
                    Path.Combine(pool, uid.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // Taken; the next may be free.
                continue;
            }
        }

        return null;
    }

    private static IEnumerable<string[]> Lines(string file) => File.ReadLines(file).Select(l => l.Split(':'));

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1;

    private static BuildException Bad(string message) => new(BuildStatus.MiscFailure, message);
}
