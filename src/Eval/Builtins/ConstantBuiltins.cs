using System;
using System.Collections.Generic;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Values with a name.</summary>
public sealed class ConstantBuiltins(Evaluator ev) : IBuiltinFamily
{
    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Constant("true", static () => VBool.True, "The value true.", global: true),
        Builtin.Constant("false", static () => VBool.False, "The value false.", global: true),
        Builtin.Constant("null", static () => VNull.Instance, "The value null.", global: true),
        Builtin.Constant("currentTime", static () => VInt.Of(DateTimeOffset.UtcNow.ToUnixTimeSeconds()), "The time when the evaluation began, in seconds since 1970.", impureOnly: true),
        Builtin.Constant("currentSystem", () => new VString(ev.Options.CurrentSystem), "The kind of system that is evaluated for, such as x86_64-linux.", impureOnly: true),
        Builtin.Constant("nixVersion", () => new VString(ev.Options.NixVersion), "The version of Nix whose behaviour this is."),
        Builtin.Constant("storeDir", () => new VString(ev.Options.StoreDir), "The directory of store objects."),
        Builtin.Constant("langVersion", static () => VInt.Of(6), "The version of the language."),
        Builtin.Constant("nixPath", NixPath, "The search path that names in angle brackets are looked up in."),
    ];

    private VList NixPath()
    {
        AttrsTemplate entry = new([WellKnown.Path, WellKnown.Prefix]);
        Value[] entries = new Value[ev.Options.SearchPath.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            SearchPathEntry place = ev.Options.SearchPath[i];
            entries[i] = entry.Make([new VString(place.Target), new VString(place.Prefix)]);
        }

        return VList.Of(entries);
    }
}
