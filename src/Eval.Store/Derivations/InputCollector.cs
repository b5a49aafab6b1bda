using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Eval.Values;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Derivations;

/// <summary>Makes the inputs of a derivation of the contexts of its strings.</summary>
internal sealed class InputCollector(StoreDir dir, DerivationTable derivations)
{
    private readonly SortedSet<StorePath> _sources = [];
    private readonly SortedDictionary<StorePath, Wanted> _derivations = [];

    /// <summary>The inputs that a context amounts to.</summary>
    /// <exception cref="FormatsException">An element is no store path.</exception>
    internal static (ImmutableArray<InputDerivation> Derivations, ImmutableArray<StorePath> Sources) Inputs(
        StringContext? context, StoreDir dir, DerivationTable derivations)
    {
        if (context is null)
        {
            return ([], []);
        }

        if (IsPlain(context.Elements, dir))
        {
            return Plain(context.Elements, dir, derivations);
        }

        InputCollector collector = new(dir, derivations);
        foreach (ContextElement element in context.Elements)
        {
            collector.Add(element);
        }

        return (collector.Derivations, collector.Sources);
    }

    // Sources and outputs of derivations at hand, which is nearly every context, stand in the right order already,
    // unless a path is written in an unusual way.
    private static bool IsPlain(ReadOnlySpan<ContextElement> elements, StoreDir dir)
    {
        int prefix = dir.PathBytes.Length + 1;
        foreach (ContextElement element in elements)
        {
            ContextElement path = element.Derivation ?? element;
            if (path.Kind != ContextKind.Opaque || path.PathIn(dir).BaseName.Length + prefix != path.Path.Length)
            {
                return false;
            }
        }

        return true;
    }

    private static (ImmutableArray<InputDerivation> Derivations, ImmutableArray<StorePath> Sources) Plain(
        ReadOnlySpan<ContextElement> elements, StoreDir dir, DerivationTable derivations)
    {
        int sources = 0;
        while (sources < elements.Length && elements[sources].Kind == ContextKind.Opaque)
        {
            sources++;
        }

        StorePath[] paths = sources == 0 ? [] : new StorePath[sources];
        for (int i = 0; i < sources; i++)
        {
            paths[i] = elements[i].PathIn(dir);
        }

        int distinct = 0;
        for (int i = sources; i < elements.Length; i = EndOfRun(elements, i, dir))
        {
            distinct++;
        }

        InputDerivation[] inputs = distinct == 0 ? [] : new InputDerivation[distinct];
        int n = 0;
        for (int i = sources; i < elements.Length;)
        {
            int end = EndOfRun(elements, i, dir);
            inputs[n++] = new InputDerivation(elements[i].Derivation!.PathIn(dir), Selection(elements[i..end], derivations));
            i = end;
        }

        return (ImmutableCollectionsMarshal.AsImmutableArray(inputs), ImmutableCollectionsMarshal.AsImmutableArray(paths));
    }

    // Behind the outputs of the derivation at this place.
    private static int EndOfRun(ReadOnlySpan<ContextElement> elements, int start, StoreDir dir)
    {
        StorePath path = elements[start].Derivation!.PathIn(dir);
        int end = start + 1;
        while (end < elements.Length && elements[end].Derivation!.PathIn(dir) == path)
        {
            end++;
        }

        return end;
    }

    private static OutputSelection Selection(ReadOnlySpan<ContextElement> outputs, DerivationTable derivations)
    {
        if (outputs is [{ Output: [(byte)'o', (byte)'u', (byte)'t'] }])
        {
            return OutputSelection.OnlyOut;
        }

        string[] names = new string[outputs.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = derivations.OutputName(outputs[i].Output!);
        }

        return new OutputSelection(ImmutableCollectionsMarshal.AsImmutableArray(names));
    }

    private ImmutableArray<StorePath> Sources => [.. _sources];

    private ImmutableArray<InputDerivation> Derivations
    {
        get
        {
            ImmutableArray<InputDerivation>.Builder all = ImmutableArray.CreateBuilder<InputDerivation>(_derivations.Count);
            foreach ((StorePath path, Wanted wanted) in _derivations)
            {
                all.Add(new InputDerivation(path, wanted.ToSelection()));
            }

            return all.MoveToImmutable();
        }
    }

    private void Add(ContextElement element)
    {
        switch (element.Kind)
        {
            case ContextKind.Opaque:
                _sources.Add(dir.Parse(element.Path));
                break;

            case ContextKind.Built:
                Slot(element.Derivation!).Names.Add(Encoding.UTF8.GetString(element.Output!));
                break;

            // The builder sees the whole graph, so all of it is an input, every output included.
            case ContextKind.DerivationDeep:
                foreach (StorePath path in derivations.Closure(dir.Parse(element.Path)))
                {
                    _sources.Add(path);
                    if (path.IsDerivation)
                    {
                        Wanted slot = Slot(path);
                        slot.Names.Clear();
                        foreach (NamedOutput output in derivations.Read(path).Outputs)
                        {
                            slot.Names.Add(output.Name);
                        }
                    }
                }

                break;

            default:
                throw new InvalidOperationException();
        }
    }

    private Wanted Slot(ContextElement derivation)
    {
        if (derivation.Kind == ContextKind.Opaque)
        {
            return Slot(dir.Parse(derivation.Path));
        }

        Wanted parent = Slot(derivation.Derivation!);
        string output = Encoding.UTF8.GetString(derivation.Output!);
        parent.Dynamic ??= new SortedDictionary<string, Wanted>(StringComparer.Ordinal);
        if (!parent.Dynamic.TryGetValue(output, out Wanted? slot))
        {
            parent.Dynamic.Add(output, slot = new Wanted());
        }

        return slot;
    }

    private Wanted Slot(StorePath path)
    {
        if (!_derivations.TryGetValue(path, out Wanted? slot))
        {
            _derivations.Add(path, slot = new Wanted());
        }

        return slot;
    }

    private sealed class Wanted
    {
        internal readonly SortedSet<string> Names = new(StringComparer.Ordinal);
        internal SortedDictionary<string, Wanted>? Dynamic;

        internal OutputSelection ToSelection()
        {
            if (Dynamic is null)
            {
                return new OutputSelection([.. Names]);
            }

            ImmutableArray<(string, OutputSelection)>.Builder inner = ImmutableArray.CreateBuilder<(string, OutputSelection)>(Dynamic.Count);
            foreach ((string name, Wanted wanted) in Dynamic)
            {
                inner.Add((name, wanted.ToSelection()));
            }

            return new OutputSelection([.. Names], inner.MoveToImmutable());
        }
    }
}
