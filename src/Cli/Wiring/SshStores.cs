using System;
using System.Collections.Generic;
using Firn.Cli.Settings;
using Firn.Formats.StorePaths;
using Firn.Shells.Shebang;
using Firn.Store;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Ssh;

namespace Firn.Cli.Wiring;

/// <summary>Stores of other machines: <c>ssh-ng://</c> by their daemon's protocol, <c>ssh://</c> by that of <c>nix-store --serve</c>.</summary>
/// <remarks>Nix manual, store/types/ssh-store and experimental-ssh-store</remarks>
internal static class SshStores
{
    /// <exception cref="CliException">A parameter is wrong.</exception>
    /// <exception cref="StoreException">The host is.</exception>
    public static IStore Open(CommandContext context, StoreReference reference)
    {
        bool isWorker = reference.Scheme == "ssh-ng";
        StoreParameters parameters = new(context, reference);
        SshHost host = SshHost.Parse(reference.Place) with
        {
            KeyFile = parameters.Path("ssh-key") ?? "",
            PublicHostKey = parameters.Text("base64-ssh-public-host-key") ?? "",
            Compress = parameters.Bool("compress") ?? false,
            Arguments = ScriptWords.Split(Environment.GetEnvironmentVariable("NIX_SSHOPTS") ?? ""),
            Talkative = context.Verbosity >= (int)StoreLogLevel.Chatty,
        };
        List<string> command = [.. (parameters.Text("remote-program") ?? (isWorker ? "nix-daemon" : "nix-store")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        command.AddRange(isWorker ? ["--stdio"] : ["--serve", "--write"]);
        if (parameters.Text("remote-store") is { Length: > 0 } store)
        {
            command.AddRange(["--store", store]);
        }

        // Here a connection is made when one is needed, and none is given up for its age.
        _ = parameters.Text("max-connections");
        _ = parameters.Text("max-connection-age");
        RemoteOptions options = new()
        {
            StoreDir = parameters.Path("store") is string directory ? new StoreDir(directory) : StoreOpening.Logical,
            Reference = reference,
            Connect = () => SshLink.Start(host, command),
            Settings = () => RemoteSettings.Of(context),
            Log = StoreOpening.Log(context),
        };
        parameters.Finish();
        return isWorker ? new RemoteStore(options) : new ServeStore(options);
    }
}
