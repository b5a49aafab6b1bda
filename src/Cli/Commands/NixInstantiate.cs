using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Store;
using Firn.Store.BinaryCache;
using Firn.Store.Local;
using Firn.Store.Transfer;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;

namespace Firn.Cli.Commands;

/// <summary><c>nix-instantiate</c>: derivations or values of expressions.</summary>
/// <remarks>Nix manual, command-ref/nix-instantiate</remarks>
internal sealed class NixInstantiate : ICommand
{
    private enum Output
    {
        Plain,
        Raw,
        Xml,
        Json,
    }

    private readonly List<string> _files = [];
    private readonly List<string> _attrPaths = [];
    private readonly EvaluationFlags _evaluation = new();
    private bool _stdin;
    private bool _fromArguments;
    private bool _evaluateOnly;
    private bool _readWrite;
    private bool _parseOnly;
    private bool _findFile;
    private bool _strict;
    private bool _locations = true;
    private Output _output;
    private string? _root;

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ReadArguments(context, new ArgumentReader(arguments));
        if (_evaluateOnly && !_readWrite)
        {
            context.ReadOnly = true;
        }

        return EvaluationThread.Run(() => Evaluate(context));
    }

    private void ReadArguments(CommandContext context, ArgumentReader reader)
    {
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "-":
                    _stdin = true;
                    break;
                case "--expr" or "-E":
                    _fromArguments = true;
                    break;
                case "--eval" or "--eval-only":
                    _evaluateOnly = true;
                    break;
                case "--read-write-mode":
                    _readWrite = true;
                    break;
                case "--parse" or "--parse-only":
                    _parseOnly = true;
                    _evaluateOnly = true;
                    break;
                case "--find-file":
                    _findFile = true;
                    break;
                case "--attr" or "-A":
                    _attrPaths.Add(reader.Value());
                    break;
                case "--add-root":
                    _root = reader.Value();
                    break;
                case "--indirect":
                    break;
                case "--raw":
                    _output = Output.Raw;
                    break;
                case "--xml":
                    _output = Output.Xml;
                    break;
                case "--json":
                    _output = Output.Json;
                    break;
                case "--no-location":
                    _locations = false;
                    break;
                case "--strict":
                    _strict = true;
                    break;
                case "--dry-run":
                    context.ReadOnly = true;
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        _files.Add(reader.Current);
                    }
                    else if (!_evaluation.Handle(reader) && !CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(reader.Current);
                    }

                    break;
            }
        }
    }

    private int Evaluate(CommandContext context)
    {
        using IStore store = StoreOpening.OpenForEvaluation(context);
        return Evaluate(context, store);
    }

    private int Evaluate(CommandContext context, IStore store)
    {
        EvaluationSession session = new(context, _evaluation, store);
        if (_findFile)
        {
            foreach (string name in _files)
            {
                context.WriteLine(session.FindFile(name));
            }

            return 0;
        }

        if (_attrPaths.Count == 0)
        {
            _attrPaths.Add("");
        }

        Roots roots = new(_root);
        foreach ((SourceText? source, byte[] path) in Sources(session))
        {
            if (_parseOnly)
            {
                SyntaxTree tree = session.Evaluator.Parse(source ?? FileSource(session, path), source is null ? CanonPath.Parent(path) : path);
                session.Evaluator.Check(tree);
                context.WriteLine(TreePrinter.Print(tree.Root));
                continue;
            }

            Value root = source is null ? session.Evaluator.DelayRoot(path) : session.Evaluator.Delay(source, path);
            foreach (string attrPath in _attrPaths)
            {
                Value value = session.Selector.Select(root, attrPath);
                if (_evaluateOnly)
                {
                    Print(context, session, _evaluation.AutoArguments.Count == 0 ? value.Force() : session.Selector.AutoCall(value));
                }
                else
                {
                    Instantiate(context, session, value, roots);
                }
            }
        }

        session.Store.Flush();
        context.EvaluationStore!.BringAll();
        roots.Print(context);
        return 0;
    }

    private IEnumerable<(SourceText? Source, byte[] Path)> Sources(EvaluationSession session)
    {
        if (_stdin)
        {
            yield return (SourceText.FromStdin(EvaluationSession.ReadStdin()), session.BaseDirectory);
        }
        else if (_files.Count == 0 && !_fromArguments)
        {
            _files.Add("./default.nix");
        }

        foreach (string file in _files)
        {
            yield return _fromArguments
                ? (SourceText.FromString(Encoding.UTF8.GetBytes(file)), session.BaseDirectory)
                : (null, session.Evaluator.ResolveExpressionPath(session.FilePath(file)));
        }
    }

    private static SourceText FileSource(EvaluationSession session, byte[] path) =>
        SourceText.FromFile(session.Evaluator.Io.ReadFile(path), Encoding.UTF8.GetString(path));

    private void Print(CommandContext context, EvaluationSession session, Value value)
    {
        Evaluator evaluator = session.Evaluator;
        switch (_output)
        {
            case Output.Raw:
                context.Write(evaluator.CoerceToString(value, "while generating the nix-instantiate output", Coercion.Strict).Bytes);
                break;
            case Output.Xml:
                context.Write(XmlPrinter.Print(evaluator, value, _strict, _locations, partial => context.Write(partial)).Bytes);
                break;
            case Output.Json:
                context.WriteLine(JsonPrinter.Print(evaluator, value, _strict, copyToStore: true).Bytes);
                break;
            case Output.Plain:
                if (_strict)
                {
                    evaluator.ForceDeep(value);
                }

                context.WriteLine(AmbiguousPrinter.Print(evaluator, value, _strict));
                break;
        }
    }

    private static void Instantiate(CommandContext context, EvaluationSession session, Value value, Roots roots)
    {
        foreach (Package package in new PackageFinder(session.Evaluator, session.Selector).Find(value))
        {
            PackageOutput output = PackageOutput.Of(session.Evaluator, package);
            session.Store.Flush();
            string suffix = output.Name == "out" ? "" : "!" + output.Name;
            roots.Add(context, context.EvaluationStore!.Store, output.DerivationPath, suffix);
        }
    }

    /// <summary>Collects what is to be printed, and makes the links of <c>--add-root</c>: the name, then name-2, name-3, ….</summary>
    private sealed class Roots(string? link)
    {
        private readonly List<string> _lines = [];
        private int _count;

        public void Add(CommandContext context, ILocalFsStore store, Formats.StorePaths.StorePath derivation, string suffix)
        {
            string shown = store.StoreDir.Print(derivation);
            if (link is null)
            {
                context.WarnAboutMissingRoot();
            }
            else if (!context.ReadOnly)
            {
                string name = ++_count == 1 ? link : link + "-" + _count.ToString(CultureInfo.InvariantCulture);
                shown = store.AddPermanentRoot(derivation, System.IO.Path.GetFullPath(name));
            }

            _lines.Add(shown + suffix);
        }

        public void Print(CommandContext context)
        {
            foreach (string line in _lines)
            {
                context.WriteLine(line);
            }
        }
    }
}
