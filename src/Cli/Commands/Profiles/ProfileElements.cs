using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Firn.Eval.Builtins.Regex;
using Firn.Flakes.Profiles;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands.Profiles;

/// <summary>The packages of a profile that the arguments of a command mean: names, store paths, <c>--regex</c> and <c>--all</c>.</summary>
internal sealed class ProfileElements
{
    private readonly List<(string Title, Func<StoreDir, string, ProfileElement, bool> Matches)> _matchers = [];
    private bool _all;

    public void Declare(Arguments.FlagTable flags)
    {
        flags.Add("all", "Match all packages in the profile.", () =>
        {
            _all = true;
            _matchers.Add(("--all", static (_, _, _) => true));
        });
        flags.Add("regex", "A regular expression to match one or more packages in the profile.", "pattern", AddPattern);
    }

    private void AddPattern(string pattern)
    {
        // What is matched knows no case.
        PosixRegex regex;
        try
        {
            regex = PosixRegex.Compile(Encoding.UTF8.GetBytes(pattern.ToLowerInvariant()));
        }
        catch (RegexException)
        {
            throw new CliException($"invalid regular expression '{pattern}'");
        }

        _matchers.Add(($"Regex '{pattern}'", (_, _, element) => regex.MatchWhole(Encoding.UTF8.GetBytes(element.Identifier.ToLowerInvariant())) is not null));
    }

    /// <summary>Takes the operands.</summary>
    /// <exception cref="CliException">One is a number, which packages had once.</exception>
    public void Add(IReadOnlyList<string> arguments)
    {
        foreach (string argument in arguments)
        {
            if (ulong.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index))
            {
                throw new CliException($"'nix profile' no longer supports indices ('{index}')");
            }

            _matchers.Add((argument, (dir, name, element) => dir.TryParse(argument, out StorePath path) ? element.StorePaths.Contains(path) : name == argument));
        }
    }

    /// <summary>The names of the packages that are meant, sorted.</summary>
    /// <exception cref="CliException">None are named, or some beside all.</exception>
    public IReadOnlyList<string> Find(CommandContext context, ProfileManifest manifest, StoreDir dir)
    {
        if (_matchers.Count == 0)
        {
            throw CliException.Usage("No packages specified.");
        }

        if (_all && _matchers.Count > 1)
        {
            throw CliException.Usage("--all cannot be used with package names or regular expressions.");
        }

        if (manifest.Elements.Count == 0)
        {
            context.Warn("There are no packages in the profile.");
            return [];
        }

        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach ((string title, Func<StoreDir, string, ProfileElement, bool> matches) in _matchers)
        {
            List<string> names = [.. manifest.Elements.Where(e => matches(dir, e.Key, e.Value)).Select(static e => e.Key)];
            found.UnionWith(names);
            if (names.Count == 0)
            {
                context.Warn($"{Title(title, dir)} does not match any packages in the profile.");
            }
        }

        return [.. found];
    }

    private static string Title(string title, StoreDir dir) =>
        title.StartsWith("Regex '", StringComparison.Ordinal) || title == "--all" ? title
        : dir.TryParse(title, out StorePath path) ? $"Store path '{path.BaseName}'"
        : $"Package name '{title}'";
}
