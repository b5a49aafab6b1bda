using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Settings;
using Firn.Formats.StorePaths;
using Firn.Shells.Shebang;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Serve;
using Firn.Store.Remote.Ssh;
using Microsoft.Win32.SafeHandles;

namespace Firn.Cli.Wiring;

/// <summary>Stores of other machines: <c>ssh-ng://</c> by their daemon's protocol, <c>ssh://</c> by that of <c>nix-store --serve</c>.</summary>
/// <remarks>Nix manual, store/types/ssh-store and experimental-ssh-store</remarks>
internal static class SshStores
{
    /// <summary>The scheme of stores whose files are mounted here.</summary>
    public const string MountedScheme = "mounted-ssh-ng";

    /// <exception cref="CliException">A parameter is wrong.</exception>
    /// <exception cref="StoreException">The host is.</exception>
    public static IStore Open(CommandContext context, StoreReference reference)
    {
        (RemoteOptions options, StoreParameters parameters) = Options(context, reference);
        parameters.Finish();
        return reference.Scheme == "ssh" ? new ServeStore(options, () => BuildOptions(context.Settings)) : new RemoteStore(options);
    }

    /// <summary>A store of another machine whose files are mounted here.</summary>
    /// <param name="files">Those.</param>
    /// <inheritdoc cref="Open"/>
    public static DaemonStore OpenMounted(CommandContext context, StoreReference reference, LocalStore files)
    {
        (RemoteOptions options, StoreParameters parameters) = Options(context, reference);
        parameters.Finish();
        return new DaemonStore(options, files, rootsThere: true);
    }

    private static (RemoteOptions Options, StoreParameters Parameters) Options(CommandContext context, StoreReference reference)
    {
        bool isWorker = reference.Scheme != "ssh";
        StoreParameters parameters = new(context, reference);
        SshHost host = SshHost.Parse(reference.Place) with
        {
            KeyFile = parameters.Path("ssh-key") ?? "",
            PublicHostKey = parameters.Text("base64-ssh-public-host-key") ?? "",
            Compress = parameters.Bool("compress") ?? false,
            Arguments = ScriptWords.Split(Environment.GetEnvironmentVariable("NIX_SSHOPTS") ?? ""),
            Talkative = context.Verbosity >= (int)StoreLogLevel.Chatty,
            Errors = !isWorker && parameters.Int("log-fd") is { } descriptor and >= 0 ? () => OpenDescriptor(descriptor) : null,
        };
        List<string> command = [.. (parameters.Text("remote-program") ?? (isWorker ? "nix-daemon" : "nix-store")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        command.AddRange(isWorker ? ["--stdio"] : ["--serve", "--write"]);
        if (parameters.Text("remote-store") is { Length: > 0 } store)
        {
            command.AddRange(["--store", store]);
        }

        if (reference.Scheme == MountedScheme)
        {
            // Roots are made by that process, which is the user's own.
            command.Add("--process-ops");
        }

        // Here a connection is made when one is needed, and none is given up for its age.
        _ = parameters.Text("max-connections");
        _ = parameters.Text("max-connection-age");
        return (new RemoteOptions
        {
            StoreDir = parameters.Path("store") is string directory ? new StoreDir(directory) : StoreOpening.Logical,
            Reference = reference,
            Connect = () => SshLink.Start(host, command),
            // The other machine's settings are its administrator's.
            Settings = null,
            Log = StoreOpening.Log(context),
        }, parameters);
    }

    private static FileStream OpenDescriptor(int descriptor) => new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private static ServeBuildOptions BuildOptions(NixSettings settings) => new()
    {
        MaxSilentTime = (uint)Math.Clamp(settings.Int("max-silent-time"), 0, uint.MaxValue),
        Timeout = (uint)Math.Clamp(settings.Int("timeout"), 0, uint.MaxValue),
        MaxLogSize = (ulong)Math.Max(settings.Int("max-build-log-size"), 0),
        KeepFailed = settings.Bool("keep-failed"),
    };
}
