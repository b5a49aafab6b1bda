using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Cli.Rendering;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>Operations of <c>nix-store</c> that answer questions.</summary>
internal static class NixStoreQuery
{
    private enum Question
    {
        Outputs,
        Requisites,
        References,
        Referrers,
        ReferrersClosure,
        Deriver,
        ValidDerivers,
        Binding,
        Hash,
        Size,
        Tree,
        Graph,
        GraphMl,
        Resolve,
        Roots,
    }

    public static int Query(NixStoreCall call)
    {
        Question? question = null;
        bool useOutput = false, includeOutputs = false, force = false;
        string binding = "";
        foreach (string flag in call.Flags)
        {
            Question? before = question;
            switch (flag)
            {
                case "--use-output" or "-u":
                    useOutput = true;
                    continue;
                case "--force-realise" or "--force-realize" or "-f":
                    force = true;
                    continue;
                case "--include-outputs":
                    includeOutputs = true;
                    continue;
                case "--binding" or "-b":
                    if (call.Arguments.Count == 0)
                    {
                        throw NixStore.Usage("expected binding name");
                    }

                    binding = call.Arguments[0];
                    call.Arguments.RemoveAt(0);
                    break;
            }

            question = ParseQuestion(flag);
            if (before is not null && before != question)
            {
                throw NixStore.Usage($"query type '{flag}' conflicts with earlier flag");
            }
        }

        Answer answer = new(call, useOutput, includeOutputs, force);
        switch (question ?? Question.Outputs)
        {
            case Question.Outputs:
                answer.Outputs();
                break;
            case Question.Requisites or Question.References or Question.Referrers or Question.ReferrersClosure:
                answer.Related(question!.Value);
                break;
            case Question.Deriver:
                answer.Derivers();
                break;
            case Question.ValidDerivers:
                answer.ValidDerivers();
                break;
            case Question.Binding:
                answer.Binding(binding);
                break;
            case Question.Hash:
                answer.Facts(static info => info.NarHash.ToString(HashFormat.Nix32, true));
                break;
            case Question.Size:
                answer.Facts(static info => info.NarSize.ToString(CultureInfo.InvariantCulture));
                break;
            case Question.Tree:
                answer.Tree();
                break;
            case Question.Graph:
                new StoreGraphPrinter(call.Context, call.Store).PrintDot(answer.Paths());
                break;
            case Question.GraphMl:
                new StoreGraphPrinter(call.Context, call.Store).PrintGraphMl(answer.Paths());
                break;
            case Question.Resolve:
                foreach (string argument in call.Arguments)
                {
                    call.Context.WriteLine(call.Store.StoreDir.Print(call.Follow(argument)));
                }

                break;
            case Question.Roots:
                answer.Roots();
                break;
        }

        return 0;
    }

    private static Question ParseQuestion(string flag) => flag switch
    {
        "--outputs" => Question.Outputs,
        "--requisites" or "-R" => Question.Requisites,
        "--references" => Question.References,
        "--referrers" or "--referers" => Question.Referrers,
        "--referrers-closure" or "--referers-closure" => Question.ReferrersClosure,
        "--deriver" or "-d" => Question.Deriver,
        "--valid-derivers" => Question.ValidDerivers,
        "--binding" or "-b" => Question.Binding,
        "--hash" => Question.Hash,
        "--size" => Question.Size,
        "--tree" => Question.Tree,
        "--graph" => Question.Graph,
        "--graphml" => Question.GraphMl,
        "--resolve" => Question.Resolve,
        "--roots" => Question.Roots,
        _ => throw NixStore.Usage($"unknown flag '{flag}'"),
    };

    public static int PrintEnvironment(NixStoreCall call)
    {
        call.RefuseFlags();
        if (call.Arguments.Count != 1)
        {
            throw NixStore.Usage("'--print-env' requires one derivation store path");
        }

        Derivation derivation = ReadDerivation(call.Store, call.Store.StoreDir.Parse(call.Arguments[0]));
        foreach ((byte[] name, byte[] value) in derivation.Environment)
        {
            string variable = Encoding.UTF8.GetString(name);
            call.Context.Write(Encoding.UTF8.GetBytes($"export {variable}; {variable}="));
            call.Context.Write(ShellText.Quote(value));
            // An empty line follows each variable, as ever.
            call.Context.Write("\n\n"u8);
        }

        List<byte> arguments = [];
        foreach (byte[] argument in derivation.Arguments)
        {
            if (arguments.Count > 0)
            {
                arguments.Add((byte)' ');
            }

            arguments.AddRange(argument);
        }

        call.Context.Write("export _args; _args="u8);
        call.Context.WriteLine(ShellText.Quote(arguments.ToArray()));
        return 0;
    }

    public static int ReadLog(NixStoreCall call)
    {
        call.RefuseFlags();
        foreach (string argument in call.Arguments)
        {
            StorePath path = call.Follow(argument);
            call.Context.Write(call.Store.FindLog(Installables.InstallableRealiser.Outputs(call.Context, call.Store).LoggedAs(path)) ?? throw new CliException($"build log of derivation '{call.Store.StoreDir.Print(path)}' is not available"));
        }

        return 0;
    }

    /// <summary>Reads a derivation of the store.</summary>
    /// <exception cref="InvalidPathException">It is not valid.</exception>
    public static Derivation ReadDerivation(ILocalFsStore store, StorePath path) => store.IsValid(path)
        ? DerivationReader.Parse(store.ReadFile(path), path.DerivationName, store.StoreDir)
        : throw new InvalidPathException(store.StoreDir, path);

    private sealed class Answer(NixStoreCall call, bool useOutput, bool includeOutputs, bool force)
    {
        private readonly ILocalFsStore _store = call.Store;
        private readonly StoreDir _dir = call.Store.StoreDir;

        private void Print(StorePath path) => call.Context.WriteLine(_dir.Print(path));

        /// <summary>The paths that the arguments mean: of derivations the outputs where <c>--use-output</c> says so.</summary>
        public SortedSet<StorePath> Paths()
        {
            SortedSet<StorePath> paths = [];
            foreach (string argument in call.Arguments)
            {
                paths.UnionWith(Meant(argument, useOutput));
            }

            return paths;
        }

        private SortedSet<StorePath> Meant(string argument, bool outputs)
        {
            StorePath path = call.Follow(argument);
            if (force)
            {
                NixStoreRealise.Make(call, path);
            }

            if (!outputs || !path.IsDerivation)
            {
                return [path];
            }

            SortedSet<StorePath> found = [];
            foreach ((string _, StorePath? output) in ReadDerivation(_store, path).OutputPaths(_dir))
            {
                found.Add(output ?? throw NixStore.Usage("Cannot use output path of floating content-addressing derivation until we know what it is (e.g. by building it)"));
            }

            return found;
        }

        public void Outputs()
        {
            foreach (string argument in call.Arguments)
            {
                foreach (StorePath path in Meant(argument, true))
                {
                    Print(path);
                }
            }
        }

        public void Related(Question question)
        {
            SortedSet<StorePath> found = [];
            foreach (StorePath path in Paths())
            {
                found.UnionWith(question switch
                {
                    Question.Requisites => _store.Closure([path], includeOutputs, includeDerivers: false),
                    Question.References => _store.Get(path).References,
                    Question.Referrers => _store.Referrers(path),
                    _ => _store.ReferrersClosure([path]),
                });
            }

            PrintSorted(found);
        }

        private void PrintSorted(SortedSet<StorePath> paths)
        {
            List<StorePath> order = _store.SortTopologically(paths);
            for (int i = order.Count - 1; i >= 0; i--)
            {
                Print(order[i]);
            }
        }

        public void Derivers()
        {
            foreach (string argument in call.Arguments)
            {
                call.Context.WriteLine(_store.Get(call.Follow(argument)).Deriver is StorePath deriver ? _dir.Print(deriver) : "unknown-deriver");
            }
        }

        public void ValidDerivers()
        {
            SortedSet<StorePath> found = [];
            foreach (string argument in call.Arguments)
            {
                found.UnionWith(_store.ValidDerivers(call.Follow(argument)));
            }

            PrintSorted(found);
        }

        public void Binding(string name)
        {
            foreach (string argument in call.Arguments)
            {
                StorePath path = call.Follow(argument);
                if (!path.IsDerivation)
                {
                    path = _store.Get(path).Deriver ?? throw new CliException($"deriver of path '{_dir.Print(path)}' is not known");
                }

                call.Context.WriteLine(ReadDerivation(_store, path).Variable(Encoding.UTF8.GetBytes(name))
                    ?? throw new CliException($"derivation '{_dir.Print(path)}' has no environment binding named '{name}'"));
            }
        }

        public void Facts(Func<PathInfo, string> fact)
        {
            foreach (string argument in call.Arguments)
            {
                foreach (StorePath path in Meant(argument, useOutput))
                {
                    call.Context.WriteLine(fact(_store.Get(path)));
                }
            }
        }

        public void Tree()
        {
            HashSet<StorePath> done = [];
            foreach (string argument in call.Arguments)
            {
                Branch(call.Follow(argument), "", "", done);
            }
        }

        private void Branch(StorePath path, string first, string rest, HashSet<StorePath> done)
        {
            if (!done.Add(path))
            {
                call.Context.WriteLine($"{first}{_dir.Print(path)} [...]");
                return;
            }

            call.Context.WriteLine(first + _dir.Print(path));
            // What others need comes last: so the tree stays flat.
            List<StorePath> references = _store.SortTopologically(_store.Get(path).References);
            for (int i = references.Count - 1; i >= 0; i--)
            {
                Branch(references[i], rest + (i == 0 ? "└───" : "├───"), rest + (i == 0 ? "    " : "│   "), done);
            }
        }

        public void Roots()
        {
            SortedSet<StorePath> kept = _store.ReferrersClosure(Paths(), call.Context.Settings.Bool("keep-outputs"), call.Context.Settings.Bool("keep-derivations"));
            foreach (Root root in _store.FindRoots(censor: false))
            {
                if (kept.Contains(root.Path))
                {
                    call.Context.WriteLine($"{root.Link} -> {_dir.Print(root.Path)}");
                }
            }
        }
    }
}
