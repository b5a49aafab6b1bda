using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;

namespace Firn.Cli.Commands.Env;

/// <summary><c>nix-env</c>: packages of a profile, and its generations.</summary>
/// <remarks>Nix manual, command-ref/nix-env</remarks>
internal sealed class NixEnv : ICommand
{
    private Action<NixEnvCall>? _operation;

    /// <inheritdoc />
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        NixEnvCall call = new(context);
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            Read(call, reader);
        }

        if (_operation is null)
        {
            throw CliException.Usage("no operation specified");
        }

        using (call.Store)
        {
            _operation(call);
        }

        return 0;
    }

    private void Read(NixEnvCall call, ArgumentReader reader)
    {
        switch (reader.Current)
        {
            case "--install" or "-i":
                Choose(EnvInstall.Install);
                break;
            case "--upgrade" or "-u":
                Choose(EnvInstall.Upgrade);
                break;
            case "--uninstall" or "-e":
                Choose(EnvInstall.Uninstall);
                break;
            case "--set":
                Choose(EnvInstall.Set);
                break;
            case "--set-flag":
                Choose(EnvInstall.SetFlag);
                break;
            case "--query" or "-q":
                Choose(EnvQuery.Query);
                break;
            case "--rollback":
                Choose(EnvGenerations.RollBack);
                break;
            case "--switch-generation" or "-G":
                Choose(EnvGenerations.Switch);
                break;
            case "--switch-profile" or "-S":
                Choose(EnvGenerations.SwitchProfile);
                break;
            case "--list-generations":
                Choose(EnvGenerations.List);
                break;
            case "--delete-generations":
                Choose(EnvGenerations.Delete);
                break;
            case "--profile" or "-p":
                call.ProfilePath = Path.GetFullPath(reader.Value());
                break;
            case "--file" or "-f":
                call.File = reader.Value();
                break;
            case "--force-name":
                call.ForcedName = reader.Value();
                break;
            case "--dry-run":
                call.Inform("(dry run; not doing anything)");
                call.DryRun = true;
                break;
            case "--system-filter":
                call.SystemFilter = reader.Value();
                break;
            case "--prebuilt-only" or "-b":
                call.PrebuiltOnly = true;
                break;
            default:
                ReadOther(call, reader);
                break;
        }
    }

    private void ReadOther(NixEnvCall call, ArgumentReader reader)
    {
        // "system" is a setting as well, which cannot be set by a flag here.
        if (!reader.IsFlag)
        {
            call.Arguments.Add(reader.Current);
        }
        else if (reader.Current == "--system" || (!call.Evaluation.Handle(reader) && !CommonFlags.Handle(call.Context, reader)))
        {
            string flag = reader.Current;
            call.Flags.Add(flag);
            if (flag == "--from-profile" || (flag is "--attr" or "-A" && _operation == EnvQuery.Query) || (flag == "--priority" && _operation == EnvInstall.Install))
            {
                call.Flags.Add(reader.Value());
            }
        }
    }

    private void Choose(Action<NixEnvCall> operation) =>
        _operation = _operation is null || _operation == operation ? operation : throw CliException.Usage("only one operation may be specified");
}
