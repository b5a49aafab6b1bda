using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Store;

namespace Firn.Cli.Commands.Evaluation;

/// <summary><c>nix search</c>: packages whose attribute path, name or description match.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-search</remarks>
internal sealed class NixSearch : InstallableCommand
{
    private const string Green = "\x1b[32;1m";
    private const string Normal = "\x1b[0m";
    private const string Bold = "\x1b[0;1m";

    private readonly JsonFlags _json = new();
    private readonly List<string> _excluded = [];
    private IReadOnlyList<string> _wanted = [];

    public NixSearch()
    {
        _json.Declare(Flags);
        ExpectMany("regex", patterns => _wanted = patterns);
        Flags.Add("exclude", 'e', "Hide packages whose attribute path, name or description contain *regex*.", "regex", _excluded.Add);
    }

    public override string Description => "search for packages";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        context.ReadOnly = true;
        if (_wanted.Count == 0)
        {
            throw CliException.Usage("Must provide at least one regex! To match all packages, use 'nix search <installable> ^'.");
        }

        Search search = new(context, reader.Session.Evaluator, Compile(_wanted), Compile(_excluded), _json.Json);
        search.Visit(installable.RequireValue().Value(), [], first: true);
        if (_json.Json)
        {
            search.WriteJson(_json.Pretty);
        }
        else if (search.Count == 0)
        {
            throw new CliException("no results for the given search term(s)!");
        }

        return 0;
    }

    private static List<Regex> Compile(IReadOnlyList<string> patterns)
    {
        List<Regex> compiled = [];
        foreach (string pattern in patterns)
        {
            try
            {
                compiled.Add(new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant));
            }
            catch (ArgumentException e)
            {
                throw new CliException($"invalid regular expression '{pattern}': {e.Message}");
            }
        }

        return compiled;
    }

    private sealed class Search(CommandContext context, Evaluator evaluator, List<Regex> wanted, List<Regex> excluded, bool json)
    {
        private readonly SortedDictionary<string, (string Name, string Version, string Description)> _found = new(StringComparer.Ordinal);

        public int Count => _found.Count;

        public void Visit(Value unforced, List<string> path, bool first)
        {
            string name = string.Join('.', path.ConvertAll(static p => Firn.Eval.Printing.Literals.AttributeName(Encoding.UTF8.GetBytes(p))));
            context.Say(LogLevel.Info, $"evaluating '{name}'...");

            try
            {
                Value value = unforced.Force();
                if (evaluator.IsDerivation(value))
                {
                    Match((VAttrs)value, name);
                }
                else if (first || ((path.Count == 0 || path[0] is "legacyPackages" or "packages") && path.Count <= 2) || Recurses(value, path))
                {
                    foreach (Attr attr in evaluator.ForceAttrs(value, "while searching for packages").InNameOrder(evaluator.Symbols))
                    {
                        Visit(attr.Value, [.. path, evaluator.Symbols.TextOf(attr.Name)], first: false);
                    }
                }
            }
            catch (EvalError) when (path.Count > 0 && path[0] == "legacyPackages")
            {
                // Among very many packages some never evaluate; they are no reason not to find the others.
            }
        }

        public void WriteJson(bool pretty)
        {
            ByteBuffer text = new();
            JsonTextWriter writer = new(text, pretty);
            writer.BeginObject();
            foreach ((string path, (string name, string version, string description)) in _found)
            {
                writer.Name(path);
                writer.BeginObject();
                writer.Name("description");
                writer.String(description);
                writer.Name("pname");
                writer.String(name);
                writer.Name("version");
                writer.String(version);
                writer.EndObject();
            }

            writer.EndObject();
            context.WriteLine(text.Span);
        }

        private bool Recurses(Value value, List<string> path) => path.Count > 2 && path[0] == "legacyPackages" && value is VAttrs set
            && set.TryGet(WellKnown.RecurseForDerivations, out Value recurse)
            && evaluator.ForceBool(recurse, "while evaluating the attribute `recurseForDerivations`");

        private void Match(VAttrs package, string path)
        {
            string full = Text(evaluator.GetAttr(package, WellKnown.Name, "in a derivation"));
            (string name, string version) = SplitName(full);
            string description = package.TryGet(WellKnown.Meta, out Value meta) && meta.Force() is VAttrs set && set.TryGet(evaluator.Symbols.Intern("description"), out Value found)
                ? Text(found).Replace('\n', ' ')
                : "";
            foreach (Regex pattern in excluded)
            {
                if (pattern.IsMatch(path) || pattern.IsMatch(name) || pattern.IsMatch(description))
                {
                    return;
                }
            }

            foreach (Regex pattern in wanted)
            {
                if (!pattern.IsMatch(path) && !pattern.IsMatch(name) && !pattern.IsMatch(description))
                {
                    return;
                }
            }

            bool another = _found.Count > 0;
            _found[path] = (name, version, description);
            if (!json)
            {
                Print(another, path, version, description);
            }
        }

        private void Print(bool another, string path, string version, string description)
        {
            StringBuilder text = new(another ? "\n" : "");
            text.Append("* ").Append(Bold).Append(Highlight(path, Bold)).Append(Normal).Append(version.Length > 0 ? $" ({version})" : "").Append('\n');
            if (description.Length > 0)
            {
                text.Append("  ").Append(Highlight(description, Normal)).Append('\n');
            }

            // Coloured wherever it goes, as others do: pagers and files show it alike.
            context.Write(Encoding.UTF8.GetBytes(text.ToString()));
        }

        /// <summary>Marks what matched; overlapping matches become one.</summary>
        private string Highlight(string text, string after)
        {
            bool[] marked = new bool[text.Length];
            foreach (Regex pattern in wanted)
            {
                foreach (Match match in pattern.Matches(text))
                {
                    marked.AsSpan(match.Index, match.Length).Fill(true);
                }
            }

            StringBuilder shown = new();
            for (int i = 0; i < text.Length; i++)
            {
                bool before = i > 0 && marked[i - 1];
                shown.Append(marked[i] && !before ? Green : !marked[i] && before ? after : "").Append(text[i]);
            }

            return shown.Append(text.Length > 0 && marked[^1] ? after : "").ToString();
        }

        private string Text(Value value) => evaluator.ForceString(value, "while searching for packages").Text;

        /// <summary>A name ends where a dash is followed by something else than a letter.</summary>
        private static (string Name, string Version) SplitName(string full)
        {
            for (int i = 0; i + 1 < full.Length; i++)
            {
                if (full[i] == '-' && !char.IsAsciiLetter(full[i + 1]))
                {
                    return (full[..i], full[(i + 1)..]);
                }
            }

            return (full, "");
        }
    }
}
