using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Packages;

/// <summary>What profiles know of a package; each part is evaluated when it is asked for.</summary>
/// <remarks>Every member may throw an <see cref="EvalError"/>: an attribute is missing, fails or has another type.</remarks>
public sealed class PackageInfo
{
    private readonly Evaluator _evaluator;
    private readonly VAttrs _attributes;
    private PackageName? _name;
    private StorePath? _outPath;
    private VAttrs? _meta;

    /// <summary>A derivation that an expression holds.</summary>
    public PackageInfo(Evaluator evaluator, Package package)
    {
        _evaluator = evaluator;
        _attributes = package.Attributes;
        AttrPath = package.AttrPath;
    }

    /// <summary>A store path as a package; nothing more is known of it.</summary>
    /// <param name="derivation">What makes the path, if it is known.</param>
    public PackageInfo(Evaluator evaluator, StorePath path, StorePath? derivation = null)
    {
        _evaluator = evaluator;
        AttrsBuilder attributes = new(1);
        attributes.Add(WellKnown.System, VString.Empty);
        _attributes = attributes.Build();
        AttrPath = "";
        _outPath = path;
        _name = PackageName.Parse((derivation ?? path).Name);
        Derivation = derivation;
    }

    /// <summary>Where it was found, parts joined by dots.</summary>
    public string AttrPath { get; }

    /// <summary>Name and version; may be set to another name.</summary>
    public PackageName Name
    {
        get => _name ??= PackageName.Parse(Text(WellKnown.Name, "while evaluating the 'name' attribute of a derivation")
            ?? throw new EvalError(EvalErrorKind.Type, "derivation name missing"));
        set => _name = value;
    }

    /// <summary>The system that it is built on.</summary>
    public string System => Text(WellKnown.System, "while evaluating the 'system' attribute of a derivation", _attributes.PosOf(WellKnown.System)) ?? "unknown";

    /// <summary>The output that is meant where one is meant alone; empty where none is named.</summary>
    public string OutputName => Text(WellKnown.OutputName, "while evaluating the output name of a derivation") ?? "";

    private StorePath? Derivation { get; }

    /// <summary>What makes it; null where that is not known.</summary>
    public StorePath? DrvPath
    {
        get
        {
            const string Context = "while evaluating the 'drvPath' attribute of a derivation";
            StorePath? path = Derivation ?? Path(_attributes, WellKnown.DrvPath, Context);
            return path is not { IsDerivation: false } other
                ? path
                : throw new EvalError(EvalErrorKind.Error, $"store path '{other.ToString()}' is not a valid derivation path").WithTrace(_attributes.PosOf(WellKnown.DrvPath), Context);
        }
    }

    /// <summary>The path of the output that is meant.</summary>
    public StorePath OutPath => _outPath ??= Path(_attributes, WellKnown.OutPath, "while evaluating the output path of a derivation")
        ?? throw new EvalError(EvalErrorKind.Error, "derivation does not have attribute 'outPath'");

    /// <summary>What <c>meta.priority</c> says, 0 without.</summary>
    public long Priority => Meta("priority") switch
    {
        VInt number => number.Number,
        VString text when long.TryParse(text.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        _ => 0,
    };

    /// <summary>Whether <c>meta.keep</c> wants it left as it is.</summary>
    public bool Keep => Meta("keep") is Value keep && (keep == VBool.True || keep is VString { Text: "true" });

    /// <summary>What <c>meta.description</c> says, empty without.</summary>
    public string Description => Meta("description") is VString text ? text.Text : "";

    /// <summary>The names of all outputs; with their paths where these are asked for.</summary>
    public SortedDictionary<string, StorePath?> Outputs(bool withPaths)
    {
        SortedDictionary<string, StorePath?> outputs = new(StringComparer.Ordinal);
        if (!_attributes.TryGet(WellKnown.Outputs, out Value list))
        {
            outputs.Add("out", withPaths ? OutPath : null);
            return outputs;
        }

        PosIdx pos = _attributes.PosOf(WellKnown.Outputs);
        foreach (Value item in _evaluator.ForceList(list, "while evaluating the 'outputs' attribute of a derivation", pos).Items)
        {
            string name = MessageText.Decode(_evaluator.ForceStringNoContext(item, "while evaluating the name of an output of a derivation", pos));
            if (!withPaths)
            {
                outputs[name] = null;
            }
            else if (_attributes.TryGet(_evaluator.Symbols.Intern(name), out Value output)
                && Path(_evaluator.ForceAttrs(output, "while evaluating an output of a derivation", pos), WellKnown.OutPath, "while evaluating an output path of a derivation") is StorePath path)
            {
                outputs[name] = path;
            }
        }

        return outputs;
    }

    /// <summary>The outputs that are installed where a user names none, with their paths.</summary>
    public SortedDictionary<string, StorePath> OutputsToInstall()
    {
        IReadOnlyCollection<string> wanted = PackageOutputs.ToInstall(_evaluator, _attributes);
        SortedDictionary<string, StorePath> chosen = new(StringComparer.Ordinal);
        foreach ((string name, StorePath? path) in Outputs(withPaths: true))
        {
            if (path is StorePath known && wanted.Contains(name))
            {
                chosen.Add(name, known);
            }
        }

        return chosen;
    }

    /// <summary>The names of <c>meta</c>, sorted.</summary>
    public IReadOnlyCollection<string> MetaNames
    {
        get
        {
            SortedSet<string> names = new(StringComparer.Ordinal);
            foreach (Attr attr in MetaSet.InNameOrder(_evaluator.Symbols))
            {
                names.Add(_evaluator.Symbols.TextOf(attr.Name));
            }

            return names;
        }
    }

    /// <summary>An attribute of <c>meta</c>, all of it evaluated; null where it is none, or holds functions, derivations or paths.</summary>
    public Value? Meta(string name) => MetaSet.Get(_evaluator.Symbols.Intern(name)) is Value value && IsPlain(value) ? value.Force() : null;

    /// <summary>Sets an attribute of <c>meta</c>.</summary>
    public void SetMeta(string name, string text)
    {
        Symbol symbol = _evaluator.Symbols.Intern(name);
        AttrsBuilder changed = new(MetaSet.Count + 1);
        foreach (Attr attr in MetaSet.InNameOrder(_evaluator.Symbols))
        {
            if (attr.Name != symbol)
            {
                changed.Add(attr.Name, attr.Value, attr.Pos);
            }
        }

        changed.Add(symbol, new VString(text));
        _meta = changed.Build();
    }

    private VAttrs MetaSet => _meta ??= _attributes.TryGet(WellKnown.Meta, out Value meta)
        ? _evaluator.ForceAttrs(meta, "while evaluating the 'meta' attribute of a derivation", _attributes.PosOf(WellKnown.Meta))
        : VAttrs.Empty;

    private bool IsPlain(Value value)
    {
        _evaluator.Enter(value.Peek() is VAttrs known ? known.Shape.Pos : default);
        bool plain = value.Force() switch
        {
            VInt or VBool or VString or VFloat => true,
            VList list => Array.TrueForAll(list.Items, IsPlain),
            VAttrs set => !set.Has(WellKnown.OutPath) && Array.TrueForAll(set.Values, IsPlain),
            _ => false,
        };
        _evaluator.Leave();
        return plain;
    }

    private string? Text(Symbol name, string context, PosIdx pos = default) =>
        _attributes.TryGet(name, out Value value) ? MessageText.Decode(_evaluator.ForceStringNoContext(value, context, pos)) : null;

    private StorePath? Path(VAttrs set, Symbol name, string context)
    {
        if (!set.TryGet(name, out Value value))
        {
            return null;
        }

        string path = Encoding.UTF8.GetString(_evaluator.CoerceToString(value, context, Coercion.Strict, set.PosOf(name)).Bytes);
        return new StoreDir(_evaluator.Options.StoreDir).TryParse(path, out StorePath parsed)
            ? parsed
            : throw new EvalError(EvalErrorKind.Error, $"path '{path}' is not in the Nix store").WithTrace(set.PosOf(name), context);
    }
}
