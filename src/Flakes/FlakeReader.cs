using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>Reads <c>flake.nix</c> files. Only what is written out in them is looked at: nothing is computed.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake: "Flake format"</remarks>
internal sealed class FlakeReader(Evaluator ev, EvalStore store)
{
    private readonly Symbol _inputs = ev.Symbols.Intern("inputs");
    private readonly Symbol _nixConfig = ev.Symbols.Intern("nixConfig");

    /// <summary>Reads the flake in a tree.</summary>
    /// <param name="tree">The folder of the tree, absolute.</param>
    /// <param name="path">The input that it is; empty for the flake at the top.</param>
    /// <exception cref="EvalError">The file is no flake.</exception>
    public Flake Read(FlakeReference original, FlakeReference resolved, FlakeReference locked, string tree, InputPath path)
    {
        // No directory leads out of its tree.
        string inside = Encoding.UTF8.GetString(CanonPath.Make(Encoding.UTF8.GetBytes("/" + resolved.Directory)));
        string folder = inside == "/" ? tree : tree + inside;
        VAttrs set = ev.LiteralFile(Encoding.UTF8.GetBytes(folder + "/flake.nix"));
        Flake flake = new() { Original = original, Resolved = resolved, Locked = locked, Folder = folder };
        if (set.Get(WellKnown.Description) is { } description)
        {
            flake = flake with { Description = ((VString)Expect(ValueKind.String, description, set.PosOf(WellKnown.Description))).Text };
        }

        SortedDictionary<string, FlakeInput> inputs = new(StringComparer.Ordinal);
        if (set.Get(_inputs) is { } declared)
        {
            (inputs, InputAttributes self) = ReadInputs(declared, set.PosOf(_inputs), path, folder, tree, allowSelf: true);
            flake = flake with { SelfAttributes = self };
        }

        if (set.Get(WellKnown.Outputs) is not { } outputs)
        {
            throw Error($"flake '{resolved.ToString()}' lacks attribute 'outputs'");
        }

        // What the function names without declaring it is looked up in the registries.
        if (Expect(ValueKind.Function, outputs, set.PosOf(WellKnown.Outputs)) is VLambda { NamedArguments: { } arguments })
        {
            foreach (Attr argument in arguments.InNameOrder(ev.Symbols))
            {
                string name = ev.Symbols.TextOf(argument.Name);
                if (name != "self")
                {
                    inputs.TryAdd(name, new FlakeInput { Reference = Checked(() => FlakeReference.Parse(store.Inputs, name)) });
                }
            }
        }

        flake = flake with { Inputs = inputs };
        if (set.Get(_nixConfig) is { } config)
        {
            flake = flake with { Settings = ReadSettings(config, set.PosOf(_nixConfig)) };
        }

        foreach (Attr attr in set.InNameOrder(ev.Symbols))
        {
            if (attr.Name != WellKnown.Description && attr.Name != _inputs && attr.Name != WellKnown.Outputs && attr.Name != _nixConfig)
            {
                throw Error($"flake '{resolved.ToString()}' has an unsupported attribute '{ev.Symbols.TextOf(attr.Name)}', at {Place(attr.Pos)}");
            }
        }

        return flake;
    }

    private static EvalError Error(HintText text) => new(EvalErrorKind.Error, text);

    private static T Checked<T>(Func<T> work) => FlakeErrors.Checked(work);

    private string Place(PosIdx pos) => ErrorRenderer.Describe(ev.Positions, pos);

    private Value Expect(ValueKind kind, Value value, PosIdx pos)
    {
        Value found = Evaluator.ForceLiteral(value);
        return found.Kind == kind ? found : throw Error($"expected {TypeName(kind)} but got {TypeName(found)} at {Place(pos)}");
    }

    private static string TypeName(ValueKind kind) => kind switch
    {
        ValueKind.Attrs => "a set",
        ValueKind.Bool => "a Boolean",
        ValueKind.String => "a string",
        ValueKind.Function => "a function",
        _ => throw new InvalidOperationException(),
    };

    private static string TypeName(Value value) => value is Thunk ? "a thunk" : value is VString ? "a string" : Evaluator.ShowType(value);

    private (SortedDictionary<string, FlakeInput> Inputs, InputAttributes Self) ReadInputs(
        Value value, PosIdx pos, InputPath path, string folder, string tree, bool allowSelf)
    {
        SortedDictionary<string, FlakeInput> inputs = new(StringComparer.Ordinal);
        InputAttributes self = new();
        foreach (Attr attr in ((VAttrs)Expect(ValueKind.Attrs, value, pos)).InNameOrder(ev.Symbols))
        {
            string name = ev.Symbols.TextOf(attr.Name);
            if (name != "self")
            {
                inputs.Add(name, ReadInput(attr.Value, attr.Pos, path, folder, tree));
                continue;
            }

            if (!allowSelf)
            {
                throw Error($"'self' input attribute not allowed at {Place(attr.Pos)}");
            }

            foreach (Attr own in ((VAttrs)Expect(ValueKind.Attrs, attr.Value, attr.Pos)).InNameOrder(ev.Symbols))
            {
                self = WithAttribute(self, own);
            }
        }

        return (inputs, self);
    }

    private FlakeInput ReadInput(Value value, PosIdx pos, InputPath path, string folder, string tree)
    {
        FlakeInput input = new();
        InputAttributes attributes = new();
        string? url = null;
        foreach (Attr attr in ((VAttrs)Expect(ValueKind.Attrs, value, pos)).InNameOrder(ev.Symbols))
        {
            string name = ev.Symbols.TextOf(attr.Name);
            try
            {
                switch (name)
                {
                    case "url":
                        url = ReadUrl(attr, folder, tree);
                        attributes = attributes.With("url", url);
                        break;
                    case "flake":
                        input = input with { IsFlake = ((VBool)Expect(ValueKind.Bool, attr.Value, attr.Pos)).IsTrue };
                        break;
                    case "inputs":
                        input = input with { Overrides = ReadInputs(attr.Value, attr.Pos, path, folder, tree, allowSelf: false).Inputs };
                        break;
                    case "follows":
                        string follows = ((VString)Expect(ValueKind.String, attr.Value, attr.Pos)).Text;
                        input = input with { Follows = path.Then(Checked(() => InputPath.Parse(follows))) };
                        break;
                    default:
                        attributes = WithAttribute(attributes, attr);
                        break;
                }
            }
            catch (EvalError e) when (e.AddTrace(attr.Pos, "while evaluating flake attribute '", name))
            {
                throw;
            }
        }

        if (attributes.Has("type"))
        {
            try
            {
                input = input with { Reference = Checked(() => FlakeReference.FromAttributes(store.Inputs, attributes)) };
            }
            catch (EvalError e) when (e.AddTrace(pos, "while evaluating flake input"))
            {
                throw;
            }
        }
        else
        {
            foreach ((string name, _) in attributes.Without("url"))
            {
                throw Error($"unexpected flake input attribute '{name}', at {Place(pos)}");
            }

            if (url is not null)
            {
                input = input with { Reference = Checked(() => FlakeReference.Parse(store.Inputs, url, input.IsFlake, allowRelative: true)) };
            }
        }

        return input is { Reference: not null, Follows: not null }
            ? throw Error($"flake input has both a flake reference and a follows attribute, at {Place(pos)}")
            : input;
    }

    private string ReadUrl(Attr attr, string folder, string tree)
    {
        switch (Evaluator.ForceLiteral(attr.Value))
        {
            case VString text:
                return text.Text;
            case VPath path:
                string target = path.Text;
                return target == tree || target.StartsWith(tree + "/", StringComparison.Ordinal)
                    ? "path:" + System.IO.Path.GetRelativePath(folder, target)
                    : throw Error($"input attribute path '{target}' at {Place(attr.Pos)} must be in the same source tree as {folder}");
            case var other:
                throw Error($"expected a string or a path but got {TypeName(other)} at {Place(attr.Pos)}");
        }
    }

    private InputAttributes WithAttribute(InputAttributes attributes, Attr attr)
    {
        string name = ev.Symbols.TextOf(attr.Name);
        switch (attr.Value.Peek())
        {
            case VString text:
                return attributes.With(name, text.Text);
            case VBool flag:
                return attributes.With(name, flag.IsTrue);
            case VInt { Number: < 0 } number:
                throw Error($"negative value given for flake input attribute {name}: {number.Number}");
            case VInt number:
                return attributes.With(name, (ulong)number.Number);
            case Value keys when name == "publicKeys":
                return ev.HasFeature("verified-fetches")
                    ? attributes.With(name, Encoding.UTF8.GetString(JsonPrinter.Print(ev, keys, true, copyToStore: true).Bytes))
                    : throw EvalError.FeatureNeeded("verified-fetches");
            case var other:
                throw new EvalError(EvalErrorKind.Type, $"flake input attribute '{name}' is {TypeName(other)} while a string, Boolean, or integer is expected");
        }
    }

    private SortedDictionary<string, string> ReadSettings(Value config, PosIdx pos)
    {
        SortedDictionary<string, string> settings = new(StringComparer.Ordinal);
        foreach (Attr attr in ((VAttrs)Expect(ValueKind.Attrs, config, pos)).InNameOrder(ev.Symbols))
        {
            string name = ev.Symbols.TextOf(attr.Name);
            settings.Add(name, Evaluator.ForceLiteral(attr.Value) switch
            {
                VString text => Encoding.UTF8.GetString(ev.ForceStringNoContext(text, "", attr.Pos)),
                VPath path => Encoding.UTF8.GetString(ev.Store.CopyToStore(path.Path).Bytes),
                VInt number => number.Number.ToString(CultureInfo.InvariantCulture),
                VBool flag => flag.IsTrue ? "true" : "false",
                VList list => string.Join(' ', Items(list, name, attr.Pos)),
                Value other => throw new EvalError(EvalErrorKind.Type, $"flake configuration setting '{name}' is {TypeName(other)}"),
            });
        }

        return settings;
    }

    private List<string> Items(VList list, string name, PosIdx pos)
    {
        List<string> items = [];
        foreach (Value item in list.Items)
        {
            items.Add(item.Peek() is VString text
                ? Encoding.UTF8.GetString(ev.ForceStringNoContext(text, "", pos))
                : throw new EvalError(EvalErrorKind.Type, $"list element in flake configuration setting '{name}' is {TypeName(list)} while a string is expected"));
        }

        return items;
    }
}
