using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Builtins;

/// <summary><c>import</c> and <c>scopedImport</c>, which also read store derivations.</summary>
public sealed class ImportBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;

    internal ImportBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("import", Import, "The value of the expression in a file, each file once; of a store derivation its set.", global: true),
        Builtin.Of("scopedImport", ScopedImport, "The value of the expression in a file, with the attributes of a set in scope.", global: true),
    ];

    private Value Import(Value path)
    {
        byte[] file = _ev.RealisePath(path);
        return TryDerivation(file) ?? _ev.EvaluateFile(file);
    }

    private Value ScopedImport(Value scope, Value path)
    {
        byte[] file = _ev.RealisePath(path);
        return TryDerivation(file)
            ?? _ev.EvaluateFile(file, _ev.ForceAttrs(scope, "while evaluating the first argument passed to builtins.scopedImport"));
    }

    // The set of a valid store derivation: its outputs, each a derivation as the language knows them.
    private VAttrs? TryDerivation(byte[] file)
    {
        if (!file.AsSpan().EndsWith(".drv"u8))
        {
            return null;
        }

        StoreDir dir = _store.Options.StoreDir;
        try
        {
            _store.Texts.Flush();
            return dir.TryParse(Encoding.UTF8.GetString(file), out StorePath path) && path.IsDerivation && _store.Options.Infos.IsValid(path)
                ? ToSet(_store.Derivations.Read(path), path)
                : null;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    private VAttrs ToSet(Derivation derivation, StorePath path)
    {
        StoreDir dir = _store.Options.StoreDir;
        byte[] text = Encoding.UTF8.GetBytes(dir.Print(path));
        VString drvPath = new(text, StringContext.Of(ContextElement.DerivationDeep(text)));
        ContextElement opaque = ContextElement.Opaque(text);
        byte[] name = Encoding.UTF8.GetBytes(derivation.Name);
        foreach (EnvironmentVariable variable in derivation.Environment)
        {
            name = variable.Name.AsSpan().SequenceEqual("name"u8) ? variable.Value : name;
        }

        // Outputs hold each other, so their sets are made when they are looked at.
        VAttrs? common = null;
        Delayed<OutputOf> output = new(of =>
        {
            NamedOutput its = of.Output;
            byte[] outputName = Encoding.UTF8.GetBytes(its.Name);
            AttrsBuilder own = new(4);
            own.Add(WellKnown.OutPath, OutputTexts.Of(dir, ContextElement.Built(opaque, outputName), its.Output.KnownPath(dir, derivation.Name, its.Name)));
            own.Add(WellKnown.DrvPath, drvPath);
            own.Add(WellKnown.Type, new VString("derivation"));
            own.Add(WellKnown.OutputName, new VString(outputName));
            return VAttrs.Update(common!, own.Build());
        });
        AttrsBuilder set = new(derivation.Outputs.Length + 2);
        Value[] all = new Value[derivation.Outputs.Length];
        set.Add(WellKnown.Name, new VString(name));
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = output.Of(new OutputOf(derivation.Outputs[i]));
            set.Add(_ev.Symbols.Intern(Encoding.UTF8.GetBytes(derivation.Outputs[i].Name)), all[i]);
        }

        set.Add(WellKnown.All, VList.Of(all));
        common = set.Build();
        return (VAttrs)all[0].Force();
    }

    private sealed record OutputOf(NamedOutput Output);
}
