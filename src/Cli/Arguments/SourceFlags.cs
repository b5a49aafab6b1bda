namespace Firn.Cli.Arguments;

/// <summary>What installables are looked up in: <c>--file</c>, <c>--expr</c>, and how that is evaluated.</summary>
internal sealed class SourceFlags
{
    private const string InstallableOptions = "Options that change the interpretation of installables";

    public EvaluationFlags Evaluation { get; } = new();

    public FlakeFlags Flakes { get; } = new();

    /// <summary>The value of <c>--file</c>, or null; <c>-</c> is the standard input.</summary>
    public string? File { get; private set; }

    /// <summary>The value of <c>--expr</c>, or null.</summary>
    public string? Expression { get; private set; }

    /// <summary>Whether installables are attribute paths.</summary>
    public bool HasSource => File is not null || Expression is not null;

    public void Declare(FlagTable flags)
    {
        Evaluation.Declare(flags);
        Flakes.Declare(flags);
        flags.Category = InstallableOptions;
        flags.Add("file", 'f', "Interpret *installables* as attribute paths relative to the Nix expression stored in *file*. If *file* is the character -, then a Nix expression is read from standard input. Implies `--impure`.", "file", f => File = f, Completions.Files);
        flags.Add("expr", "Interpret *installables* as attribute paths relative to the Nix expression *expr*.", "expr", e => Expression = e);
        flags.Category = "";
    }

    /// <summary>The flag that means repairing what is found damaged.</summary>
    public static void DeclareRepair(FlagTable flags, System.Action handler) =>
        flags.Add("repair", "During evaluation, rewrite missing or corrupted files in the Nix store. During building, rebuild missing or corrupted store paths.", handler);

    /// <summary>The flag that means more installables on the standard input.</summary>
    public static void DeclareStdin(FlagTable flags, System.Action handler) =>
        flags.Add("stdin", "Read installables from the standard input. No default installable applied.", handler);

    /// <summary>The words on the standard input; none where it is a terminal.</summary>
    public static string[] ReadStdin() =>
        System.Console.IsInputRedirected ? System.Console.In.ReadToEnd().Split((char[]?)null, System.StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>The flag that means derivations rather than what they build.</summary>
    public static void DeclareDerivation(FlagTable flags, System.Action handler)
    {
        flags.Category = InstallableOptions;
        flags.Add("derivation", "Operate on the store derivation rather than its outputs.", handler);
        flags.Category = "";
    }

    /// <summary>The flags that mean closures, or everything.</summary>
    public static void DeclareClosure(FlagTable flags, bool recursive, System.Action<bool> setRecursive, System.Action setAll)
    {
        flags.Category = InstallableOptions;
        if (recursive)
        {
            flags.Add("no-recursive", "Apply operation to specified paths only.", () => setRecursive(false));
        }
        else
        {
            flags.Add("recursive", 'r', "Apply operation to closure of the specified paths.", () => setRecursive(true));
        }

        flags.Add("all", "Apply the operation to every store path.", setAll);
        flags.Category = "";
    }
}
