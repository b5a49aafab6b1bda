using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Derivations;
using Firn.Eval.Values;

namespace Firn.Eval.Store.Builtins;

/// <summary><c>derivation</c> and <c>derivationStrict</c>.</summary>
public sealed class DerivationBuiltins : IBuiltinFamily
{
    private static readonly byte[] s_out = "out"u8.ToArray();

    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly DerivationMaker _maker;
    private readonly Delayed<Call> _strict;
    private readonly Delayed<Call> _drvPath;
    private readonly Delayed<OutputOf> _outPath;
    private readonly Delayed<OutputOf> _set;
    private readonly Delayed<Value[]> _all;
    private readonly AttrsTemplate _single;
    private readonly AttrsTemplate _result;
    private readonly VString _type = new("derivation");
    private readonly VString _outValue;

    internal DerivationBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
        _maker = new DerivationMaker(ev, store);
        _strict = new Delayed<Call>(call => Strict(call.Attributes));
        _drvPath = new Delayed<Call>(call => Result(call).Get(WellKnown.DrvPath)!.Force());
        _outPath = new Delayed<OutputOf>(OutPath);
        _set = new Delayed<OutputOf>(SetOf);
        _all = new Delayed<Value[]>(VList.Of);
        _single = new AttrsTemplate([WellKnown.Out, WellKnown.All, WellKnown.DrvAttrs, WellKnown.OutPath, WellKnown.DrvPath, WellKnown.Type, WellKnown.OutputName]);
        _result = new AttrsTemplate([WellKnown.OutPath, WellKnown.DrvPath, WellKnown.Type, WellKnown.OutputName]);
        _outValue = ev.NameValue(WellKnown.Out);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("derivation", Derivation, "The set of a derivation, one attribute for each output; nothing is computed before a path is needed.", global: true, optional: ["outputs"]),
        Builtin.Of("derivationStrict", Strict, "Makes a store derivation of a set and gives its path and those of its outputs.", global: true),
    ];

    private Value Strict(Value argument)
    {
        VAttrs attributes = _ev.ForceAttrs(argument, "while evaluating the argument passed to builtins.derivationStrict");
        return _maker.Make(attributes);
    }

    // What a derivation is to the language: its attributes, each output under its name, and the paths. The store
    // derivation is made when one of the paths is needed.
    private Value Derivation(Value argument)
    {
        VAttrs attributes = _ev.ForceAttrs(argument, "while calling the 'derivation' function");
        Call call = new(attributes);
        call.Strict = _strict.Of(call);
        call.DrvPath = _drvPath.Of(call);
        if (attributes.Get(WellKnown.Outputs) is not { } outputs)
        {
            return Single(call, _outValue);
        }

        VList list = _ev.ForceList(outputs, "while evaluating the 'outputs' attribute of a derivation", attributes.PosOf(WellKnown.Outputs));
        if (list.Count == 0)
        {
            throw new EvalError(EvalErrorKind.Error, "'builtins.head' called on an empty list");
        }

        VString[] names = new VString[list.Count];
        for (int i = 0; i < names.Length; i++)
        {
            byte[] name = _ev.ForceStringNoContext(list.Items[i], "while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs");
            names[i] = _ev.ForceString(list.Items[i], "");
            if (names.Length == 1 && name.AsSpan().SequenceEqual(s_out))
            {
                return Single(call, names[0]);
            }
        }

        return Several(call, names);
    }

    // The usual case, with all that is added in one set of a shared shape.
    private VAttrs Single(Call call, VString name)
    {
        OutputOf output = new(call, name);
        Value set = _set.Of(output);
        output.Set = VAttrs.Update(
            call.Attributes,
            _single.Make([set, _all.Of([set]), call.Attributes, _outPath.Of(output), call.DrvPath!, _type, name]));

        // The first output is the result: printing must see that it is known.
        set.Force();
        return output.Set;
    }

    private VAttrs Several(Call call, VString[] names)
    {
        AttrsBuilder added = new(names.Length + 2, _ev.Symbols);
        Value[] all = new Value[names.Length];
        OutputOf[] outputs = new OutputOf[names.Length];

        // These two replace outputs of their names; of equal outputs the first counts.
        added.Add(WellKnown.DrvAttrs, call.Attributes);
        for (int i = 0; i < names.Length; i++)
        {
            outputs[i] = new OutputOf(call, names[i]);
            all[i] = _set.Of(outputs[i]);
        }

        added.Add(WellKnown.All, _all.Of(all));
        for (int i = 0; i < names.Length; i++)
        {
            added.Add(_ev.Symbols.Intern(names[i].Bytes), all[i]);
        }

        call.Common = VAttrs.Update(call.Attributes, added.Build());
        return (VAttrs)all[0].Force();
    }

    private VAttrs SetOf(OutputOf output) => output.Set ??= VAttrs.Update(
        output.Call.Common!, _result.Make([_outPath.Of(output), output.Call.DrvPath!, _type, output.Name]));

    private Value OutPath(OutputOf output)
    {
        VAttrs paths = Result(output.Call);
        return (paths.Get(_ev.Symbols.Intern(output.Name.Bytes)) ?? throw new EvalError(
            EvalErrorKind.Error, $"attribute '{_ev.ShowName(_ev.Symbols.Intern(output.Name.Bytes))}' missing").WithTrace(default, "in the attribute set under consideration")).Force();
    }

    private static VAttrs Result(Call call) => (VAttrs)call.Strict!.Force();

    private sealed class Call(VAttrs attributes)
    {
        public readonly VAttrs Attributes = attributes;
        public Value? Strict;
        public Value? DrvPath;
        public VAttrs? Common;
    }

    private sealed class OutputOf(Call call, VString name)
    {
        public readonly Call Call = call;
        public readonly VString Name = name;
        public VAttrs? Set;
    }
}
