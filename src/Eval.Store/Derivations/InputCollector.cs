using System;
using System.Collections.Generic;
using System.Collections.Immutable;
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

    internal ImmutableArray<StorePath> Sources => [.. _sources];

    internal ImmutableArray<InputDerivation> Derivations
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

    internal void Add(ContextElement element)
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
