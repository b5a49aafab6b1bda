using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Firn.Build;
using Firn.Cli.Daemon;
using Firn.Cli.Rendering;
using Firn.Cli.Rendering.Logs;
using Firn.Cli.Settings;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Hooks;
using Firn.Store.Remote.Machines;
using Firn.Store.Remote.Wire;

namespace Firn.Cli.Commands;

/// <summary><c>nix __build-remote</c>: offered builds by whoever builds, has them built by the machines that <c>builders</c> names.</summary>
/// <remarks>docs/remote-building.md</remarks>
internal sealed class BuildRemote : ICommand
{
    /// <summary>The first argument of <c>nix</c> that means this command.</summary>
    public const string Verb = "__build-remote";

    /// <summary>What builders and ssh write goes to the first; what it holds can be read from the second.</summary>
    private const int Log = 4, LogBack = 5;

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        // Before anything is said.
        context.SetLogFormat("internal-json");
        if (arguments.Count != 1 || !int.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out int verbosity))
        {
            throw CliException.Usage("called without required arguments");
        }

        context.Verbosity = verbosity;
        // Nobody is there to answer questions.
        Environment.SetEnvironmentVariable("DISPLAY", null);
        Environment.SetEnvironmentVariable("SSH_ASKPASS", null);
        Libc.CloseOnExecution(Log);
        Libc.CloseOnExecution(LogBack);
        using CancellationTokenSource cancel = new();
        PosixSignalRegistration[] signals = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP]).Select(signal => PosixSignalRegistration.Create(signal, caught =>
        {
            caught.Cancel = true;
            cancel.Cancel();
        }))];
        try
        {
            // The other end of our messages is whoever wants the build.
            using HangUpWatch watch = new(2, cancel.Cancel);
            Serve(context, cancel.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 1;
        }
        finally
        {
            foreach (PosixSignalRegistration signal in signals)
            {
                signal.Dispose();
            }
        }
    }

    private static void Serve(CommandContext context, CancellationToken cancel)
    {
        using Stream input = Console.OpenStandardInput();
        WireReader from = new(input);
        NixSettings settings = context.Settings;
        ReadSettings(from, context);
        bool mayBuildThere = settings.String("max-jobs") != "0";
        // For machines that are stores of this one, which build here.
        settings.TrySet("max-jobs", "1");
        using IStore store = StoreOpening.OpenAny(context);
        IReadOnlyCollection<string> features = (store as LocalStore)?.Options.SystemFeatures ?? settings.List("system-features");
        using MachineOpener machines = new(context, store);
        new HookServer(from, new HookServices
        {
            Store = store,
            Machines = HookWiring.Machines(settings),
            Slots = new MachineSlots(Path.Combine((store as ILocalFsStore)?.StateDir ?? StoreOpening.DefaultStateDir, "current-load")),
            CouldBuildThere = (system, required) => mayBuildThere && RunsHere(settings, system)
                && required.All(f => features.Contains(f) || (f == "ca-derivations" && settings.HasFeature(f))),
            RunsHere = system => RunsHere(settings, system),
            Open = machines.Open,
            SaidInstead = Drain,
            Reply = static line => StandardStream.Error.Write(Encoding.UTF8.GetBytes(line + "\n")),
            UseSubstitutes = settings.Bool("builders-use-substitutes"),
            KeepFailed = settings.Bool("keep-failed"),
            ContentAddressed = settings.HasFeature("ca-derivations"),
            Activities = context.Log,
            Warn = context.Warn,
        }).Run(cancel);
    }

    private static bool RunsHere(NixSettings settings, string system) =>
        system == settings.String("system") || settings.List("extra-platforms").Contains(system);

    private static void ReadSettings(WireReader from, CommandContext context)
    {
        NixSettings settings = context.Settings;
        List<(string Name, string Value)> told = [];
        while (from.Bool())
        {
            told.Add((from.Text(), from.Text(WireReader.MaxMessage)));
        }

        // Others may depend on features.
        foreach ((string name, string value) in told.OrderByDescending(static s => s.Name == "experimental-features"))
        {
            // Programs of other kinds and versions know other settings, and other values of them.
            if (settings.Find(name) is not { } setting || !settings.IsEnabled(setting))
            {
                continue;
            }

            try
            {
                settings.TrySet(name, value);
            }
            catch (CliException e)
            {
                context.Say(LogLevel.Debug, e.Message);
            }
        }
    }

    /// <summary>Takes what lies in the log, without waiting for more.</summary>
    private static unsafe string Drain()
    {
        const short canRead = 1;
        List<byte> said = [];
        byte[] piece = new byte[4096];
        using FileStream log = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(LogBack, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        while (true)
        {
            Libc.PollFd poll = new() { Fd = LogBack, Events = canRead };
            if (Libc.Poll(&poll, 1, 0) <= 0 || (poll.Returned & canRead) == 0 || log.Read(piece) is not (> 0 and int n))
            {
                return Encoding.UTF8.GetString([.. said]);
            }

            said.AddRange(piece.AsSpan(0, n));
        }
    }

    /// <summary>Connects to machines, and knows who builds on each.</summary>
    private sealed class MachineOpener(CommandContext context, IStore own) : IDisposable
    {
        private BuilderWiring? _builder;

        public MachineLink Open(Machine machine)
        {
            IStore store = StoreOpening.Open(context, machine.Complete().Render(withParameters: true));
            if (store is LocalStore local && own is LocalStore ours && local.Options.StateDir == ours.Options.StateDir)
            {
                throw new StoreException("it is the store that the build is for");
            }

            return new MachineLink(store, store switch
            {
                ServeStore served => served,
                LocalStore or RemoteStore => (_builder = new BuilderWiring(context, store, alone: true)).Builder,
                _ => throw new StoreException("nothing can be built in a store of this kind"),
            });
        }

        public void Dispose() => _builder?.Dispose();
    }
}
