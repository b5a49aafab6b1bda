using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Store;

namespace Firn.Cli.Commands.Evaluation;

/// <summary><c>nix edit</c>: opens the expression of a package in an editor.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-edit</remarks>
internal sealed class NixEdit : InstallableCommand
{
    public override string Description => "open the Nix expression of a Nix package in $EDITOR";

    protected override int Run(CommandContext context, IStore store, InstallableReader reader, Installable installable)
    {
        ValueInstallable wanted = installable.RequireValue();
        (string file, uint line) = Place(reader.Session.Evaluator, wanted.Value())
            ?? throw new CliException($"cannot find position information for '{wanted.What}");
        context.Out.Flush();
        return new ProgramRunner().Run(Arguments(file, line), new Dictionary<string, string>());
    }

    /// <summary>The command line that shows a line of a file in the user's editor.</summary>
    public static IReadOnlyList<string> Arguments(string file, uint line)
    {
        string editor = Environment.GetEnvironmentVariable("EDITOR") is { Length: > 0 } set ? set : "cat";
        List<string> arguments = [.. editor.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        bool takesLine = false;
        foreach (string known in (ReadOnlySpan<string>)["emacs", "nano", "vim", "kak"])
        {
            takesLine |= editor.Contains(known, StringComparison.Ordinal);
        }

        if (line > 0 && takesLine)
        {
            arguments.Add("+" + line.ToString(CultureInfo.InvariantCulture));
        }

        arguments.Add(file);
        return arguments;
    }

    /// <summary>What <c>meta.position</c> of a package says; null where it says nothing.</summary>
    /// <exception cref="EvalError">It says something else than <c>file:line</c>.</exception>
    public static (string File, uint Line)? Place(Evaluator evaluator, Value value)
    {
        Value position;
        try
        {
            position = new AttrPathSelector(evaluator, VAttrs.Empty).Select(value, "meta.position");
        }
        catch (EvalError)
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(evaluator.CoerceToPath(position, "while evaluating the 'meta.position' attribute of a derivation", out _));
        int colon = text.LastIndexOf(':');
        return colon >= 0 && uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint line)
            ? (text[..colon], line)
            : throw new EvalError(EvalErrorKind.Error, $"cannot parse 'meta.position' attribute '{text}'");
    }
}
