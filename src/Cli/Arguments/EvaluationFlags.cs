using System.Collections.Generic;

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
        switch (reader.Current)
        {
            case "--arg":
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Expression, reader.Value(), reader.Value()));
                return true;
            case "--argstr":
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Text, reader.Value(), reader.Value()));
                return true;
            case "--arg-from-file":
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.File, reader.Value(), reader.Value()));
                return true;
            case "--arg-from-stdin":
                AutoArguments.Add(new AutoArgument(AutoArgumentKind.Stdin, reader.Value(), ""));
                return true;
            case "-I" or "--include":
                SearchPath.Add(reader.Value());
                return true;
            case "--impure":
                Impure = true;
                return true;
            default:
                return false;
        }
    }
}
