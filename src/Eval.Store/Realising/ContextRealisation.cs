using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Realising;

/// <summary>Makes present what a string refers to, so that the evaluation can read it (import from derivation).</summary>
internal sealed class ContextRealisation(EvalStoreOptions options, PendingTexts texts, Action<string> warn)
{
    private readonly HashSet<ContextElement> _done = [];

    /// <summary>Whether anything may be built.</summary>
    internal bool MayBuild { get; set; } = options.AllowImportFromDerivation;

    /// <summary>Builds what is needed and gives the text with its placeholders replaced.</summary>
    internal byte[] Realise(byte[] text, StringContext context)
    {
        List<ContextElement> outputs = [];
        foreach (ContextElement element in context.Elements)
        {
            if (element.Kind == ContextKind.Built)
            {
                outputs.Add(element);
            }

            if (_done.Contains(element))
            {
                continue;
            }

            EnsureValid(options.StoreDir.Parse(element.Path));
            if (element.Kind != ContextKind.Built)
            {
                _done.Add(element);
            }
        }

        if (outputs.Count == 0)
        {
            return text;
        }

        if (!MayBuild)
        {
            throw new EvalError(
                EvalErrorKind.ImportFromDerivation,
                $"cannot build '{outputs[0].Display()}' during evaluation because the option 'allow-import-from-derivation' is disabled");
        }

        if (options.TraceImportFromDerivation)
        {
            warn($"built '{outputs[0].Display()}' during evaluation due to an import from derivation");
        }

        texts.Flush();
        foreach ((ContextElement output, StorePath path) in Build(outputs))
        {
            if (options.Access is { } access)
            {
                foreach (StorePath reached in Firn.Store.StoreQueries.Closure(options.Infos, [path]))
                {
                    access.Allow(options.StoreDir.Print(reached));
                }
            }

            if (options.Features.Contains("ca-derivations"))
            {
                text = Replace(text, Encoding.ASCII.GetBytes(Placeholders.Render(Placeholder(output))), Encoding.UTF8.GetBytes(options.StoreDir.Print(path)));
            }
        }

        return text;
    }

    private void EnsureValid(StorePath path)
    {
        texts.Flush();
        if (!options.Infos.IsValid(path))
        {
            throw StoreErrors.NotValid(path.BaseName);
        }
    }

    private List<(ContextElement Output, StorePath Path)> Build(List<ContextElement> outputs)
    {
        IRealiser realiser = options.Realiser ?? throw new EvalError(
            EvalErrorKind.ImportFromDerivation, $"cannot build '{outputs[0].Display()}' during evaluation because this evaluation has no builder");
        List<OutputRequest> requests = new(outputs.Count);
        foreach (ContextElement output in outputs)
        {
            // The derivation may itself have to be built first.
            ContextElement derivation = output.Derivation!;
            StorePath path = derivation.Kind == ContextKind.Opaque ? options.StoreDir.Parse(derivation.Path) : Build([derivation])[0].Path;
            requests.Add(new OutputRequest(path, Encoding.UTF8.GetString(output.Output!)));
        }

        IReadOnlyList<StorePath> paths = realiser.Realise(requests);
        List<(ContextElement, StorePath)> built = new(outputs.Count);
        for (int i = 0; i < outputs.Count; i++)
        {
            built.Add((outputs[i], paths[i]));
        }

        return built;
    }

    private Hash Placeholder(ContextElement output) => OutputTexts.Placeholder(options.StoreDir, output);

    private static byte[] Replace(byte[] text, byte[] from, byte[] to)
    {
        List<byte> result = [];
        ReadOnlySpan<byte> rest = text;
        for (int at = rest.IndexOf(from); at >= 0; at = rest.IndexOf(from))
        {
            result.AddRange(rest[..at]);
            result.AddRange(to);
            rest = rest[(at + from.Length)..];
        }

        if (result.Count == 0)
        {
            return text;
        }

        result.AddRange(rest);
        return [.. result];
    }
}
