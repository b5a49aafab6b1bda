using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary><c>nix-build</c>: builds the derivations of expressions and links their outputs.</summary>
/// <remarks>Nix manual, command-ref/nix-build</remarks>
internal sealed class NixBuild : ICommand
{
    private readonly List<string> _files = [];
    private readonly List<string> _attrPaths = [];
    private readonly EvaluationFlags _evaluation = new();
    private bool _stdin;
    private bool _fromArguments;
    private bool _dryRun;
    private bool _explain;
    private string? _outLink = "./result";
    private BuildMode _mode;

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ReadArguments(context, new ArgumentReader(arguments));
        if (context.Repair)
        {
            _mode = BuildMode.Repair;
        }

        using IStore store = StoreOpening.OpenForEvaluation(context);
        List<PackageOutput> wanted = EvaluationThread.Run(() => Evaluate(context, store));
        using BuilderWiring wiring = new(context, store);
        List<DerivedPath> paths = [.. wanted.Select(static w => new DerivedPath.Built(w.DerivationPath, [w.Name]))];
        InstallableRealiser.CheckOutputs(context, store, paths);
        if (context.Settings.Bool("print-missing") || _explain)
        {
            MissingPaths missing = wiring.FindMissing(paths);
            MissingRenderer.Show(context, store.StoreDir, missing);
            if (_explain)
            {
                MissingRenderer.Explain(context, wiring, missing);
            }
        }

        if (_dryRun)
        {
            return 0;
        }

        IReadOnlyList<BuildResult> results = wiring.Realise(paths, _mode);
        Link(context, store, wanted, results);
        return 0;
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
                case "--add-drv-link" or "--indirect":
                    break;
                case "--drv-link":
                    reader.Value();
                    break;
                case "--no-out-link" or "--no-link":
                    _outLink = null;
                    break;
                case "--out-link" or "-o":
                    _outLink = reader.Value();
                    break;
                case "--attr" or "-A":
                    _attrPaths.Add(reader.Value());
                    break;
                case "--expr" or "-E":
                    _fromArguments = true;
                    break;
                case "--dry-run":
                    _dryRun = true;
                    break;
                case "--explain":
                    _explain = true;
                    break;
                case "--check":
                    _mode = BuildMode.Check;
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

        if (!_fromArguments && !_stdin && _files.Count == 0)
        {
            _files.Add(".");
        }
    }

    private List<PackageOutput> Evaluate(CommandContext context, IStore store)
    {
        EvaluationSession session = new(context, _evaluation, store);
        List<PackageOutput> wanted = [];
        List<Value> roots = [];
        if (_stdin)
        {
            roots.Add(session.Stdin());
        }

        foreach (string file in _files)
        {
            if (_fromArguments)
            {
                roots.Add(session.Expression(file));
            }
            else if (DerivationArgument.Read(store, file) is PackageOutput derivation)
            {
                wanted.Add(derivation);
            }
            else
            {
                roots.Add(session.File(file));
            }
        }

        foreach (Value root in roots)
        {
            foreach (string attrPath in _attrPaths.Count == 0 ? [""] : _attrPaths)
            {
                Value value = session.Selector.Select(root, attrPath);
                foreach (Package package in new PackageFinder(session.Evaluator, session.Selector).Find(value))
                {
                    wanted.Add(PackageOutput.Of(session.Evaluator, package));
                }
            }
        }

        session.Bring([.. wanted.Select(static w => w.DerivationPath)]);
        return wanted;
    }

    /// <summary>Links: <c>result</c>, <c>result-2</c>, … for each derivation, with <c>-OUTPUT</c> where it is not <c>out</c>.</summary>
    private void Link(CommandContext context, IStore store, List<PackageOutput> wanted, IReadOnlyList<BuildResult> results)
    {
        Dictionary<StorePath, int> numbers = [];
        for (int i = 0; i < wanted.Count; i++)
        {
            PackageOutput output = wanted[i];
            if (!numbers.TryGetValue(output.DerivationPath, out int number))
            {
                number = numbers.Count + 1;
                numbers.Add(output.DerivationPath, number);
            }

            StorePath path = results[i].Outputs[output.Name];
            if (_outLink is not null && store is IRoots roots)
            {
                StringBuilder link = new(_outLink);
                if (number > 1)
                {
                    link.Append(CultureInfo.InvariantCulture, $"-{number}");
                }

                if (output.Name != "out")
                {
                    link.Append('-').Append(output.Name);
                }

                roots.AddPermanentRoot(path, Path.GetFullPath(link.ToString()));
            }

            context.WriteLine(store.StoreDir.Print(path));
        }
    }
}
