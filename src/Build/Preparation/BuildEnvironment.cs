using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Firn.Build.Execution;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Build.Preparation;

/// <summary>The variables and files that a builder starts with.</summary>
/// <param name="Variables">Sorted by name; each item <c>NAME=value</c>.</param>
/// <param name="Arguments">The builder's name, then its arguments.</param>
/// <param name="Files">Names in the build directory, with contents.</param>
internal sealed record BuildEnvironment(IReadOnlyList<byte[]> Variables, IReadOnlyList<byte[]> Arguments, IReadOnlyList<(string Name, byte[] Contents)> Files)
{
    /// <summary>Makes them.</summary>
    /// <param name="derivation">What is built.</param>
    /// <param name="options">Its options.</param>
    /// <param name="outputs">What the builder is to write, and where.</param>
    /// <param name="inputClosure">All that the build may see, sorted.</param>
    /// <param name="store">Facts about those.</param>
    /// <param name="top">The build directory as the builder sees it.</param>
    /// <param name="cores">Value of NIX_BUILD_CORES.</param>
    /// <param name="callerEnvironment">For <c>impureEnvVars</c> of fixed outputs.</param>
    /// <exception cref="BuildException">An attribute asks for what cannot be given.</exception>
    /// <remarks>Nix manual, store/building</remarks>
    public static BuildEnvironment Of(
        Derivation derivation,
        DerivationOptions options,
        IReadOnlyList<PlannedOutput> outputs,
        IReadOnlySet<StorePath> inputClosure,
        IPathInfos store,
        string top,
        int cores,
        Func<string, string?> callerEnvironment)
    {
        StoreDir dir = store.StoreDir;
        DerivationType type = derivation.Type;
        Rewriting rewriting = new();
        foreach (PlannedOutput output in outputs)
        {
            rewriting.Add(Placeholders.Own(output.Name), dir.Print(output.Scratch));
            if (output.Known is { } known && known != output.Scratch)
            {
                rewriting.Add(known.HashPart, output.Scratch.HashPart);
            }
        }

        SortedDictionary<byte[], byte[]> variables = new(ByBytes.Instance);
        List<(string, byte[])> files = [];
        void Set(string name, string value) => variables[Bytes(name)] = Bytes(value);

        // The fixed ones first: a derivation may replace them, but for those set at the end.
        Set("PATH", "/path-not-set");
        Set("HOME", "/homeless-shelter");
        Set("NIX_STORE", dir.Path);
        Set("NIX_BUILD_CORES", cores.ToString(CultureInfo.InvariantCulture));

        if (options.StructuredAttributes is { } attributes)
        {
            byte[] json = AttributesJson(attributes, options, outputs.Select(static o => o.Name), inputClosure, store);
            files.Add((".attrs.sh", rewriting.Apply(StructuredAttributes.Shell(json))));
            files.Add((".attrs.json", rewriting.Apply(json)));
            Set("NIX_ATTRS_SH_FILE", top + "/.attrs.sh");
            Set("NIX_ATTRS_JSON_FILE", top + "/.attrs.json");
        }
        else
        {
            foreach ((byte[] name, byte[] value) in derivation.Environment)
            {
                string text = Encoding.UTF8.GetString(name);
                if (options.PassAsFile.Contains(text))
                {
                    string file = ".attr-" + Hash.Sha256(name).ToString(HashFormat.Nix32, false);
                    files.Add((file, rewriting.Apply(value)));
                    variables[[.. name, .. "Path"u8]] = Bytes(top + "/" + file);
                }
                else
                {
                    variables[name] = value;
                }
            }

            foreach ((string name, IReadOnlyList<StorePath> paths) in options.ExportReferencesGraph)
            {
                files.Add((name, Registration(Closure(paths, inputClosure, store), store)));
            }
        }

        Set("NIX_BUILD_TOP", top);
        foreach (string name in (ReadOnlySpan<string>)["TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"])
        {
            Set(name, top);
        }

        if (type == DerivationType.Fixed)
        {
            Set("NIX_OUTPUT_CHECKED", "1");
        }

        if (type is DerivationType.Fixed or DerivationType.Impure)
        {
            foreach (string name in options.ImpureEnvVars)
            {
                Set(name, callerEnvironment(name) ?? "");
            }
        }

        Set("NIX_LOG_FD", "2");
        Set("TERM", "xterm-256color");

        byte[] builder = rewriting.Apply(derivation.Builder);
        List<byte[]> arguments = [builder.AsSpan(builder.AsSpan().LastIndexOf((byte)'/') + 1).ToArray()];
        foreach (byte[] argument in derivation.Arguments)
        {
            arguments.Add(rewriting.Apply(argument));
        }

        return new BuildEnvironment([.. variables.Select(v => rewriting.Apply([.. v.Key, (byte)'=', .. v.Value]))], arguments, files);
    }

    /// <summary>Structured attributes as a builder gets them, with placeholders for its own outputs.</summary>
    /// <param name="attributes">Those of the derivation.</param>
    /// <exception cref="BuildException">References of what is no input are asked for.</exception>
    public static byte[] AttributesJson(byte[] attributes, DerivationOptions options, IEnumerable<string> outputs, IReadOnlySet<StorePath> inputClosure, IPathInfos store) =>
        StructuredAttributes.Json(
            attributes,
            outputs.Select(static name => (name, Placeholders.Own(name))),
            options.ExportReferencesGraph.Select(g => (g.Name, StructuredAttributes.Graph(Closure(g.Paths, inputClosure, store), store))));

    /// <summary>The closure of paths that must be inputs; a derivation among them brings its outputs.</summary>
    private static SortedSet<StorePath> Closure(IReadOnlyList<StorePath> paths, IReadOnlySet<StorePath> inputs, IPathInfos store)
    {
        foreach (StorePath path in paths)
        {
            if (!inputs.Contains(path))
            {
                throw new BuildException(BuildStatus.InputRejected,
                    $"cannot export references of path '{store.StoreDir.Print(path)}' because it is not in the input closure of the derivation");
            }
        }

        SortedSet<StorePath> closure = store.Closure(paths);
        if (closure.Any(p => p.IsDerivation) && store is IPathGraph graph)
        {
            List<StorePath> outputs = [];
            foreach (StorePath path in closure)
            {
                if (path.IsDerivation)
                {
                    foreach (DerivationOutputPath output in graph.DerivationOutputs(path))
                    {
                        if (store.IsValid(output.Path))
                        {
                            outputs.Add(output.Path);
                        }
                    }
                }
            }

            closure.UnionWith(store.Closure(outputs));
        }

        return closure;
    }

    /// <summary>For each path: itself, an empty line, the number of its references, and them.</summary>
    private static byte[] Registration(SortedSet<StorePath> closure, IPathInfos store)
    {
        StringBuilder text = new();
        foreach (StorePath path in closure)
        {
            PathInfo info = store.Get(path);
            text.Append(store.StoreDir.Print(path)).Append("\n\n").Append(info.References.Count).Append('\n');
            foreach (StorePath reference in info.References)
            {
                text.Append(store.StoreDir.Print(reference)).Append('\n');
            }
        }

        return Bytes(text.ToString());
    }

    private static byte[] Bytes(string s) => Encoding.UTF8.GetBytes(s);

    private sealed class ByBytes : IComparer<byte[]>
    {
        public static readonly ByBytes Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
