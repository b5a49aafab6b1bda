using System.Collections.Generic;
using Firn.Eval.Builtins.Versions;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Names and versions of packages.</summary>
public sealed class VersionBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly AttrsTemplate _name;

    public VersionBuiltins(Evaluator ev)
    {
        _ev = ev;
        _name = new AttrsTemplate([WellKnown.Name, WellKnown.Version]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("compareVersions", Compare, "-1, 0 or 1 as the first version is older than, equal to or newer than the second."),
        Builtin.Of("splitVersion", Split, "The components of a version."),
        Builtin.Of("parseDrvName", ParseName, "A package name cut into name and version."),
    ];

    private Value Compare(Value first, Value second)
    {
        byte[] a = _ev.ForceStringNoContext(first, "while evaluating the first argument passed to builtins.compareVersions");
        byte[] b = _ev.ForceStringNoContext(second, "while evaluating the second argument passed to builtins.compareVersions");
        return VInt.Of(PackageVersion.Compare(a, b));
    }

    private Value Split(Value version)
    {
        byte[] text = _ev.ForceStringNoContext(version, "while evaluating the first argument passed to builtins.splitVersion");
        List<Value> components = [];
        int at = 0;
        while (PackageVersion.TryNext(text, ref at, out System.ReadOnlySpan<byte> component))
        {
            components.Add(new VString(component.ToArray()));
        }

        return VList.Of(components.ToArray());
    }

    private Value ParseName(Value name)
    {
        byte[] text = _ev.ForceStringNoContext(name, "while evaluating the first argument passed to builtins.parseDrvName");
        int dash = PackageVersion.FindVersion(text);
        return dash < 0
            ? _name.Make([new VString(text), VString.Empty])
            : _name.Make([new VString(text[..dash]), new VString(text[(dash + 1)..])]);
    }
}
