using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Firn.Cli.Daemon;

/// <summary>The process at the other end of a socket.</summary>
internal readonly record struct Peer(int Pid, uint Uid, uint Gid)
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    public static Peer Of(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        return new Peer(credentials[0], (uint)credentials[1], (uint)credentials[2]);
    }
}

/// <summary>Which users may connect, and which are trusted.</summary>
/// <remarks>Nix manual, command-ref/conf-file (allowed-users, trusted-users)</remarks>
internal sealed class DaemonAccess
{
    private readonly Dictionary<uint, string> _groups = [];
    private readonly Dictionary<uint, string> _users = [];

    private DaemonAccess()
    {
        Read("/etc/passwd", _users);
        Read("/etc/group", _groups);
    }

    /// <summary>Reads who there is.</summary>
    public static DaemonAccess Load() => new();

    private static void Read(string file, Dictionary<uint, string> names)
    {
        if (!File.Exists(file))
        {
            return;
        }

        foreach (string line in File.ReadLines(file))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], out uint id))
            {
                names.TryAdd(id, fields[0]);
            }
        }
    }

    /// <summary>The name of a user; the number of one without.</summary>
    public string Name(uint uid) => _users.TryGetValue(uid, out string? name) ? name : uid.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether a list of users and <c>@groups</c> has the user in it; <c>*</c> has all.</summary>
    public bool Has(IReadOnlyList<string> list, Peer peer)
    {
        string user = Name(peer.Uid);
        HashSet<string>? groups = null;
        foreach (string word in list)
        {
            if (word == "*" || word == user || (word.StartsWith('@') && (groups ??= Groups(user, peer.Gid)).Contains(word[1..])))
            {
                return true;
            }
        }

        return false;
    }

    private unsafe HashSet<string> Groups(string user, uint gid)
    {
        int count = 64;
        uint[] ids = new uint[count];
        while (true)
        {
            fixed (uint* start = ids)
            {
                if (Libc.GetGroupList(user, gid, start, ref count) >= 0)
                {
                    break;
                }
            }

            ids = new uint[Math.Max(count, 2 * ids.Length)];
            count = ids.Length;
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (uint id in ids.AsSpan(0, count))
        {
            if (_groups.TryGetValue(id, out string? name))
            {
                names.Add(name);
            }
        }

        return names;
    }
}
