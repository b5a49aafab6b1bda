using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Eval.Builtins.Regex;
using Firn.Eval.Errors;

namespace Firn.Eval.Store.Packages;

/// <summary>What a user names packages by: a regular expression for the name, and perhaps a version; <c>*</c> is all.</summary>
/// <remarks>Nix manual, command-ref/nix-env "Selectors"</remarks>
public sealed class PackageSelector
{
    private readonly PackageName _wanted;
    private readonly PosixRegex? _name;

    /// <exception cref="EvalError">The name is no regular expression.</exception>
    public PackageSelector(string text)
    {
        _wanted = PackageName.Parse(text);
        if (_wanted.Name == "*")
        {
            return;
        }

        try
        {
            _name = PosixRegex.Compile(Encoding.UTF8.GetBytes(_wanted.Name));
        }
        catch (RegexException e)
        {
            throw new EvalError(EvalErrorKind.Error, $"invalid regular expression '{_wanted.Name}'", e);
        }
    }

    /// <summary>What the user wrote.</summary>
    public string Text => _wanted.Full;

    /// <summary>Whether it is <c>*</c>, which may match nothing.</summary>
    public bool IsAll => _wanted.Full == "*";

    /// <summary>Whether a package is meant.</summary>
    public bool Matches(PackageName package) =>
        (_name is null || _name.MatchWhole(Encoding.UTF8.GetBytes(package.Name)) is not null)
        && (_wanted.Version.Length == 0 || _wanted.Version == package.Version);

    /// <summary>The packages that selectors mean, in the selectors' order, each once. No selector at all means all.</summary>
    /// <param name="newestOnly">Of packages with one name, only the best: for this system, then by priority, then by version.</param>
    /// <exception cref="EvalError">A selector matches nothing.</exception>
    public static List<PackageInfo> Select(IReadOnlyList<PackageInfo> all, IReadOnlyList<string> selectors, PackagePreference? newestOnly = null)
    {
        List<PackageInfo> selected = [];
        HashSet<PackageInfo> done = [];
        foreach (string text in selectors.Count == 0 ? ["*"] : selectors)
        {
            PackageSelector selector = new(text);
            List<PackageInfo> matches = [.. all.Where(package => selector.Matches(package.Name))];
            if (matches.Count == 0 && !selector.IsAll)
            {
                throw selector.Unmatched(all);
            }

            selected.AddRange((newestOnly?.Best(matches) ?? matches).Where(done.Add));
        }

        return selected;
    }

    /// <summary>The error of a selector that matches nothing; it names up to three packages that begin as the selector does.</summary>
    public EvalError Unmatched(IReadOnlyList<PackageInfo> all)
    {
        SortedSet<string> near = new(StringComparer.Ordinal);
        foreach (PackageInfo package in all)
        {
            if (package.Name.Name.StartsWith(_wanted.Name, StringComparison.Ordinal) && near.Add(package.Name.Name) && near.Count == 3)
            {
                break;
            }
        }

        string message = $"selector '{Text}' matches no derivations";
        return new EvalError(EvalErrorKind.Error, near.Count == 0 ? message : message + ", maybe you meant:\n" + string.Join('\n', near));
    }
}
