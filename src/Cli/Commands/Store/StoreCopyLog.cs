using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix store copy-log</c>: copies build logs between stores.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-copy-log</remarks>
internal sealed class StoreCopyLog : NixCommand
{
    private readonly CopyFlags _copy = new();
    private readonly SourceFlags _source = new();
    private bool _repair, _stdin;
    private IReadOnlyList<string> _names = [];

    public StoreCopyLog()
    {
        _copy.Declare(Flags);
        _source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
        SourceFlags.DeclareStdin(Flags, () => _stdin = true);
        ExpectMany("installables", names => _names = names, InstallableCompletion.For(_source));
    }

    public override IReadOnlyList<string> Flakes => _names.Count > 0 ? _names : ["."];

    public override string Description => "copy build logs between Nix stores";

    public override int Run(CommandContext context)
    {
        context.Repair = _repair;
        if (_stdin)
        {
            _names = [.. _names, .. SourceFlags.ReadStdin()];
        }

        using IStore from = _copy.OpenSource(context);
        using IStore to = _copy.OpenTarget(context);
        IBuildLogs source = from.Require<IBuildLogs>("Build log storage and retrieval");
        IBuildLogAdder target = to.Require<IBuildLogAdder>("Build log storage and retrieval");
        foreach (StorePath derivation in Derivations(context, from))
        {
            target.AddLog(derivation, source.FindLog(InstallableRealiser.Outputs(context, from).LoggedAs(derivation)) ?? throw new CliException($"build log for '{from.StoreDir.Print(derivation)}' is not available"));
        }

        return 0;
    }

    private IReadOnlyList<StorePath> Derivations(CommandContext context, IStore from)
    {
        if (from is not ILocalFsStore local)
        {
            // Where nothing can be evaluated or asked for derivers, derivations have to be named.
            List<StorePath> named = [];
            foreach (string name in _names)
            {
                named.Add(StorePathArgument.Follow(from.StoreDir, OutputsSelection.Split(name).Name));
            }

            return named;
        }

        InstallableReader reader = new(context, local, _source);
        return new InstallableRealiser(context, local).Derivations(reader.Read(_names.Count == 0 && !_stdin ? ["."] : _names), useDeriver: true);
    }
}
