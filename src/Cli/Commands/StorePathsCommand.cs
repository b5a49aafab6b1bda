using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary>
/// A command of <c>nix</c> that works on store paths: of installables, of their closures, or all. In a store that is
/// not the local one installables can be store paths only, since nothing can be evaluated or built there.
/// </summary>
internal abstract class StorePathsCommand : NixCommand
{
    private IReadOnlyList<string> _names = [];
    private bool _recursive, _all, _derivations, _stdin, _repair;

    /// <param name="recursive">Whether closures are meant unless <c>--no-recursive</c> is given.</param>
    protected StorePathsCommand(bool recursive)
    {
        _recursive = recursive;
        Source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
        SourceFlags.DeclareStdin(Flags, () => _stdin = true);
        SourceFlags.DeclareDerivation(Flags, () => _derivations = true);
        SourceFlags.DeclareClosure(Flags, recursive, r => _recursive = r, () => _all = true);
        ExpectMany("installables", names => _names = names, InstallableCompletion.For(Source));
    }

    public override IReadOnlyList<string> Flakes => _names.Count > 0 ? _names : ["."];

    protected SourceFlags Source { get; } = new();

    /// <summary>Whether what is named gets built first.</summary>
    protected virtual RealiseMode Mode => RealiseMode.Derivation;

    /// <summary>Opens the store in which the paths are.</summary>
    protected virtual IStore Open(CommandContext context) => StoreOpening.OpenAny(context);

    /// <summary>Runs the command.</summary>
    /// <param name="paths">What is referred to stands before what refers to it.</param>
    protected abstract int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths);

    /// <summary>The paths that were named, without what they refer to.</summary>
    protected IReadOnlyList<StorePath> Named { get; private set; } = [];

    /// <summary>What the installables came to, for each in their order.</summary>
    protected IReadOnlyList<BuiltPath> Built { get; private set; } = [];

    public sealed override int Run(CommandContext context)
    {
        context.Repair = _repair;
        using IStore store = Open(context);
        bool evaluates = Source.HasSource || _stdin || _names.Any(name => !name.StartsWith(store.StoreDir.Path, StringComparison.Ordinal));
        return evaluates ? EvaluationThread.Run(() => Run(context, store)) : Run(context, store);
    }

    private int Run(CommandContext context, IStore store)
    {
        List<string> names = [.. _names];
        if (_stdin)
        {
            names.AddRange(SourceFlags.ReadStdin());
        }
        else if (names.Count == 0 && !_all)
        {
            names.Add(".");
        }

        if (_all)
        {
            Named = names.Count == 0 ? store.Require<IPathList>("Listing all paths").AllValid() : throw CliException.Usage("'--all' does not expect arguments");
            return Run(context, store, Sort(store, Named));
        }

        if (Source.HasSource || store is ILocalFsStore || names.Exists(static name => name.Contains('^')))
        {
            InstallableRealiser realiser = new(context, store);
            IReadOnlyList<Installable> installables = new InstallableReader(context, store, Source).Read(names);
            if (_derivations)
            {
                Named = realiser.Derivations(installables, useDeriver: true);
            }
            else
            {
                Built = realiser.Realise(installables, Mode);
                Named = [.. Built.SelectMany(static b => b.Outputs.Select(static o => o.Path)).Distinct()];
            }
        }
        else
        {
            Named = [.. names.Select(name => StorePathArgument.Follow(store.StoreDir, name)).Distinct()];
        }

        return Run(context, store, Sort(store, _recursive ? [.. store.Closure(Named)] : Named));
    }

    private static IReadOnlyList<StorePath> Sort(IStore store, IReadOnlyCollection<StorePath> paths) =>
        [.. Enumerable.Reverse(store.SortTopologically(paths))];
}
