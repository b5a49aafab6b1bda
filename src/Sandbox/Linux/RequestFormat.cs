using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Firn.Sandbox.Linux;

/// <summary>The serialised form of a <see cref="BuildRequest"/>: records of strings that each end in NUL.</summary>
/// <remarks>The reader is src/Sandbox.Launcher/launcher.c; docs/decisions/0010-sandbox-launcher.md.</remarks>
internal static class RequestFormat
{
    /// <summary>Serialises a request.</summary>
    /// <exception cref="SandboxException">A string holds a NUL.</exception>
    public static byte[] Write(BuildRequest request)
    {
        ArrayBufferWriter<byte> w = new(4096);
        Put(w, "firn-launch 1");
        foreach ((Isolation flag, string name) in Names)
        {
            if (request.Isolation.HasFlag(flag))
            {
                Put(w, "ns", name);
            }
        }

        if (request.Identity is { } id)
        {
            if (request.Isolation.HasFlag(Isolation.User))
            {
                Put(w, "map", Number(id.InnerUid), Number(id.OuterUid), Number(id.InnerGid), Number(id.OuterGid), Number(id.Count));
            }

            Put(w, "ids", Number(id.InnerUid), Number(id.InnerGid));
        }

        Put(w, "groups", request.GroupsMustGo ? "must" : "may");
        foreach (int group in request.Groups)
        {
            Put(w, "group", Number(group));
        }

        if (request.Evict is { } evicted)
        {
            Put(w, "evict", Number(evicted));
        }

        if (request.ControlGroup is { } cgroup)
        {
            Put(w, "cgroup", cgroup);
        }

        if (request.Root is { } root)
        {
            Put(w, "root", root);
        }

        if (request.HostName is { } host)
        {
            Put(w, "hostname", host);
        }

        if (request.DomainName is { } domain)
        {
            Put(w, "domainname", domain);
        }

        foreach (BindMount b in request.Binds)
        {
            Put(w, "bind", b.Source, b.Target, (b.ReadOnly ? "ro" : "rw") + (b.Optional ? "?" : ""));
        }

        if (request.Proc is { } proc)
        {
            Put(w, "proc", proc);
        }

        if (request.Sys is { } sys)
        {
            Put(w, "sys", sys);
        }

        foreach (TmpfsMount t in request.Tmpfs)
        {
            Put(w, "tmpfs", t.Target, t.Options);
        }

        if (request.DevPts is { } pts)
        {
            Put(w, "devpts", pts);
        }

        if (request.Isolation.HasFlag(Isolation.Net))
        {
            Put(w, "loopback");
        }

        if (request.ScopeSocketsAndSignals)
        {
            Put(w, "landlock");
        }

        if (request.NoNewPrivileges)
        {
            Put(w, "nnp");
        }

        if (request.Filter != SystemCallFilter.None)
        {
            Put(w, "seccomp", request.Filter == SystemCallFilter.ChangesAndCreation ? "all" : "changes");
        }

        if (request.Personality is { } personality)
        {
            Put(w, "personality", Number(personality));
        }

        foreach (ResourceLimit limit in request.Limits)
        {
            Put(w, "rlimit", Number(limit.Resource), Number(limit.Soft), Number(limit.Hard));
        }

        if (request.Input is not null)
        {
            Put(w, "pass", "2");
        }

        Put(w, "cwd", request.WorkingDirectory);
        Put(w, "exec", request.Program);
        foreach (byte[] argument in request.Arguments)
        {
            Put(w, "arg");
            Put(w, argument);
        }

        foreach (byte[] variable in request.Environment)
        {
            Put(w, "env");
            Put(w, variable);
        }

        return w.WrittenSpan.ToArray();
    }

    /// <summary>Serialises an order to the launcher of a build that runs.</summary>
    /// <exception cref="SandboxException">A string holds a NUL.</exception>
    public static byte[] Order(params ReadOnlySpan<string> words)
    {
        ArrayBufferWriter<byte> w = new(512);
        Put(w, words);
        return w.WrittenSpan.ToArray();
    }

    private static readonly (Isolation Flag, string Name)[] Names =
    [
        (Isolation.User, "user"), (Isolation.Mount, "mount"), (Isolation.Pid, "pid"), (Isolation.Ipc, "ipc"),
        (Isolation.Uts, "uts"), (Isolation.Net, "net"), (Isolation.Cgroup, "cgroup"),
    ];

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);

    private static void Put(ArrayBufferWriter<byte> w, params ReadOnlySpan<string> strings)
    {
        foreach (string s in strings)
        {
            Put(w, Encoding.UTF8.GetBytes(s));
        }
    }

    private static void Put(ArrayBufferWriter<byte> w, byte[] bytes)
    {
        if (Array.IndexOf(bytes, (byte)0) >= 0)
        {
            throw new SandboxException($"the build request has a string with a NUL in it: '{Encoding.UTF8.GetString(bytes)}'");
        }

        w.Write(bytes);
        w.Write("\0"u8);
    }
}
