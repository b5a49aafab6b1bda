using System;
using System.IO;
using Firn.Cli.Wiring;
using Firn.Eval.Store.Packages;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>Arguments of the classic commands that are derivations, not expressions: <c>/nix/store/….drv</c> and <c>/nix/store/….drv!out</c>, or links to them.</summary>
internal static class DerivationArgument
{
    /// <summary>What the argument means; null where it is no derivation.</summary>
    /// <exception cref="CliException">It names several outputs.</exception>
    public static PackageOutput? Read(IStore store, string argument)
    {
        int bang = argument.LastIndexOf('!');
        string named = bang < 0 ? argument : argument[..bang];
        string path = named.Length == 0 ? "" : RealPath.Of(named) ?? Path.GetFullPath(named);
        if (!path.EndsWith(StorePath.DerivationExtension, StringComparison.Ordinal) || !store.StoreDir.TryParse(path, out StorePath derivation))
        {
            return null;
        }

        string output = bang < 0 ? "out" : argument[(bang + 1)..];
        return output.Contains(',')
            ? throw new CliException($"building more than one derivation output is not supported, in '{argument}'")
            : new PackageOutput(derivation, output);
    }
}
