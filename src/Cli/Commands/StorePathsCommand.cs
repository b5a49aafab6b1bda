using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary>A command of <c>nix</c> that works on store paths: of installables, of their closures, or all.</summary>
internal abstract class StorePathsCommand : InstallablesCommand
{
    private bool _recursive, _all, _derivations;

    /// <param name="recursive">Whether closures are meant unless <c>--no-recursive</c> is given.</param>
    protected StorePathsCommand(bool recursive)
    {
        _recursive = recursive;
        SourceFlags.DeclareDerivation(Flags, () => _derivations = true);
        SourceFlags.DeclareClosure(Flags, recursive, r => _recursive = r, () => _all = true);
    }

    /// <summary>Whether what is named gets built first.</summary>
    protected virtual RealiseMode Mode => RealiseMode.Derivation;

    protected override IReadOnlyList<string> DefaultNames => _all ? [] : ["."];

    protected sealed override int Run(CommandContext context, LocalStore store, InstallableReader reader, IReadOnlyList<string> names)
    {
        if (_all)
        {
            return names.Count == 0 ? Run(context, store, Sort(store, store.AllValid())) : throw CliException.Usage("'--all' does not expect arguments");
        }

        IReadOnlyList<StorePath> paths = new InstallableRealiser(context, store).StorePaths(reader.Read(names), Mode, _derivations);
        return Run(context, store, Sort(store, _recursive ? [.. store.Closure(paths)] : paths));
    }

    /// <summary>Runs the command.</summary>
    /// <param name="paths">What is referred to stands before what refers to it.</param>
    protected abstract int Run(CommandContext context, LocalStore store, IReadOnlyList<StorePath> paths);

    private static IReadOnlyList<StorePath> Sort(LocalStore store, IReadOnlyCollection<StorePath> paths) =>
        [.. Enumerable.Reverse(store.SortTopologically(paths))];
}
