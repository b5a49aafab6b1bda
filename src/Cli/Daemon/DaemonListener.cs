using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Daemon;

/// <summary>Waits for clients at a socket, and starts a process for each: what one does to its process harms no other.</summary>
internal sealed class DaemonListener(CommandContext context, IReadOnlyList<string> arguments)
{
    /// <summary>Listens until a signal ends the process.</summary>
    /// <param name="trust">What holds for every client; null looks at who it is.</param>
    public int Run(string path, bool? trust)
    {
        using ListeningSockets sockets = new(path);
        sockets.Serve(context, client =>
        {
            using (client)
            {
                Welcome(client, trust);
            }
        });
        return 0;
    }

    private void Welcome(Socket client, bool? trust)
    {
        Peer peer = Peer.Of(client);
        DaemonAccess access = DaemonAccess.Load();
        bool trusted = trust ?? access.Has(context.Settings.List("trusted-users"), peer);
        if (trust is null && !trusted && !access.Has(context.Settings.List("allowed-users"), peer))
        {
            throw new CliException($"user '{access.Name(peer.Uid)}' is not allowed to connect to the Nix daemon");
        }

        context.Say(LogLevel.Info, $"accepted connection from pid {peer.Pid}, user {access.Name(peer.Uid)}{(trusted ? " (trusted)" : "")}");

        Start(client, trusted);
    }

    private unsafe void Start(Socket client, bool trusted)
    {
        List<string> all = ["nix-daemon", "--stdio", trusted ? "--force-trusted" : "--force-untrusted", .. arguments];
        List<string> environment = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{variable.Key}={variable.Value}");
        }

        using Texts argumentTexts = new(all), environmentTexts = new(environment);
        byte* actions = stackalloc byte[Libc.SpawnSize];
        Libc.SpawnActionsInit(actions);
        try
        {
            int descriptor = (int)client.SafeHandle.DangerousGetHandle();
            Libc.SpawnActionsDup2(actions, descriptor, 0);
            Libc.SpawnActionsDup2(actions, descriptor, 1);
            int error = Libc.Spawn(out int pid, "/proc/self/exe", actions, null, argumentTexts.Pointer, environmentTexts.Pointer);
            if (error != 0)
            {
                throw new CliException($"cannot start a process for a client: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            new Thread(() => Libc.WaitPid(pid, out _, 0), 64 * 1024) { IsBackground = true }.Start();
        }
        finally
        {
            Libc.SpawnActionsDestroy(actions);
        }
    }

    /// <summary>Texts as C takes them: a list of pointers with a null behind the last.</summary>
    private sealed unsafe class Texts : IDisposable
    {
        private readonly List<nint> _texts = [];

        public Texts(List<string> texts)
        {
            Pointer = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(nint));
            for (int i = 0; i < texts.Count; i++)
            {
                nint copy = Marshal.StringToCoTaskMemUTF8(texts[i]);
                _texts.Add(copy);
                Pointer[i] = (byte*)copy;
            }

            Pointer[texts.Count] = null;
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            _texts.ForEach(Marshal.FreeCoTaskMem);
            NativeMemory.Free(Pointer);
        }
    }
}
