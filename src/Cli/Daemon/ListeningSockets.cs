using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using Firn.Store;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Daemon;

/// <summary>Where a daemon of this program is reached: a socket of its own, or those that a service manager opened for it.</summary>
/// <remarks>Nix manual, command-ref/nix-daemon, "Systemd socket activation"; sd_listen_fds(3)</remarks>
internal sealed class ListeningSockets : IDisposable
{
    private const int FirstPassed = 3;

    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly List<Socket> _sockets = [];

    /// <param name="path">Where to listen unless sockets were passed. Any user may connect.</param>
    /// <exception cref="CliException">One cannot listen there.</exception>
    public ListeningSockets(string path)
    {
        if (Environment.GetEnvironmentVariable("LISTEN_FDS") is not string passed)
        {
            _sockets.Add(Listen(path));
            return;
        }

        if (Environment.GetEnvironmentVariable("LISTEN_PID") != Environment.ProcessId.ToString(CultureInfo.InvariantCulture) || !int.TryParse(passed, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count == 0)
        {
            throw new CliException("unexpected systemd environment variables");
        }

        for (int i = 0; i < count; i++)
        {
            Libc.CloseOnExecution(FirstPassed + i);
            _sockets.Add(new Socket(new SafeSocketHandle(FirstPassed + i, ownsHandle: true)));
        }
    }

    /// <summary>Takes clients until a signal ends the process. What goes wrong with one is said, and goes on.</summary>
    /// <param name="welcome">Owns the client.</param>
    public void Serve(CommandContext context, Action<Socket> welcome)
    {
        while (true)
        {
            List<Socket> ready = [.. _sockets];
            Socket.Select(ready, null, null, -1);
            foreach (Socket listener in ready)
            {
                try
                {
                    welcome(listener.Accept());
                }
                catch (Exception e) when (e is CliException or StoreException or SocketException or IOException)
                {
                    context.Error("error processing connection: " + e.Message);
                }
            }
        }
    }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    private static Socket Listen(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using (SocketName name = SocketName.Of(path))
            {
                listener.Bind(name.EndPoint);
            }

            // Who may do what is decided for each client.
            File.SetUnixFileMode(path, ForAll);
            listener.Listen(100);
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new CliException($"cannot bind to socket '{path}': {e.Message}");
        }
    }
}
