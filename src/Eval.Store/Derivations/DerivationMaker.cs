using System;
using System.Buffers;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Derivations;

/// <summary>Makes store derivations of attribute sets.</summary>
/// <remarks>Nix manual, language/derivations and language/advanced-attributes</remarks>
internal sealed class DerivationMaker
{
    private const Coercion Environment = Coercion.More | Coercion.CopyToStore;

    private static readonly byte[] s_out = "out"u8.ToArray();
    private static readonly string[] s_checksOfAll = ["allowedReferences", "allowedRequisites", "disallowedReferences", "disallowedRequisites", "maxSize", "maxClosureSize"];

    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly StructuredAttributes _structured;
    private readonly Dictionary<int, Role> _roles = [];
    private (byte[] Text, string Name) _lastSystem = ([], "");

    internal DerivationMaker(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
        _structured = new StructuredAttributes(ev);
        foreach ((string name, Role role) in (ReadOnlySpan<(string, Role)>)[
            ("__ignoreNulls", Role.IgnoreNulls), ("__structuredAttrs", Role.Structured), ("__contentAddressed", Role.ContentAddressed),
            ("__impure", Role.Impure), ("args", Role.Arguments), ("builder", Role.Builder), ("system", Role.System), ("outputs", Role.Outputs),
            ("outputHash", Role.OutputHash), ("outputHashAlgo", Role.OutputHashAlgorithm), ("outputHashMode", Role.OutputHashMode), ("__json", Role.Json)])
        {
            _roles.Add(ev.Symbols.Intern(name).Id, role);
        }

        foreach (string name in s_checksOfAll)
        {
            _roles.Add(ev.Symbols.Intern(name).Id, Role.Check);
        }
    }

    // What an attribute means beyond being a variable.
    private enum Role : byte
    {
        None,
        IgnoreNulls,
        Structured,
        ContentAddressed,
        Impure,
        Arguments,
        Builder,
        System,
        Outputs,
        OutputHash,
        OutputHashAlgorithm,
        OutputHashMode,
        Json,
        Check,
    }

    private StoreDir Dir => _store.Options.StoreDir;

    /// <summary>The set of the derivation's path and those of its outputs.</summary>
    internal VAttrs Make(VAttrs attributes)
    {
        Value nameValue = _ev.GetAttr(attributes, WellKnown.Name, "in the attrset passed as argument to builtins.derivationStrict");
        PosIdx pos = attributes.PosOf(WellKnown.Name);
        string name;
        try
        {
            name = Encoding.UTF8.GetString(_ev.ForceStringNoContext(nameValue, "while evaluating the `name` attribute passed to builtins.derivationStrict"));
        }
        catch (EvalError e) when (e.AddTrace(pos, "while evaluating the derivation attribute 'name'"))
        {
            throw;
        }

        try
        {
            return Make(attributes, name);
        }
        catch (EvalError e) when (AddName(e, name, pos))
        {
            throw;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            EvalError error = StoreErrors.Wrap(e);
            AddName(error, name, pos);
            throw error;
        }
    }

    private bool AddName(EvalError e, string name, PosIdx pos) => e.AddTrace(new TraceFrame(
        default, "while evaluating derivation '", name, "'\n  whose name attribute is located at " + StoreErrors.Quote(Place(pos))));

    private string Place(PosIdx pos) => _ev.Positions.Find(pos) is { } place
        ? place.Source.Describe(place.Offset)
        : "«none»";

    private VAttrs Make(VAttrs attributes, string name)
    {
        if (StorePathName.Fault(name) is string fault)
        {
            throw Error($"invalid derivation name: {new Plain(fault)}. Please pass a different '{"name"}'.");
        }

        Draft draft = new(name, attributes.Count + 1)
        {
            Structured = Flag(attributes, WellKnown.MagicStructuredAttrs, "while evaluating the `__structuredAttrs` attribute passed to builtins.derivationStrict"),
            IgnoreNulls = Flag(attributes, WellKnown.MagicIgnoreNulls, "while evaluating the `__ignoreNulls` attribute passed to builtins.derivationStrict"),
        };
        if (draft.Structured)
        {
            draft.JsonText = new ByteBuffer();
            draft.Json = new JsonTextWriter(draft.JsonText);
            draft.Json.BeginObject();
        }

        foreach (Attr attribute in attributes.InNameOrder(_ev.Symbols))
        {
            Role role = _roles.GetValueOrDefault(attribute.Name.Id);
            if (role == Role.IgnoreNulls)
            {
                continue;
            }

            try
            {
                Add(draft, attribute, role);
            }
            catch (EvalError e) when (AddAttribute(e, attribute, name))
            {
                throw;
            }
            catch (Exception e) when (StoreErrors.IsError(e))
            {
                EvalError error = StoreErrors.Wrap(e);
                AddAttribute(error, attribute, name);
                throw error;
            }
        }

        return Finish(draft);
    }

    private bool AddAttribute(EvalError e, Attr attribute, string name) => e.AddTrace(new TraceFrame(
        attribute.Pos, "while evaluating attribute '", _ev.Symbols.TextOf(attribute.Name), "' of derivation '" + StoreErrors.Quote(name) + "'"));

    private bool Flag(VAttrs attributes, Symbol name, string context) =>
        attributes.Get(name) is { } value && _ev.ForceBool(value, context);

    private void Add(Draft draft, Attr attribute, Role role)
    {
        if (draft.IgnoreNulls && attribute.Value.Force() is VNull)
        {
            return;
        }

        switch (role)
        {
            case Role.ContentAddressed:
                if (_ev.ForceBool(attribute.Value, ""))
                {
                    draft.ContentAddressed = true;
                    Require("ca-derivations");
                }

                return;

            case Role.Impure:
                if (_ev.ForceBool(attribute.Value, ""))
                {
                    draft.Impure = true;
                    Require("impure-derivations");
                }

                return;

            case Role.Arguments:
                foreach (Value argument in _ev.ForceList(attribute.Value, "").Items)
                {
                    draft.Arguments.Add(Text(draft, _ev.CoerceToString(argument, "while evaluating an element of the argument list", Environment)));
                }

                return;

            default:
                break;
        }

        if (draft.Structured)
        {
            AddStructured(draft, attribute, role);
        }
        else
        {
            AddVariable(draft, attribute, role);
        }
    }

    /// <summary>The same object with its members in order and nothing between them: other texts of it make the same derivation.</summary>
    private static byte[] CanonicalJson(byte[] text)
    {
        ByteBuffer canonical = new();
        try
        {
            new JsonTextWriter(canonical).Value(text);
        }
        catch (FormatsException e)
        {
            throw new EvalError(EvalErrorKind.Error, $"cannot process __json attribute: {e.Message}");
        }

        return canonical.Span is [(byte)'{', ..] ? canonical.ToArray() : throw new EvalError(EvalErrorKind.Error, $"cannot process __json attribute: it is not an object");
    }

    private void AddVariable(Draft draft, Attr attribute, Role role)
    {
        byte[] text = Text(draft, _ev.CoerceToString(attribute.Value, "", Environment));
        if (role == Role.Json)
        {
            _store.Warn($"In derivation '{draft.Name}': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead.");
            text = CanonicalJson(text);
        }

        draft.Add(new EnvironmentVariable(_ev.Symbols.BytesOf(attribute.Name), text));
        switch (role)
        {
            case Role.Builder:
                draft.Builder = text;
                break;
            case Role.System:
                draft.System = SystemName(text);
                break;
            case Role.OutputHash:
                draft.OutputHash = Utf8(text);
                break;
            case Role.OutputHashAlgorithm:
                draft.SetAlgorithm(Utf8(text));
                break;
            case Role.OutputHashMode:
                SetMode(draft, Utf8(text));
                break;
            case Role.Outputs:
                SetOutputs(draft, Utf8(text).Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
                break;
            default:
                break;
        }
    }

    private void AddStructured(Draft draft, Attr attribute, Role role)
    {
        if (role == Role.Structured)
        {
            return;
        }

        draft.Context = StringContext.Union(draft.Context, _structured.Write(draft.Json!, attribute));
        switch (role)
        {
            case Role.Builder:
                draft.Builder = Text(draft, _ev.ForceString(attribute.Value, ""));
                break;
            case Role.System:
                draft.System = Plain(attribute.Value);
                break;
            case Role.OutputHash:
                draft.OutputHash = Plain(attribute.Value);
                break;
            case Role.OutputHashAlgorithm:
                draft.SetAlgorithm(Plain(attribute.Value));
                break;
            case Role.OutputHashMode:
                SetMode(draft, Plain(attribute.Value));
                break;
            case Role.Outputs:
                List<string> outputs = [];
                foreach (Value output in _ev.ForceList(attribute.Value, "").Items)
                {
                    outputs.Add(Plain(output));
                }

                SetOutputs(draft, outputs);
                break;
            case Role.Check:
                string check = _ev.Symbols.TextOf(attribute.Name);
                _store.Warn($"In a derivation named '{draft.Name}', 'structuredAttrs' disables the effect of the derivation attribute '{check}'; use 'outputChecks.<output>.{check}' instead");
                break;
            default:
                break;
        }
    }

    private string Plain(Value value) => Utf8(_ev.ForceStringNoContext(value, ""));

    // The same for nearly all derivations of an evaluation.
    private string SystemName(byte[] text)
    {
        if (!text.AsSpan().SequenceEqual(_lastSystem.Text))
        {
            _lastSystem = (text, Utf8(text));
        }

        return _lastSystem.Name;
    }

    private static string Utf8(byte[] text) => Encoding.UTF8.GetString(text);

    private static byte[] Text(Draft draft, VString text)
    {
        if (text.Context is not null)
        {
            draft.Context = StringContext.Union(draft.Context, text.Context);
        }

        return text.Bytes;
    }

    private void SetMode(Draft draft, string mode)
    {
        draft.Method = mode switch
        {
            "recursive" or "nar" => ContentAddressMethod.NixArchive,
            "flat" => ContentAddressMethod.Flat,
            "text" => ContentAddressMethod.Text,
            "git" => ContentAddressMethod.Git,
            _ => throw Error($"invalid value '{mode}' for 'outputHashMode' attribute"),
        };
        if (draft.Method == ContentAddressMethod.Text)
        {
            Require("dynamic-derivations", $"text-hashed derivation '{draft.Name}', outputHashMode = \"text\"");
        }
        else if (draft.Method == ContentAddressMethod.Git)
        {
            Require("git-hashing");
        }
    }

    private static void SetOutputs(Draft draft, IReadOnlyList<string> names)
    {
        draft.Outputs.Clear();
        foreach (string name in names)
        {
            if (draft.Outputs.Contains(name))
            {
                throw Error($"duplicate derivation output '{name}'");
            }

            if (name == "drvPath")
            {
                throw Error($"invalid derivation output name 'drvPath'");
            }

            draft.Outputs.Add(name);
        }

        if (draft.Outputs.Count == 0)
        {
            throw Error($"derivation cannot have an empty set of outputs");
        }
    }

    private VAttrs Finish(Draft draft)
    {
        if (draft.Structured)
        {
            draft.Json!.EndObject();
            draft.SetVariable(Derivation.StructuredAttributesVariable.ToArray(), draft.JsonText!.ToArray());
        }

        (ImmutableArray<InputDerivation> inputs, ImmutableArray<StorePath> sources) = InputCollector.Inputs(draft.Context, Dir, _store.Derivations);
        if (draft.Builder.Length == 0)
        {
            throw Error($"required attribute 'builder' missing");
        }

        if (draft.System.Length == 0)
        {
            throw Error($"required attribute 'system' missing");
        }

        bool onlyOut = draft.Outputs.Count == 1 && draft.Outputs.Contains("out");
        if (draft.Name.EndsWith(StorePath.DerivationExtension, StringComparison.Ordinal) && !(draft.Method == ContentAddressMethod.Text && onlyOut))
        {
            throw Error($"derivation names are allowed to end in '{StorePath.DerivationExtension}' only if they produce a single derivation file");
        }

        DerivationOutput? kind = Kind(draft, onlyOut);
        ImmutableArray<NamedOutput>.Builder outputs = ImmutableArray.CreateBuilder<NamedOutput>(draft.Outputs.Count);
        foreach (string output in draft.Outputs)
        {
            DerivationOutput its = kind ?? DerivationOutput.Deferred.Instance;
            outputs.Add(new NamedOutput(output, its));
            draft.SetVariable(Encoding.UTF8.GetBytes(output), its switch
            {
                DerivationOutput.Fixed => Dir.PrintBytes(its.KnownPath(Dir, draft.Name, output)!.Value),
                DerivationOutput.Deferred => [],
                _ => Encoding.ASCII.GetBytes(Placeholders.Own(output)),
            });
        }

        EnvironmentVariable[] variables = draft.TakeVariables();
        Derivation derivation = new()
        {
            Name = draft.Name,
            Outputs = outputs.MoveToImmutable(),
            InputDerivations = inputs,
            InputSources = sources,
            Platform = draft.System,
            Builder = draft.Builder,
            Arguments = [.. draft.Arguments],
            Environment = ImmutableCollectionsMarshal.AsImmutableArray(variables),
        };
        if (kind is null)
        {
            derivation = WithPaths(derivation, variables);
        }

        return ToValue(derivation, _store.Derivations.Add(derivation));
    }

    // The outputs' kind where it does not follow from the inputs: then null.
    private DerivationOutput? Kind(Draft draft, bool onlyOut)
    {
        if (draft.OutputHash is not null)
        {
            if (!onlyOut)
            {
                throw Error($"multiple outputs are not supported in fixed-output derivations");
            }

            Hash hash = HashTexts.ParseAllowEmpty(draft.OutputHash, draft.Algorithm, _store.Warn);
            if (hash.Algorithm == HashAlgorithm.Blake3 && !_ev.HasFeature("blake3-hashes"))
            {
                throw EvalError.FeatureNeeded("blake3-hashes");
            }

            return new DerivationOutput.Fixed(new ContentAddress(draft.Method ?? ContentAddressMethod.Flat, hash));
        }

        if (draft.ContentAddressed && draft.Impure)
        {
            throw Error($"derivation cannot be both content-addressed and impure");
        }

        ContentAddressMethod method = draft.Method ?? ContentAddressMethod.NixArchive;
        HashAlgorithm algorithm = draft.Algorithm ?? HashAlgorithm.Sha256;
        return draft.Impure ? new DerivationOutput.Impure(method, algorithm)
            : draft.ContentAddressed ? new DerivationOutput.Floating(method, algorithm)
            : null;
    }

    // The variables are those of the derivation, which nobody else has yet; so their values can be put in where they are.
    private Derivation WithPaths(Derivation derivation, EnvironmentVariable[] variables)
    {
        DerivationHash hash = _store.Derivations.MaskedHashOf(derivation);
        if (hash.Deferred)
        {
            return derivation;
        }

        ImmutableArray<NamedOutput>.Builder outputs = ImmutableArray.CreateBuilder<NamedOutput>(derivation.Outputs.Length);
        foreach (NamedOutput output in derivation.Outputs)
        {
            StorePath path = Dir.MakeOutput(output.Name, hash.Hash, derivation.Name);
            outputs.Add(new NamedOutput(output.Name, new DerivationOutput.InputAddressed(path)));
            byte[] name = Encoding.UTF8.GetBytes(output.Name);
            int at = Find(variables, name);
            variables[at] = new EnvironmentVariable(variables[at].Name, Dir.PrintBytes(path));
        }

        return derivation.With(outputs.MoveToImmutable(), derivation.Environment);
    }

    // The place of a variable among sorted ones; the complement of where it belongs when it is not there.
    private static int Find(ReadOnlySpan<EnvironmentVariable> variables, ReadOnlySpan<byte> name)
    {
        int low = 0, high = variables.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = name.SequenceCompareTo(variables[middle].Name);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (low, middle) : (middle + 1, high);
        }

        return ~low;
    }

    private VAttrs ToValue(Derivation derivation, StorePath path)
    {
        byte[] text = Dir.PrintBytes(path);
        AttrsBuilder result = new(1 + derivation.Outputs.Length, _ev.Symbols);
        result.Add(WellKnown.DrvPath, new VString(text, StringContext.Of(ContextElement.DerivationDeep(text))));
        ContextElement opaque = ContextElement.Opaque(text, path);
        foreach ((string name, DerivationOutput output) in derivation.Outputs)
        {
            byte[] outputName = name == "out" ? s_out : Encoding.UTF8.GetBytes(name);
            result.Add(
                _ev.Symbols.Intern(outputName),
                OutputTexts.Of(Dir, ContextElement.Built(opaque, outputName), output.KnownPath(Dir, derivation.Name, name)));
        }

        return result.Build();
    }

    private void Require(string feature, string reason = "")
    {
        if (!_ev.HasFeature(feature))
        {
            throw EvalError.FeatureNeeded(feature, reason);
        }
    }

    private static EvalError Error(HintText hint) => new(EvalErrorKind.Error, hint);

    // A derivation while its attributes are gone through.
    private sealed class Draft(string name, int capacity)
    {
        internal readonly string Name = name;
        internal readonly List<byte[]> Arguments = [];
        internal readonly OutputNames Outputs = new();
        internal ByteBuffer? JsonText;
        internal JsonTextWriter? Json;
        internal StringContext? Context;
        internal byte[] Builder = [];
        internal string System = "";
        internal string? OutputHash;
        internal HashAlgorithm? Algorithm;
        internal ContentAddressMethod? Method;

        // Of a pool, since it is not known before how many there are; lost only where an error comes between.
        private EnvironmentVariable[] _variables = ArrayPool<EnvironmentVariable>.Shared.Rent(capacity);
        private int _count;

        internal bool Structured { get; init; }

        internal bool IgnoreNulls { get; init; }

        internal bool ContentAddressed { get; set; }

        internal bool Impure { get; set; }

        internal void SetAlgorithm(string text) => Algorithm = HashAlgorithms.TryParse(text, out HashAlgorithm algorithm) ? algorithm : null;

        // Variables come in the order of their names; those of outputs are put in their places among them.
        internal void Add(EnvironmentVariable variable) => Insert(_count, variable);

        internal void SetVariable(byte[] variable, byte[] value)
        {
            int at = Find(_variables.AsSpan(0, _count), variable);
            if (at < 0)
            {
                Insert(~at, new EnvironmentVariable(variable, value));
            }
            else
            {
                _variables[at] = new EnvironmentVariable(variable, value);
            }
        }

        /// <summary>All variables; ends the use of this draft.</summary>
        internal EnvironmentVariable[] TakeVariables()
        {
            EnvironmentVariable[] taken = _variables.AsSpan(0, _count).ToArray();
            ArrayPool<EnvironmentVariable>.Shared.Return(_variables, clearArray: true);
            _variables = [];
            _count = 0;
            return taken;
        }

        private void Insert(int at, EnvironmentVariable variable)
        {
            if (_count == _variables.Length)
            {
                EnvironmentVariable[] grown = ArrayPool<EnvironmentVariable>.Shared.Rent(2 * _count);
                _variables.CopyTo(grown, 0);
                ArrayPool<EnvironmentVariable>.Shared.Return(_variables, clearArray: true);
                _variables = grown;
            }

            _variables.AsSpan(at, _count - at).CopyTo(_variables.AsSpan(at + 1));
            _variables[at] = variable;
            _count++;
        }
    }
    // Names of outputs, sorted by byte: few, so a list serves better than a tree.
    private sealed class OutputNames
    {
        private readonly List<string> _names = ["out"];

        internal int Count => _names.Count;

        internal void Clear() => _names.Clear();

        internal bool Contains(string name) => _names.Contains(name);

        internal void Add(string name)
        {
            int at = 0;
            while (at < _names.Count && string.CompareOrdinal(_names[at], name) < 0)
            {
                at++;
            }

            _names.Insert(at, name);
        }

        public List<string>.Enumerator GetEnumerator() => _names.GetEnumerator();
    }
}
