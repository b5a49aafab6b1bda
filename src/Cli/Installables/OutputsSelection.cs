using System.Collections.Generic;
using System.Collections.Immutable;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Installables;

/// <summary>Which outputs an installable means: <c>^out,dev</c>, <c>^*</c>, or what its package says where nothing is written.</summary>
/// <param name="IsDefault">Whether nothing was written.</param>
/// <param name="Names">The names; default for all.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix "Derivation output selection"</remarks>
internal readonly record struct OutputsSelection(bool IsDefault, ImmutableArray<string> Names)
{
    /// <summary>Nothing was written.</summary>
    public static OutputsSelection Default => new(true, default);

    /// <summary>Takes the selection off the end of an installable.</summary>
    /// <exception cref="CliException">What stands after the last <c>^</c> are no names of outputs.</exception>
    public static (string Name, OutputsSelection Outputs) Split(string installable)
    {
        int caret = installable.LastIndexOf('^');
        if (caret < 0)
        {
            return (installable, Default);
        }

        string written = installable[(caret + 1)..];
        if (written == "*")
        {
            return (installable[..caret], new OutputsSelection(false, default));
        }

        SortedSet<string> names = new(System.StringComparer.Ordinal);
        foreach (string name in written.Split(','))
        {
            if (StorePathName.Fault(name) is not null)
            {
                throw new CliException($"invalid extended outputs specifier '{installable}'");
            }

            names.Add(name);
        }

        return (installable[..caret], new OutputsSelection(false, [.. names]));
    }
}
