using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Firn.Store.Remote.Client;

namespace Firn.Cli.Daemon;

/// <summary>Hands the bytes of the standard input and output on to a daemon and back, with no look at them.</summary>
internal static class DaemonForwarder
{
    public static int Run(string socketPath)
    {
        using Socket socket = SocketName.Connect(socketPath);
        using NetworkStream daemon = new(socket);
        using Stream input = Console.OpenStandardInput(), output = Rendering.StandardStream.Output;
        Thread requests = new(() =>
        {
            try
            {
                input.CopyTo(daemon);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The daemon is done: so are the answers, which end the process.
            }
        })
        {
            IsBackground = true,
        };
        requests.Start();
        // Each answer goes out as it comes.
        byte[] piece = new byte[64 * 1024];
        for (int n; (n = daemon.Read(piece)) > 0;)
        {
            output.Write(piece.AsSpan(0, n));
            output.Flush();
        }

        return 0;
    }
}
