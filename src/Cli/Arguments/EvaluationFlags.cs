using System.Collections.Generic;
using Firn.Cli.Installables;

namespace Firn.Cli.Arguments;

/// <summary>Where the value of an automatic argument comes from.</summary>
internal enum AutoArgumentKind
{
    /// <summary><c>--arg NAME EXPR</c></summary>
    Expression,

    /// <summary><c>--argstr NAME TEXT</c></summary>
    Text,

    /// <summary><c>--arg-from-file NAME FILE</c></summary>
    File,

    /// <summary><c>--arg-from-stdin NAME</c></summary>
    Stdin,
}

internal readonly record struct AutoArgument(AutoArgumentKind Kind, string Name, string Value);

/// <summary>Flags of every command that evaluates: <c>--arg</c>, <c>-I</c>, <c>--impure</c>, ….</summary>
internal sealed class EvaluationFlags
{
    /// <summary>Arguments for functions at the top level, in the order given.</summary>
    public List<AutoArgument> AutoArguments { get; } = [];

    /// <summary>Entries of <c>-I</c>, first given first searched.</summary>
    public List<string> SearchPath { get; } = [];

    /// <summary>Whether <c>--impure</c> was given.</summary>
    public bool Impure { get; set; }

    /// <summary>Handles the reader's current flag if it is one of these.</summary>
    public bool Handle(ArgumentReader reader)
    {
        string[] values;
        switch (reader.Current)
        {
            case "--arg":
                values = reader.Values(2);
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Expression, values[0], values[1]));
                return true;
            case "--argstr":
                values = reader.Values(2);
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Text, values[0], values[1]));
                return true;
            case "--arg-from-file":
                values = reader.Values(2);
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.File, values[0], values[1]));
                return true;
            case "--arg-from-stdin":
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Stdin, reader.Values(1)[0], ""));
                return true;
            case "-I" or "--include":
                SearchPath.Add(reader.Values(1)[0]);
                return true;
            case "--eval-store":
                EvalStore = reader.Values(1)[0];
                return true;
            case "--override-flake":
                values = reader.Values(2);
                FlakeOverrides.Add((values[0], values[1]));
                return true;
            case "--debugger":
                Debugger = true;
                return true;
            case "--impure":
                Impure = true;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The URL of the store that derivations are written to, or null for the one that is worked on.</summary>
    public string? EvalStore { get; private set; }

    /// <summary>Whether a failure is to be looked at in the repl (<c>--debugger</c>).</summary>
    public bool Debugger { get; private set; }

    /// <summary>What flake references are to mean instead, in the order given.</summary>
    public List<(string Original, string Resolved)> FlakeOverrides { get; } = [];

    /// <summary>Adds these flags to those of a command of <c>nix</c>.</summary>
    public void Declare(FlagTable flags)
    {
        flags.Category = "Common evaluation options";
        flags.Add("arg", '\0', "Pass the value *expr* as the argument *name* to Nix functions.", "name", "expr", (n, e) => AutoArguments.Add(new AutoArgument(AutoArgumentKind.Expression, n, e)));
        flags.Add("argstr", '\0', "Pass the string *string* as the argument *name* to Nix functions.", "name", "string", (n, s) => AutoArguments.Add(new AutoArgument(AutoArgumentKind.Text, n, s)));
        flags.Add("arg-from-file", '\0', "Pass the contents of file *path* as the argument *name* to Nix functions.", "name", "path", (n, p) => AutoArguments.Add(new AutoArgument(AutoArgumentKind.File, n, p)), Completions.Files);
        flags.Add("arg-from-stdin", "Pass the contents of stdin as the argument *name* to Nix functions.", "name", n => AutoArguments.Add(new AutoArgument(AutoArgumentKind.Stdin, n, "")));
        flags.Add("include", 'I', "Add *path* to the entries that lookup paths are resolved with. Given more than once, the first counts first; all count before the `nix-path` setting and `NIX_PATH`.", "path", SearchPath.Add, Completions.Files);
        flags.Add("impure", "Allow access to mutable paths and repositories.", () => Impure = true);
        flags.Add("override-flake", '\0', "Override the flake registries, redirecting *original-ref* to *resolved-ref*.", "original-ref", "resolved-ref", (from, to) => FlakeOverrides.Add((from, to)), FlakeCompletion.References);
        flags.Add("eval-store", "The URL of the store to use for evaluation, i.e. to store derivations (`.drv` files) and inputs referenced by them.", "store-url", s => EvalStore = s);
        flags.Add("debugger", "Start an interactive environment if evaluation fails.", () => Debugger = true);
        flags.Category = "";
    }
}
