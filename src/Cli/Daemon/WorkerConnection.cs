using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Cli.Commands;
using Firn.Cli.Wiring;
using Firn.Fetchers;
using Firn.Formats.Realisations;
using Firn.Formats.Signing;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Worker;

namespace Firn.Cli.Daemon;

/// <summary>The one connection of the worker protocol that this process serves: its settings are the client's, and its end is the process's.</summary>
internal static class WorkerConnection
{
    /// <summary>Serves the standard input and output.</summary>
    /// <param name="trusted">Whether the client may change what is trusted.</param>
    public static int Serve(CommandContext context, bool trusted)
    {
        LocalStoreOptions options = StoreOpening.Options(context);
        FrameLog log = new(options.StoreDir) { Verbosity = context.Verbosity };
        using LocalStore store = new(options with { Log = log });
        using BuilderCache builders = new(context, store, log);
        ClientSettings settings = new(context, trusted, log);
        using CancellationTokenSource cancel = new();
        using HangUpWatch watch = new(0, cancel.Cancel);
        WorkerServices services = new()
        {
            Store = store,
            OpenBuilder = builders.Open,
            Version = Program.NixVersion,
            Trusted = trusted,
            Apply = settings.Apply,
            OpenRepairer = () => NixStoreRealise.Repairer(context, store),
            Substituters = context.Substituters.OpenAsync,
            Believes = realisation => !options.RequireSignatures || IsSigned(realisation, options.TrustedKeys()),
            IsFailure = static e => e is CliException or FetchException,
        };
        using Stream input = Console.OpenStandardInput(), output = Rendering.StandardStream.Output;
        new WorkerServer(input, output, services, log, cancel.Token).Run();
        return 0;
    }

    private static bool IsSigned(Realisation realisation, IReadOnlyList<PublicKey> keys) => realisation.CountSignatures(keys) > 0;
}

/// <summary>The builder of a connection: made anew for each operation, since the client may have changed settings before it.</summary>
internal sealed class BuilderCache(CommandContext context, IStore store, Build.Events.IBuildEvents? events) : IDisposable
{
    private BuilderWiring? _last;

    public IBuilder Open()
    {
        _last?.Dispose();
        _last = new BuilderWiring(context, store, events);
        return _last.Builder;
    }

    public void Dispose() => _last?.Dispose();
}
