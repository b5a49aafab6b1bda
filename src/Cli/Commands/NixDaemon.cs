using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Daemon;
using Firn.Cli.Wiring;

namespace Firn.Cli.Commands;

/// <summary>What both forms of the daemon's command line say.</summary>
internal sealed class DaemonMode
{
    public bool Stdio { get; set; }

    /// <summary>What holds for every client; null looks at who it is.</summary>
    public bool? Trust { get; set; }

    /// <summary>Speak the protocol even where a daemon stands behind this one.</summary>
    public bool ProcessOperations { get; set; }

    /// <param name="arguments">What the processes for clients are told beside these.</param>
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        if (!Stdio)
        {
            return new DaemonListener(context, arguments).Run(StoreOpening.DaemonSocket, Trust);
        }

        return !ProcessOperations && StoreOpening.DaemonBehind(context) is string socket
            ? DaemonForwarder.Run(socket)
            // Who can write to this process's input is nobody's business here.
            : WorkerConnection.Serve(context, Trust ?? true);
    }
}

/// <summary><c>nix-daemon</c>: lets other users work with the store.</summary>
/// <remarks>Nix manual, command-ref/nix-daemon</remarks>
internal sealed class NixDaemon : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        DaemonMode mode = new();
        ArgumentReader reader = new(arguments);
        List<string> passed = [];
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--daemon":
                    break;
                case "--stdio":
                    mode.Stdio = true;
                    break;
                case "--force-trusted":
                    mode.Trust = true;
                    break;
                case "--force-untrusted":
                    mode.Trust = false;
                    break;
                case "--default-trust":
                    mode.Trust = null;
                    break;
                case "--process-ops":
                    mode.ProcessOperations = true;
                    break;
                default:
                    if (!reader.IsFlag || !CommonFlags.Handle(context, reader))
                    {
                        throw reader.IsFlag ? CliException.UnknownFlag(reader.Current) : CliException.Usage($"unexpected argument '{reader.Current}'");
                    }

                    break;
            }
        }

        foreach (string argument in arguments)
        {
            if (argument is not ("--daemon" or "--stdio" or "--force-trusted" or "--force-untrusted" or "--default-trust"))
            {
                passed.Add(argument);
            }
        }

        return mode.Run(context, passed);
    }
}

/// <summary><c>nix daemon</c>.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-daemon</remarks>
internal sealed class NixDaemonCommand : NixCommand
{
    private readonly DaemonMode _mode = new();

    public NixDaemonCommand()
    {
        Flags.Add("stdio", "Attach to standard I/O, instead of trying to bind to a UNIX socket.", () => _mode.Stdio = true);
        Flags.Add("force-trusted", "Force the daemon to trust connecting clients.", () => _mode.Trust = true);
        Flags.Add("force-untrusted", "Force the daemon to not trust connecting clients. The connection is processed by the receiving daemon before forwarding commands.", () => _mode.Trust = false);
        Flags.Add("default-trust", "Use Nix's default trust.", () => _mode.Trust = null);
        Flags.Add("process-ops", "Forces the daemon to process received commands itself rather than forwarding the commands straight to the remote store.", () => _mode.ProcessOperations = true);
    }

    public override string Description => "daemon to perform store operations on behalf of non-root clients";

    public override int Run(CommandContext context) => _mode.Run(context, []);
}
