using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Firn.Cli.Daemon;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix store roots-daemon</c>: tells collectors that may not look themselves what running processes use.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-roots-daemon</remarks>
internal sealed class StoreRootsDaemon : StoreCommand
{
    public override string Description => "run a daemon that returns garbage collector roots on request";

    protected override int Run(CommandContext context, IStore store)
    {
        if (store is not LocalStore local)
        {
            throw CliException.Usage($"Roots daemon only functions with a local store, not '{store.Reference.Render(withParameters: true)}'");
        }

        using ListeningSockets sockets = new(local.Options.RootsDaemonSocket);
        // Who does not read keeps nobody else waiting.
        sockets.Serve(context, client => new Thread(() => Answer(context, local, client), 256 * 1024) { IsBackground = true }.Start());
        return 0;
    }

    private static void Answer(CommandContext context, LocalStore store, Socket client)
    {
        using (client)
        {
            try
            {
                List<byte> answer = [];
                foreach (StorePath path in store.FindRuntimeRoots())
                {
                    answer.AddRange(Encoding.UTF8.GetBytes(store.StoreDir.Print(path)));
                    answer.Add(0);
                }

                for (ReadOnlySpan<byte> rest = answer.ToArray(); !rest.IsEmpty;)
                {
                    rest = rest[client.Send(rest)..];
                }
            }
            catch (Exception e) when (e is SocketException or StoreException)
            {
                context.Error("error processing connection: " + e.Message);
            }
        }
    }
}
