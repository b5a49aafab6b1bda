using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Build;
using Firn.Cli.Commands.Evaluation;
using Firn.Cli.Processes;
using Firn.Cli.Repl.Lines;
using Firn.Cli.Wiring;
using Firn.Eval.Debugging;
using Firn.Eval.Errors;
using Firn.Formats.Logging;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Syntax.Ast;
using Firn.Syntax.Text;

namespace Firn.Cli.Repl;

/// <summary>A conversation with the evaluator: lines are expressions, definitions, or commands that begin with a colon.</summary>
/// <param name="loaded">Gives what the command line names, each with its name, anew each time.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-repl</remarks>
internal sealed class ReplSession(CommandContext context, ILocalFsStore store, EvaluationSession session, Func<IEnumerable<(string What, Value Value)>> loaded)
{
    private const string Prompt = "nix-repl> ";
    private const string Continuation = "        > ";
    private const int MaxNamesShown = 20;

    private readonly Evaluator _evaluator = session.Evaluator;
    private readonly ReplScope _scope = new(session.Evaluator);
    private readonly List<string> _files = [];
    private VAttrs? _lastLoaded;
    private bool _showTrace = context.Settings.Bool("show-trace");
    private DebugStop? _stop;
    private int _frame;
    private DebugAction _action;

    private enum Next
    {
        Prompt,
        Quit,
    }

    /// <summary>Talks until the user leaves.</summary>
    public void Run()
    {
        context.Note($"Nix {Program.NixVersion}{(_stop is null ? "" : " debugger")}\nType :? for help.");
        LoadAll();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            _evaluator.Interrupt();
        });
        using ILineReader lines = Console.IsInputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb"
            ? new PipedLineReader(context)
            : new LineEditor(context.Out, new History(History.DefaultFile(Environment.GetEnvironmentVariable)), new ReplCompletion(_evaluator, _scope, Evaluate).Of);
        StringBuilder input = new();
        while (true)
        {
            string? line;
            try
            {
                line = lines.Read(input.Length == 0 ? Prompt : Continuation);
            }
            catch (LineAbandonedException)
            {
                input.Clear();
                continue;
            }

            if (line is null)
            {
                context.WriteLine("");
                return;
            }

            input.Append(line).Append('\n');
            try
            {
                _evaluator.Resume();
                if (Process(input.ToString().Trim(' ', '\t', '\r', '\n')) == Next.Quit)
                {
                    return;
                }
            }
            catch (IncompleteInputException)
            {
                continue;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Report(e);
            }

            input.Clear();
            context.WriteLine("");
            context.Out.Flush();
        }
    }

    /// <summary>Talks about a stop of a debugger until the user wants the evaluation to go on, or not.</summary>
    public DebugAction Debug(DebugStop stop)
    {
        _stop = stop;
        context.Out.Flush();
        if (stop.Error is { } error)
        {
            string text = new Firn.Eval.Errors.ErrorRenderer(_evaluator.Positions, _showTrace).Render(error, stop.IsBreak ? "\e[32;1minfo:\e[0m " : "\e[31;1merror:\e[0m ");
            context.Note((Rendering.Terminal.Colours ? text : AnsiText.Strip(text)) + "\n");
            if (stop.InTry && !stop.IsBreak)
            {
                context.Note("This exception occurred in a 'tryEval' call. Use --ignore-try to skip these.\n");
            }
        }

        Use(stop.Frames[0]);
        int calls = _evaluator.CallDepth;
        Run();
        _evaluator.CallDepth = calls;
        context.Out.Flush();
        if (_action == DebugAction.Quit && stop.Error is null)
        {
            // Nothing went wrong that could be told.
            throw new CommandDoneException();
        }

        return _action;
    }

    private void Use(DebugFrame frame)
    {
        _scope.Clear();
        VAttrs variables = frame.Variables();
        for (int i = 0; i < variables.Count; i++)
        {
            _scope.Add(variables.At(i));
        }
    }

    private static byte[] Here => Encoding.UTF8.GetBytes(Directory.GetCurrentDirectory());

    private Next Process(string line)
    {
        if (line.Length == 0)
        {
            return Next.Prompt;
        }

        if (line[0] != ':')
        {
            EvaluateLine(line);
            return Next.Prompt;
        }

        int space = line.AsSpan().IndexOfAny(" \n\r\t");
        string command = space < 0 ? line : line[..space];
        string argument = space < 0 ? "" : line[space..].Trim(' ', '\t', '\r', '\n');
        switch (command)
        {
            case ":?" or ":help":
                context.Write(Encoding.UTF8.GetBytes(_stop is null ? ReplHelp.Text : ReplHelp.Text + ReplHelp.DebuggerText));
                break;
            case ":a" or ":add":
                AddAttributes(Evaluate(argument));
                break;
            case ":l" or ":load":
                _evaluator.ForgetFiles();
                session.Store.ForgetFetched();
                Load(argument);
                break;
            case ":lf" or ":load-flake":
                if (argument.Length == 0)
                {
                    throw new CliException("cannot use ':load-flake' without a path specified. (Use '.' for the current working directory.)");
                }

                LoadFlake(argument);
                break;
            case ":ll" or ":last-loaded":
                foreach (Attr attr in (_lastLoaded ?? throw new CliException("nothing has been loaded yet")).InNameOrder(_evaluator.Symbols))
                {
                    context.WriteLine(_evaluator.Symbols.BytesOf(attr.Name));
                }

                break;
            case ":r" or ":reload":
                Reload();
                break;
            case ":e" or ":edit":
                Edit(argument);
                break;
            case ":t":
                context.WriteLine(Evaluator.ShowType(Evaluate(argument)));
                break;
            case ":u":
                Value shell = _evaluator.Call(Evaluate("drv: (import <nixpkgs> {}).runCommand \"shell\" { buildInputs = [ drv ]; } \"\""), Evaluate(argument));
                RunProgram("nix-shell", store.StoreDir.Print(Derivation(shell)));
                break;
            case ":b" or ":bl":
                Build(Derivation(Evaluate(argument)), link: command == ":bl");
                break;
            case ":i":
                RunProgram("nix-env", "-i", store.StoreDir.Print(Derivation(Evaluate(argument))));
                break;
            case ":sh":
                RunProgram("nix-shell", store.StoreDir.Print(Derivation(Evaluate(argument))));
                break;
            case ":log":
                StorePath derivation = Derivation(Evaluate(argument));
                context.Write(store.FindLog(Installables.InstallableRealiser.Outputs(context, store).LoggedAs(derivation)) ?? throw new CliException($"build log of '{store.StoreDir.Print(derivation)}' is not available"));
                break;
            case ":p" or ":print":
                Value value = Evaluate(argument);
                context.WriteLine(value is VString text ? text.Bytes : Show(value, int.MaxValue));
                break;
            case ":q" or ":quit":
                _action = DebugAction.Quit;
                return Next.Quit;
            case ":bt" or ":backtrace" when _stop is not null:
                for (int i = 0; i < _stop.Frames.Count; i++)
                {
                    WriteFrame(_stop.Frames[i], i);
                }

                break;
            case ":env" when _stop is not null:
                WriteVariables(_stop.Frames[_frame]);
                break;
            case ":st" when _stop is not null:
                if (int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    _frame = number;
                }

                if (_frame < _stop.Frames.Count)
                {
                    WriteFrame(_stop.Frames[_frame], _frame);
                    context.WriteLine("");
                    WriteVariables(_stop.Frames[_frame]);
                    Use(_stop.Frames[_frame]);
                }

                break;
            case ":s" or ":step" when _stop is not null:
                _action = DebugAction.Step;
                return Next.Quit;
            case ":c" or ":continue" when _stop is not null:
                _action = DebugAction.Continue;
                return Next.Quit;
            case ":doc":
                ShowDocumentation(argument);
                break;
            case ":te" or ":trace-enable":
                _showTrace = argument switch
                {
                    "true" => true,
                    "false" => false,
                    "" => !_showTrace,
                    _ => throw new CliException($"unexpected argument '{argument}' to {command}"),
                };
                context.WriteLine(_showTrace ? "showing error traces" : "not showing error traces");
                break;
            default:
                throw new CliException($"unknown command '{command}'");
        }

        return Next.Prompt;
    }

    /// <summary>Definitions if it can be read as some, else an expression whose value is shown.</summary>
    private void EvaluateLine(string line)
    {
        Value? definitions = _evaluator.DelayBindings(Source(line), Here, _scope.Names, out bool incomplete);
        if (incomplete)
        {
            throw new IncompleteInputException();
        }

        if (definitions is null)
        {
            context.WriteLine(Show(Evaluate(line), 1));
            return;
        }

        foreach (Attr attr in ((VAttrs)definitions.Force()).InNameOrder(_evaluator.Symbols))
        {
            _scope.Add(attr);
        }
    }

    private static SourceText Source(string text) => SourceText.FromString(Encoding.UTF8.GetBytes(text));

    /// <exception cref="IncompleteInputException">The text ends too early to be an expression.</exception>
    private Value Evaluate(string text)
    {
        Value delayed;
        try
        {
            delayed = _evaluator.Delay(Source(text), Here, _scope.Names);
        }
        catch (EvalError e) when (e.Kind == EvalErrorKind.Parse && Evaluator.IsIncomplete(e.Message))
        {
            throw new IncompleteInputException();
        }

        return delayed.Force();
    }

    private byte[] Show(Value value, int depth) => MessageText.Encode(ValuePrinter.Print(_evaluator, value, new PrintOptions
    {
        Colours = true,
        Force = true,
        DerivationPaths = true,
        MaxDepth = depth,
        Indent = 2,
        Errors = PrintErrors.ThrowTopLevel,
    }));

    private void Report(Exception error)
    {
        context.Out.Flush();
        if (error is EvalError { Kind: EvalErrorKind.Interrupted })
        {
            // Where it was at that moment is of no interest.
            context.Error("interrupted by the user");
        }
        else if (error is EvalError eval)
        {
            context.Log.Error(Rendering.ErrorRenderer.Text(eval, _evaluator.Positions, _showTrace));
        }
        else
        {
            Rendering.ErrorRenderer.Report(context, error);
        }
    }

    private void WriteFrame(DebugFrame frame, int number)
    {
        context.WriteLine(Encoding.UTF8.GetBytes($"\n\e[34;1m{number}\e[0m: {(frame.IsError ? "\e[31;1merror: \e[0m" : "")}{frame.Text}"));
        if (frame.Pos.IsSet)
        {
            string lines = new Firn.Eval.Errors.ErrorRenderer(_evaluator.Positions, _showTrace).Excerpt(frame.Pos);
            context.WriteLine(MessageText.Encode($"{Firn.Eval.Errors.ErrorRenderer.Describe(_evaluator.Positions, frame.Pos)}\n{lines.TrimEnd('\n')}"));
        }
    }

    private void WriteVariables(DebugFrame frame)
    {
        int number = 0;
        foreach (DebugLevel level in frame.Levels)
        {
            context.WriteLine($"Env level {number++}");
            context.WriteLine($"static: {Listed(level.Names)}");
            if (level.With is { } names)
            {
                context.WriteLine($"with: {Listed(names)}");
            }

            context.WriteLine("");
        }

        List<Symbol> global = [];
        foreach (string name in _evaluator.GlobalNames)
        {
            if (!name.StartsWith("__", StringComparison.Ordinal))
            {
                global.Add(_evaluator.Symbols.Intern(name));
            }
        }

        context.WriteLine($"Env level {number}\n{Listed(global)}\n");
    }

    // In the order in which they became known.
    private string Listed(IEnumerable<Symbol> names)
    {
        StringBuilder text = new("\e[35;1m");
        List<Symbol> sorted = [.. names];
        sorted.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        foreach (Symbol name in sorted)
        {
            text.Append(_evaluator.Symbols.TextOf(name)).Append(' ');
        }

        return text.Append("\e[0m").ToString();
    }

    private void LoadAll()
    {
        List<string> files = [.. _files];
        _files.Clear();
        foreach (string file in files)
        {
            context.Note($"Loading \"{file}\"...");
            Load(file);
        }

        foreach ((string what, Value value) in loaded())
        {
            context.Note($"Loading installable '{what}'...");
            AddAttributes(value);
        }
    }

    private void Reload()
    {
        _evaluator.ForgetFiles();
        session.Store.ForgetFetched();
        _scope.Clear();
        LoadAll();
    }

    private void Load(string file)
    {
        _files.Remove(file);
        _files.Add(file);
        AddAttributes(session.Selector.AutoCall(session.File(file)));
    }

    private void LoadFlake(string text)
    {
        if (!context.Settings.HasFeature("flakes"))
        {
            throw CliException.MissingFeature("flakes");
        }

        bool pure = _evaluator.Options.PureEval;
        FlakeReference reference = FlakeWiring.Parse(context, session.Store, text, allowMissing: true);
        if (pure && !reference.Input.IsLocked)
        {
            throw new CliException($"cannot use ':load-flake' on locked flake reference '{text}' (use --impure to override)");
        }

        LockOptions options = FlakeWiring.Options(context.Settings) with { MayUpdate = false, UseRegistries = !pure, AllowUnlocked = !pure };
        AddAttributes(session.Flakes.Call(session.Flakes.Lock(reference, options)));
    }

    private void AddAttributes(Value value)
    {
        VAttrs set = _evaluator.ForceAttrs(value, "while evaluating an attribute set to be merged in the global scope");
        List<string> shown = [];
        foreach (Attr attr in set.InNameOrder(_evaluator.Symbols))
        {
            _scope.Add(attr);
            if (shown.Count < MaxNamesShown)
            {
                shown.Add(Literals.AttributeName(_evaluator.Symbols.BytesOf(attr.Name)));
            }
        }

        _lastLoaded = set;
        context.Out.Flush();
        context.Note($"Added {set.Count} variables.");
        context.Note(string.Join(", ", shown));
        if (set.Count > MaxNamesShown)
        {
            context.Note($"... and {set.Count - MaxNamesShown} more; view with :ll");
        }
    }

    private StorePath Derivation(Value value)
    {
        if (value.Force() is not VAttrs set || !_evaluator.IsDerivation(set))
        {
            throw new CliException("expression does not evaluate to a derivation, so I can't build it");
        }

        if (set.Get(WellKnown.Name) is null)
        {
            throw new CliException("derivation name missing");
        }

        if (set.Get(WellKnown.DrvPath) is null)
        {
            throw new CliException("expression did not evaluate to a valid derivation (no 'drvPath' attribute)");
        }

        StorePath path = PackageOutput.Of(_evaluator, new Package("", set)).DerivationPath;
        session.Store.Flush();
        return store.IsValid(path) ? path : throw new CliException($"expression evaluated to invalid derivation '{store.StoreDir.Print(path)}'");
    }

    private void Build(StorePath derivation, bool link)
    {
        context.Out.Flush();
        using BuilderWiring wiring = new(context, store);
        BuildResult result = wiring.Realise([new DerivedPath.Built(derivation)], BuildMode.Normal)[0];
        context.WriteLine("\nThis derivation produced the following outputs:");
        foreach ((string name, StorePath path) in new SortedDictionary<string, StorePath>(new Dictionary<string, StorePath>(result.Outputs), StringComparer.Ordinal))
        {
            string shown = store.StoreDir.Print(path);
            if (link)
            {
                string root = "repl-result-" + name;
                store.AddPermanentRoot(path, Path.GetFullPath(root));
                context.WriteLine($"  ./{root} -> {shown}");
            }
            else
            {
                context.WriteLine($"  {name} -> {shown}");
            }
        }
    }

    private void Edit(string argument)
    {
        Value value = Evaluate(argument);
        (string file, uint line) = value switch
        {
            VPath or VString => (Encoding.UTF8.GetString(_evaluator.CoerceToPath(value, "while evaluating the filename to edit", out _)), 0u),
            VLambda lambda => Place(lambda.Pos),
            _ => NixEdit.Place(_evaluator, value) ?? throw new CliException($"package '{argument}' has no source location information"),
        };
        context.Out.Flush();
        new ProgramRunner().Run(NixEdit.Arguments(file, line), new Dictionary<string, string>());
        Reload();
    }

    private (string File, uint Line) Place(PosIdx pos) => _evaluator.Positions.Find(pos) is { Source.Origin: SourceOrigin.File } at
        ? (at.Source.Path, (uint)at.LineColumn.Line)
        : throw new CliException($"'{Firn.Eval.Errors.ErrorRenderer.Describe(_evaluator.Positions, pos)}' cannot be shown in an editor");

    private void RunProgram(params string[] command)
    {
        context.Out.Flush();
        new ProgramRunner().Run(command, new Dictionary<string, string>());
    }

    private void ShowDocumentation(string text)
    {
        (string Name, PosIdx Pos)? attribute = AttributeOf(text);
        Value value = Evaluate(text);
        string markdown = Documentation.Of(_evaluator, value) ?? (attribute is (string name, PosIdx pos) && !pos.Equals(default)
            ? $"Attribute `{name}`\n\n  … defined at {Firn.Eval.Errors.ErrorRenderer.Describe(_evaluator.Positions, pos)}\n\n{Documentation.OfAttribute(_evaluator, pos) ?? "No documentation found.\n\n"}"
            : throw new CliException("value does not have documentation"));
        context.WriteLine(MarkdownText.Render(markdown).Trim());
    }

    /// <summary>The last attribute that an expression selects, and where it is defined; null for other expressions.</summary>
    private (string Name, PosIdx Pos)? AttributeOf(string text)
    {
        SyntaxTree tree;
        try
        {
            tree = _evaluator.Parse(Source(text), Here);
        }
        catch (EvalError e) when (Evaluator.IsIncomplete(e.Message))
        {
            throw new IncompleteInputException();
        }

        int dot = text.LastIndexOf('.');
        if (tree.Root is not SelectExpr { Default: null } || dot < 0)
        {
            return null;
        }

        string name = text[(dot + 1)..].Trim().Trim('"');
        try
        {
            return Evaluate(text[..dot]) is VAttrs set && set.Has(_evaluator.Symbols.Intern(name)) ? (name, set.PosOf(_evaluator.Symbols.Intern(name))) : null;
        }
        catch (Exception e) when (e is EvalError or IncompleteInputException)
        {
            // Evaluating the whole fails in the same way, and tells of the whole.
            return null;
        }
    }

    /// <summary>More lines are needed.</summary>
    private sealed class IncompleteInputException : Exception;
}
