using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Store.Builtins;

/// <summary><c>exec</c> and <c>importNative</c>, which are there only where the user trusts every expression.</summary>
/// <remarks>Nix manual, command-ref/conf-file: allow-unsafe-native-code-during-evaluation</remarks>
public sealed class NativeBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;

    internal NativeBuiltins(Evaluator ev) => _ev = ev;

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins => _ev.Options.AllowNativeCode
        ?
        [
            Builtin.Of("exec", Exec, "Runs a program and gives the value of the expression that it prints."),
            Builtin.Of("importNative", ImportNative, "A value that a native library makes."),
        ]
        : [];

    private Value Exec(Value command)
    {
        VList list = _ev.ForceList(command, "while evaluating the first argument passed to builtins.exec");
        if (list.Count == 0)
        {
            throw new EvalError(EvalErrorKind.Error, $"at least one argument to '{"exec"}' required");
        }

        string[] words = new string[list.Count];
        for (int i = 0; i < words.Length; i++)
        {
            VString word = _ev.CoerceToString(
                list.Items[i],
                i == 0 ? "while evaluating the first element of the argument passed to builtins.exec" : "while evaluating an element of the argument passed to builtins.exec",
                Coercion.Strict);
            words[i] = Encoding.UTF8.GetString(word.Context is null ? word.Bytes : _ev.Store.Realise(word.Bytes, word.Context));
        }

        byte[] output = Run(words);
        Value parsed;
        try
        {
            parsed = _ev.Delay(SourceText.FromString(output), "/"u8.ToArray());
        }
        catch (EvalError e) when (e.AddTrace(default, "while parsing the output from '", words[0]))
        {
            throw;
        }

        try
        {
            return parsed.Force();
        }
        catch (EvalError e) when (e.AddTrace(default, "while evaluating the output from '", words[0]))
        {
            throw;
        }
    }

    private static byte[] Run(string[] words)
    {
        ProcessStartInfo start = new(words[0], words[1..]) { RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            using MemoryStream output = new();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new EvalError(EvalErrorKind.Error, $"program {Quoted(words[0])} failed with exit code {process.ExitCode}");
        }
        catch (Win32Exception e)
        {
            throw new EvalError(EvalErrorKind.Error, $"program {Quoted(words[0])} failed with exit code 1: {e.Message}", e);
        }
    }

    private static string Quoted(string text) => $"\"{text}\"";

    // What such a library does is to work on the inside of another program's evaluator.
    private Value ImportNative(Value path, Value symbol)
    {
        byte[] file = _ev.RealisePath(path);
        _ev.ForceStringNoContext(symbol, "while evaluating the second argument passed to builtins.importNative");
        throw _ev.Io.Lstat(file) is null
            ? new EvalError(EvalErrorKind.File, $"could not open '{file}': {new Plain(MessageText.Decode(file))}: cannot open shared object file: No such file or directory")
            : new EvalError(EvalErrorKind.Error, $"could not open '{file}': libraries made for another evaluator cannot be loaded");
    }
}
