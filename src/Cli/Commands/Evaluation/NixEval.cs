using System;
using System.IO;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Firn.Store;

namespace Firn.Cli.Commands.Evaluation;

/// <summary><c>nix eval</c>: prints the value of an expression.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-eval</remarks>
internal sealed class NixEval : InstallableCommand
{
    private readonly JsonFlags _json = new();
    private bool _raw, _readOnly;
    private string? _apply, _writeTo;

    public NixEval()
    {
        _json.Declare(Flags);
        Flags.Add("read-only", "Do not instantiate each evaluated derivation. This improves performance, but can cause errors when accessing store paths of derivations during evaluation.", () => _readOnly = true);
        Flags.Add("raw", "Print strings without quotes or escaping.", () => _raw = true);
        Flags.Add("apply", "Apply the function *expr* to each argument.", "expr", e => _apply = e);
        Flags.Add("write-to", "Write a string or attrset of strings to *path*.", "path", p => _writeTo = p);
    }

    public override string Description => "evaluate a Nix expression";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        context.ReadOnly |= _readOnly;
        ValueInstallable wanted = installable.RequireValue();
        if (_raw && _json.Json)
        {
            throw CliException.Usage("--raw and --json are mutually exclusive");
        }

        Evaluator evaluator = reader.Session.Evaluator;
        Value value = wanted.Value();
        if (_apply is not null)
        {
            value = evaluator.Call(reader.Session.Expression(_apply).Force(), value).Force();
        }

        if (_writeTo is not null)
        {
            if (Path.Exists(_writeTo) || new FileInfo(_writeTo).LinkTarget is not null)
            {
                throw new CliException($"path '{_writeTo}' already exists");
            }

            Write(evaluator, value, default, _writeTo);
        }
        else if (_raw)
        {
            context.Write(evaluator.CoerceToString(value, "while generating the eval command output", Coercion.CopyToStore).Bytes);
        }
        else if (_json.Json)
        {
            byte[] json = JsonPrinter.Print(evaluator, value, strict: true, copyToStore: false).Bytes;
            context.WriteLine(_json.Pretty ? Indent(json) : json);
        }
        else
        {
            context.WriteLine(MessageText.Encode(ValuePrinter.Print(evaluator, value, new PrintOptions { Force = true, DerivationPaths = true })));
        }

        reader.Session.Store.Flush();
        return 0;
    }

    private static byte[] Indent(byte[] json)
    {
        Formats.Sinks.ByteBuffer text = new();
        new Formats.Json.JsonTextWriter(text, indented: true).Value(json);
        return text.Span.ToArray();
    }

    /// <summary>A string becomes a file, a set a directory of its attributes.</summary>
    private static void Write(Evaluator evaluator, Value unforced, PosIdx pos, string path)
    {
        switch (unforced.Force())
        {
            case VString text:
                File.WriteAllBytes(path, text.Bytes);
                break;
            case VAttrs set:
                Directory.CreateDirectory(path);
                foreach (Attr attr in set.InNameOrder(evaluator.Symbols))
                {
                    string name = evaluator.Symbols.TextOf(attr.Name);
                    try
                    {
                        if (name is "." or "..")
                        {
                            throw new EvalError(EvalErrorKind.Error, $"invalid file name '{name}'");
                        }

                        Write(evaluator, attr.Value, attr.Pos, path + "/" + name);
                    }
                    catch (EvalError e)
                    {
                        e.AddTrace(attr.Pos, "while evaluating the attribute '", name);
                        throw;
                    }
                }

                break;
            default:
                throw new EvalError(EvalErrorKind.Type, $"value at '{Firn.Eval.Errors.ErrorRenderer.Describe(evaluator.Positions, pos)}' is not a string or an attribute set");
        }
    }
}
