using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>Builtins about flakes: <c>getFlake</c>, <c>parseFlakeRef</c> and <c>flakeRefToString</c>.</summary>
public sealed class FlakeBuiltins : IBuiltinFamily
{
    // The field names a place here, but never knows it.
    private const string Nowhere = "«none»:0";

    private readonly Evaluator _ev;
    private readonly InputSchemes _schemes;

    private readonly FlakeEvaluation _flakes;
    private readonly LockOptions _options;

    private FlakeBuiltins(Evaluator ev, EvalStore store, LockOptions options)
    {
        _ev = ev;
        _schemes = store.Inputs;
        _flakes = new FlakeEvaluation(ev, store);

        // An expression writes no files, and what it means must not depend on who evaluates it.
        bool pure = ev.Options.PureEval;
        _options = options with { MayUpdate = false, Write = false, UseRegistries = options.UseRegistries && !pure, AllowUnlocked = !pure };
    }

    /// <summary>For <see cref="EvaluatorOptions.Families"/>, behind those of the store.</summary>
    /// <param name="options">What the settings say about lock files.</param>
    public static IReadOnlyList<Func<Evaluator, IBuiltinFamily>> Families(EvalStore store, LockOptions options)
    {
        store.SearchPathSchemes["flake"] = reference => SearchPathInput(store, reference);
        return [ev => new FlakeBuiltins(ev, store, options)];
    }

    // A place of the search path such as flake:nixpkgs.
    private static Input SearchPathInput(EvalStore store, string reference)
    {
        Input input = store.Options.Features.Contains("flakes")
            ? Checked(() => FlakeReference.Parse(store.Inputs, reference, isFlake: false).Input)
            : throw EvalError.FeatureNeeded("flakes");
        return input.IsDirect ? input : Checked(() => store.Fetcher.Registries.Resolve(input, RegistryUse.All).Input);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("getFlake", GetFlake, "The outputs of the flake at a flake reference, and what is known of its tree.", feature: "flakes"),
        Builtin.Of("parseFlakeRef", ParseFlakeRef, "The attributes of a flake reference that is written as a URL.", feature: "flakes"),
        Builtin.Of("flakeRefToString", FlakeRefToString, "The URL of a flake reference that is given by its attributes.", feature: "flakes"),
    ];

    private Value GetFlake(Value argument)
    {
        string text = Encoding.UTF8.GetString(_ev.ForceStringNoContext(argument, "while evaluating the argument passed to builtins.getFlake"));
        FlakeReference reference = Checked(() => FlakeReference.Parse(_schemes, text));
        return _ev.Options.PureEval && !reference.Input.IsLocked
            ? throw new EvalError(EvalErrorKind.Restricted, $"cannot call 'getFlake' on unlocked flake reference '{text}', at {Nowhere} (use --impure to override)")
            : _flakes.Call(_flakes.Lock(reference, _options));
    }

    private Value ParseFlakeRef(Value reference)
    {
        byte[] text = _ev.ForceStringNoContext(reference, "while evaluating the argument passed to builtins.parseFlakeRef");
        InputAttributes attributes = Checked(() => FlakeReference.Parse(_schemes, Encoding.UTF8.GetString(text)).ToAttributes());
        AttrsBuilder set = new(8);
        foreach ((string name, InputValue value) in attributes)
        {
            set.Add(_ev.Symbols.Intern(name), value switch
            {
                InputValue.Text its => new VString(its.Value),
                InputValue.Number its => VInt.Of((long)its.Value),
                InputValue.Flag its => VBool.Of(its.Value),
                _ => throw new InvalidOperationException(),
            });
        }

        return set.Build();
    }

    private Value FlakeRefToString(Value argument)
    {
        VAttrs set = _ev.ForceAttrs(argument, "while evaluating the argument passed to builtins.flakeRefToString");
        InputAttributes attributes = new();
        foreach (Attr attribute in set.InNameOrder(_ev.Symbols))
        {
            string name = _ev.Symbols.TextOf(attribute.Name);
            attributes = attributes.With(name, attribute.Value.Force() switch
            {
                VInt { Number: < 0 } number => throw new EvalError(EvalErrorKind.Error, $"negative value given for flake ref attr {name}: {number.Number}"),
                VInt number => new InputValue.Number((ulong)number.Number),
                VBool flag => new InputValue.Flag(flag.IsTrue),
                VString text => new InputValue.Text(text.Text),
                Value other => throw new EvalError(
                    EvalErrorKind.Error,
                    $"flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '{name}' is {Evaluator.ShowType(other)}"),
            });
        }

        return new VString(Checked(() => FlakeReference.FromAttributes(_schemes, attributes).ToString()));
    }

    private static T Checked<T>(Func<T> work) => FlakeErrors.Checked(work);
}
