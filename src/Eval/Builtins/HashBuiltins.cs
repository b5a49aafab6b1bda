using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.Hashing;

namespace Firn.Eval.Builtins;

/// <summary>Hashes of strings and files, and their text forms.</summary>
public sealed class HashBuiltins(Evaluator ev) : IBuiltinFamily
{
    private readonly SymlinkResolver _symlinks = new(ev.Io);

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("hashString", HashString, "The hash of a string, in base 16."),
        Builtin.Of("hashFile", HashFile, "The hash of a file's contents, in base 16."),
        Builtin.Of("convertHash", ConvertHash, "A hash in another text form."),
    ];

    private Value HashString(Value algorithm, Value text)
    {
        HashAlgorithm chosen = Algorithm(algorithm, "while evaluating the first argument passed to builtins.hashString");
        byte[] bytes = ev.ForceString(text, "while evaluating the second argument passed to builtins.hashString").Bytes;
        return new VString(Hash.Of(chosen, bytes).ToString(HashFormat.Base16, false));
    }

    private Value HashFile(Value algorithm, Value path)
    {
        HashAlgorithm chosen = Algorithm(algorithm, "while evaluating the first argument passed to builtins.hashFile");
        byte[] file = _symlinks.Resolve(ev.RealisePath(path));
        if (ev.Io.Lstat(file) is null)
        {
            throw ev.MissingFile(file, reading: true);
        }

        return new VString(Hash.Of(chosen, ev.Io.ReadFile(file)).ToString(HashFormat.Base16, false));
    }

    private HashAlgorithm Algorithm(Value name, string context)
    {
        string text = Encoding.UTF8.GetString(ev.ForceStringNoContext(name, context));
        try
        {
            return Known(text);
        }
        catch (UnknownWordException e)
        {
            throw new EvalError(EvalErrorKind.Error, e.Message, e);
        }
    }

    private HashAlgorithm Known(string name)
    {
        HashAlgorithm algorithm = HashAlgorithms.Parse(name);
        return algorithm != HashAlgorithm.Blake3 || ev.HasFeature("blake3-hashes") ? algorithm : throw EvalError.FeatureNeeded("blake3-hashes");
    }

    private Value ConvertHash(Value arguments)
    {
        VAttrs set = ev.ForceAttrs(arguments, "while evaluating the first argument passed to builtins.convertHash");
        string text = Text(ev.GetAttr(set, WellKnown.Hash, "while locating the attribute 'hash'"), "hash");
        try
        {
            HashAlgorithm? algorithm = set.Get(WellKnown.HashAlgo) is Value given ? Known(Text(given, "hashAlgo")) : null;
            Value wanted = ev.GetAttr(set, ev.Symbols.Intern("toHashFormat"u8), "while locating the attribute 'toHashFormat'");
            string name = Text(wanted, "toHashFormat");
            HashFormat format = HashAlgorithms.ParseFormat(name);
            if (name == "base32")
            {
                ev.Io.WriteMessage("warning: \"base32\" is a deprecated alias for hash format \"nix32\"."u8.ToArray());
            }

            return new VString(Hash.Parse(text, algorithm).ToString(format, format == HashFormat.Sri));
        }
        catch (FormatsException e)
        {
            throw new EvalError(EvalErrorKind.Error, e.Message, e);
        }
    }

    private string Text(Value value, string attribute) =>
        Encoding.UTF8.GetString(ev.ForceStringNoContext(value, $"while evaluating the attribute '{attribute}'"));
}
