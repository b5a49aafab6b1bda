using System;
using System.Collections.Generic;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Formats.Nar;
using Firn.Formats.References;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Graphs;
using Firn.Store.Objects;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix why-depends</c>: the ways in the graph of references from one path to another.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-why-depends</remarks>
internal sealed class NixWhyDepends : NixCommand
{
    private readonly SourceFlags _source = new();
    private string _package = "", _dependency = "";
    private bool _all, _precise, _derivations, _repair;

    public NixWhyDepends()
    {
        _source.Declare(Flags);
        SourceFlags.DeclareRepair(Flags, () => _repair = true);
        SourceFlags.DeclareDerivation(Flags, () => _derivations = true);
        Flags.Add("all", 'a', "Show all edges in the dependency graph leading from *package* to *dependency*, rather than just a shortest path.", () => _all = true);
        Flags.Add("precise", "For each edge in the dependency graph, show the files in the parent that cause the dependency.", () => _precise = true);
        Expect("package", p => _package = p, completer: InstallableCompletion.For(_source));
        Expect("dependency", d => _dependency = d, completer: InstallableCompletion.For(_source));
    }

    public override IReadOnlyList<string> Flakes => _package.Length > 0 ? [_package] : [];

    public override string Description => "show why a package has another package in its closure";

    public override int Run(CommandContext context)
    {
        context.Repair = _repair;
        using ILocalFsStore store = StoreOpening.Open(context);
        return _source.HasSource ? EvaluationThread.Run(() => Run(context, store)) : Run(context, store);
    }

    private int Run(CommandContext context, ILocalFsStore store)
    {
        InstallableReader reader = new(context, store, _source);
        InstallableRealiser realiser = new(context, store);
        Installable package = reader.Read([_package])[0];
        StorePath from = Single(realiser, package, RealiseMode.Outputs);
        Installable dependency = reader.Read([_dependency])[0];
        // What was not built cannot be referred to, so there is nothing to build.
        StorePath? found;
        try
        {
            found = Single(realiser, dependency, RealiseMode.Derivation);
        }
        catch (UnbuiltOutputException)
        {
            found = null;
        }

        ClosureGraph graph = ClosureGraph.Of(store, [from]);
        if (found is not StorePath to || graph.IndexOf(to) < 0)
        {
            context.Say(LogLevel.Error, $"'{package.What}' does not depend on '{dependency.What}'");
            return 0;
        }

        new Printer(context, store, graph, from, to, _all, _precise).Print();
        return 0;
    }

    private StorePath Single(InstallableRealiser realiser, Installable installable, RealiseMode mode) =>
        realiser.StorePaths([installable], mode, _derivations) is [StorePath path] ? path
            : throw new CliException($"argument '{installable.What}' should evaluate to one store path");

    /// <summary>Prints the part of the graph that leads to the dependency, nearest first.</summary>
    private sealed class Printer(CommandContext context, ILocalFsStore store, ClosureGraph graph, StorePath package, StorePath dependency, bool all, bool precise)
    {
        private const string Last = "└───", Branch = "├───", Line = "│   ", Blank = "    ";
        private const string Seen = "\x1b[38;5;244m", Normal = "\x1b[0m", Green = "\x1b[32;1m", Blue = "\x1b[34;1m";
        private const int Margin = 32;

        private readonly int[] _distances = graph.DistancesTo(graph.IndexOf(dependency));
        private readonly HashSet<StorePath> _visited = [];

        public void Print()
        {
            if (!precise)
            {
                context.WriteLine(store.StoreDir.Print(package));
            }

            Node(package, "", "");
        }

        /// <returns>False when enough was shown.</returns>
        private bool Node(StorePath path, string first, string rest)
        {
            bool seen = _visited.Contains(path);
            if (precise)
            {
                context.WriteLine($"{first}{(seen ? Seen : "")}{(first.Length > 0 ? "→ " : "")}{store.StoreDir.Print(path)}{Normal}");
            }

            if (path == dependency && !all && package != dependency)
            {
                return false;
            }

            if (seen)
            {
                return true;
            }

            if (precise)
            {
                _visited.Add(path);
            }

            List<StorePath> next = Next(path);
            Dictionary<StorePath, List<byte[]>> places = precise ? Places(path, next) : [];
            for (int i = 0; i < next.Count; i++)
            {
                StorePath reference = next[i];
                bool last = !all || i == next.Count - 1;
                if (places.TryGetValue(reference, out List<byte[]>? hits))
                {
                    for (int j = 0; j < (all ? hits.Count : 1); j++)
                    {
                        context.Write(Encoding.UTF8.GetBytes(rest + (j == 0 ? (last ? Last : Branch) : last ? Blank : Line)));
                        context.WriteLine(hits[j]);
                    }
                }

                if (!precise)
                {
                    context.WriteLine($"{first}{(_visited.Contains(reference) ? Seen : "")}{(last ? Last : Branch)}{store.StoreDir.Print(reference)}{Normal}");
                    _visited.Add(path);
                }

                string below = rest + (last ? Blank : Line);
                if (!Node(reference, below, below))
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>References that lead on, the nearest to the dependency first.</summary>
        private List<StorePath> Next(StorePath path)
        {
            List<(int Distance, StorePath Path)> next = [];
            foreach (StorePath reference in graph.Nodes[graph.IndexOf(path)].References)
            {
                int distance = _distances[graph.IndexOf(reference)];
                if (distance >= 0 && (reference != path || package == dependency))
                {
                    next.Add((distance, reference));
                }
            }

            next.Sort();
            return next.ConvertAll(static n => n.Path);
        }

        // ---- which files refer to them

        private Dictionary<StorePath, List<byte[]>> Places(StorePath path, List<StorePath> references)
        {
            Dictionary<StorePath, List<byte[]>> places = [];
            using IObjectFiles files = store.OpenFiles(path);
            Search(files, [], references, places);
            return places;
        }

        private void Search(IObjectFiles files, byte[] path, List<StorePath> references, Dictionary<StorePath, List<byte[]>> places)
        {
            NarFacts facts = files.Get(path);
            switch (facts.Kind)
            {
                case NarKind.Directory:
                    foreach (byte[] name in files.List(path))
                    {
                        Search(files, ObjectFiles.Join(path, name), references, places);
                    }

                    break;
                case NarKind.Regular:
                    ByteBuffer contents = new((int)Math.Min(facts.Size + 1, int.MaxValue / 2));
                    files.Read(path, contents);
                    foreach ((StorePath found, int at) in Find(contents.Span, references))
                    {
                        int start = Math.Max(0, at - Margin), end = Math.Min(contents.Length, at + StorePath.HashLength + Margin);
                        byte[] excerpt = contents.Span[start..end].ToArray();
                        for (int i = 0; i < excerpt.Length; i++)
                        {
                            excerpt[i] = excerpt[i] is >= 0x20 and < 0x7f ? excerpt[i] : (byte)'.';
                        }

                        Add(places, found, path, ": …", excerpt, at - start, "…");
                    }

                    break;
                case NarKind.Symlink:
                    foreach ((StorePath found, int at) in Find(facts.Target.Span, references))
                    {
                        Add(places, found, path, " -> ", facts.Target.Span, at, "");
                    }

                    break;
            }
        }

        private static List<(StorePath Path, int At)> Find(ReadOnlySpan<byte> text, List<StorePath> references)
        {
            ReferenceScanner scanner = new(references);
            scanner.Write(text);
            List<(StorePath, int)> found = [];
            foreach (StorePath path in scanner.Found)
            {
                found.Add((path, text.IndexOf(Encoding.ASCII.GetBytes(path.HashPart))));
            }

            return found;
        }

        private void Add(Dictionary<StorePath, List<byte[]>> places, StorePath reference, byte[] path, string before, ReadOnlySpan<byte> text, int at, string after)
        {
            ByteBuffer line = new();
            line.Write(path.Length == 0 ? "/"u8 : path);
            line.WriteUtf8(before);
            line.Write(text[..at]);
            line.WriteAscii(reference == dependency ? Green : Blue);
            line.Write(text.Slice(at, StorePath.HashLength));
            line.WriteAscii(Normal);
            line.Write(text[(at + StorePath.HashLength)..]);
            line.WriteUtf8(after);
            if (!places.TryGetValue(reference, out List<byte[]>? list))
            {
                places[reference] = list = [];
            }

            list.Add(line.ToArray());
        }
    }
}
