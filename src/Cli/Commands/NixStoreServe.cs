using System;
using System.IO;
using System.Threading;
using Firn.Build;
using Firn.Build.Events;
using Firn.Cli.Daemon;
using Firn.Cli.Settings;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Remote.Serve;

namespace Firn.Cli.Commands;

/// <summary><c>nix-store --serve</c>: gives the other end of its standard streams access to the store.</summary>
/// <remarks>Nix manual, command-ref/nix-store/serve</remarks>
internal static class NixStoreServe
{
    public static int Serve(NixStoreCall call)
    {
        bool write = false;
        foreach (string flag in call.Flags)
        {
            write |= flag == "--write" ? true : throw NixStore.Usage($"unknown flag '{flag}'");
        }

        call.RefuseArguments();
        CommandContext context = call.Context;
        // Any kind of store, such as one that is itself served by another machine.
        using IStore store = StoreOpening.OpenAny(context);
        using BuilderCache builders = new(context, store, null);
        using CancellationTokenSource cancel = new();
        using HangUpWatch watch = new(0, cancel.Cancel);
        ServeServices services = new()
        {
            Store = store,
            Write = write,
            Log = StoreOpening.Log(context),
            OpenBuilder = options =>
            {
                if (options is not null)
                {
                    Apply(context, options);
                }

                return builders.Open();
            },
        };
        using Stream input = Console.OpenStandardInput(), output = Rendering.StandardStream.Output;
        new ServeServer(input, output, services).Run(cancel.Token);
        return 0;
    }

    private static void Apply(CommandContext context, ServeBuildOptions options)
    {
        NixSettings settings = context.Settings;
        context.Verbosity = LogLevel.Error;
        settings.Assign("keep-build-log", "false");
        settings.Assign("substitute", "false");
        settings.Assign("max-silent-time", Text(options.MaxSilentTime));
        settings.Assign("timeout", Text(options.Timeout));
        if (options.MaxLogSize is ulong size)
        {
            settings.Assign("max-build-log-size", Text(Math.Min(size, long.MaxValue)));
        }

        if (options.ShowDifferences)
        {
            settings.Assign("run-diff-hook", "true");
        }

        if (options.KeepFailed is bool keep)
        {
            settings.Assign("keep-failed", keep ? "true" : "false");
        }
    }

    private static string Text(ulong number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
