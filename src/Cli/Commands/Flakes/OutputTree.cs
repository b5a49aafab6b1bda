using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Logging;

namespace Firn.Cli.Commands.Flakes;

/// <summary>Draws the outputs of a flake as a tree, or collects them. Only what has to be known is evaluated.</summary>
/// <param name="collects">Whether lines are left out: the result alone is wanted.</param>
internal sealed class OutputTree(CommandContext context, Evaluator evaluator, bool collects)
{
    private const string Bold = "\e[1m", Green = "\e[32;1m", Magenta = "\e[35;1m", Normal = "\e[0m";

    /// <summary>Whether what is in <c>legacyPackages</c> is shown.</summary>
    public bool Legacy { get; init; }

    /// <summary>Whether the outputs for other systems are shown.</summary>
    public bool AllSystems { get; init; }

    public required string LocalSystem { get; init; }

    /// <summary>Shows outputs.</summary>
    /// <param name="title">The first line.</param>
    /// <exception cref="EvalError">An output other than a legacy package cannot be evaluated.</exception>
    public ShownOutput Show(Value outputs, string title) => Visit(new Place(outputs, []), title, "");

    // A value and the names that lead to it.
    private readonly record struct Place(Value Value, List<string> Path)
    {
        public string Text => string.Join('.', Path);

        public string Top => Path.Count > 0 ? Path[0] : "";

        public Place Inside(string name, Value value) => new(value, [.. Path, name]);
    }

    private ShownOutput Visit(Place place, string header, string indent)
    {
        ShownOutput shown = new();
        using Activity activity = context.Log.Begin(Verbosity.Info, ActivityType.Unknown, $"evaluating '{place.Text}'");
        try
        {
            Visit(place, header, indent, shown);
        }
        catch (EvalError) when (place.Top == "legacyPackages")
        {
            // Among very many packages some never evaluate; they are no reason not to show the others.
        }

        return shown;
    }

    private void Visit(Place place, string header, string indent, ShownOutput shown)
    {
        int depth = place.Path.Count;
        switch (place.Top)
        {
            case "":
            case "defaultPackage" or "devShell" or "formatter" or "nixosConfigurations" or "nixosModules" or "defaultApp" or "templates" or "overlays" when depth == 1:
            case "checks" or "packages" or "devShells" or "apps" when depth < 3:
                Enter(place, header, indent, shown);
                break;
            case "defaultPackage" or "devShell" or "formatter" when depth == 2:
            case "checks" or "packages" or "devShells" when depth == 3:
                ShowPackage(place, header, shown);
                break;
            case "hydraJobs":
                Guard(place, header, () =>
                {
                    if (IsDerivation(place))
                    {
                        ShowDerivation(place, header, shown);
                    }
                    else
                    {
                        Enter(place, header, indent, shown);
                    }
                });
                break;
            case "legacyPackages":
                ShowLegacy(place, header, indent, shown);
                break;
            case "defaultApp" when depth == 2:
            case "apps" when depth == 3:
                ShowApp(place, header, shown);
                break;
            case "defaultTemplate" when depth == 1:
            case "templates" when depth == 2:
                string description = Text(Required(place, "description"));
                shown.Add("type", "template");
                shown.Add("description", description);
                Line($"{header}: template: {Bold}{description}{Normal}");
                break;
            default:
                (string type, string words) = (place.Top, depth) switch
                {
                    ("overlay", 1) or ("overlays", 2) => ("nixpkgs-overlay", "Nixpkgs overlay"),
                    ("nixosConfigurations", 2) => ("nixos-configuration", "NixOS configuration"),
                    ("nixosModule", 1) or ("nixosModules", 2) => ("nixos-module", "NixOS module"),
                    _ => ("unknown", "unknown"),
                };
                shown.Add("type", type);
                Line($"{header}: {Magenta}{words}{Normal}");
                break;
        }
    }

    private void Line(string text)
    {
        if (!collects)
        {
            // Coloured wherever it goes, as others do.
            context.WriteLine(text);
        }
    }

    // Tells that a place is left out.
    private void Omit(Place place, string header, string flag)
    {
        if (collects)
        {
            context.Warn($"{place.Text} omitted (use '{flag}' to show)");
        }

        Line($"{header} {Magenta}omitted{Normal} (use '{flag}' to show)");
    }

    // What would need a build is left out.
    private void Guard(Place place, string header, System.Action show)
    {
        try
        {
            show();
        }
        catch (EvalError e) when (e.Kind == EvalErrorKind.ImportFromDerivation)
        {
            if (collects)
            {
                context.Warn($"{place.Text} omitted due to use of import from derivation");
            }

            Line($"{header} {Magenta}omitted due to use of import from derivation{Normal}");
        }
    }

    private void Enter(Place place, string header, string indent, ShownOutput shown)
    {
        Line(header);
        List<Place> inside = Inside(place);
        inside.RemoveAll(p => !HasContent(p));
        for (int i = 0; i < inside.Count; i++)
        {
            bool last = i == inside.Count - 1;
            string name = inside[i].Path[^1];
            shown.Add(name, Visit(inside[i], $"{Green}{indent}{(last ? "└───" : "├───")}{Normal}{Bold}{name}{Normal}", indent + (last ? "    " : "│   ")));
        }
    }

    // Frameworks make sets for every system, so as not to look at what is in them; empty ones tell nothing.
    private bool HasContent(Place place)
    {
        bool isSet = (place.Top, place.Path.Count) switch
        {
            ("apps" or "checks" or "devShells" or "legacyPackages" or "packages", 1 or 2) => true,
            ("formatter" or "nixosConfigurations" or "nixosModules" or "overlays", 1) => true,
            _ => false,
        };
        try
        {
            return !isSet || Inside(place).Exists(HasContent);
        }
        catch (EvalError)
        {
            // Whoever shows it says what is wrong.
            return true;
        }
    }

    private void ShowPackage(Place place, string header, ShownOutput shown)
    {
        if (!AllSystems && place.Path[1] != LocalSystem)
        {
            Omit(place, header, "--all-systems");
            return;
        }

        Guard(place, header, () =>
        {
            if (IsDerivation(place))
            {
                ShowDerivation(place, header, shown);
            }
            else
            {
                context.Warn($"{place.Text}.name is not a derivation");
            }
        });
    }

    private void ShowLegacy(Place place, string header, string indent, ShownOutput shown)
    {
        if (place.Path.Count == 1)
        {
            Enter(place, header, indent, shown);
        }
        else if (!Legacy)
        {
            Omit(place, header, "--legacy");
        }
        else if (!AllSystems && place.Path[1] != LocalSystem)
        {
            Omit(place, header, "--all-systems");
        }
        else
        {
            Guard(place, header, () =>
            {
                if (IsDerivation(place))
                {
                    ShowDerivation(place, header, shown);
                }
                else if (place.Path.Count == 2)
                {
                    Enter(place, header, indent, shown);
                }
            });
        }
    }

    private void ShowDerivation(Place place, string header, ShownOutput shown)
    {
        string name = Text(Required(place, "name"));
        if (collects)
        {
            shown.Add("type", "derivation");
            shown.Add("name", name);
            shown.Add("description", Description(place) ?? "");
            return;
        }

        string what = (place.Top, place.Path.Count) switch
        {
            ("devShell", 2) or ("devShells", _) => "development environment",
            ("checks", 3) or ("hydraJobs", _) => "derivation",
            _ => "package",
        };
        Line($"{header}: {what} '{name}'");
    }

    private void ShowApp(Place place, string header, ShownOutput shown)
    {
        Place? type = Find(place, "type");
        string? description = Description(place);
        if (type is not { } given || Text(given) != "app")
        {
            throw new EvalError(EvalErrorKind.Error, "not an app definition");
        }

        shown.Add("type", "app");
        if (description is not null)
        {
            shown.Add("description", description);
        }

        Line($"{header}: app: {Bold}{description ?? "no description"}{Normal}");
    }

    private string? Description(Place place) =>
        Find(place, "meta") is { } meta && Find(meta, "description") is { } description ? Text(description) : null;

    private bool IsDerivation(Place place) => Find(place, "type") is { } type && Text(type) == "derivation";

    private List<Place> Inside(Place place)
    {
        if (place.Value.Force() is not VAttrs set)
        {
            throw new EvalError(EvalErrorKind.Type, $"'{place.Text}' is not an attribute set");
        }

        List<Place> inside = new(set.Count);
        foreach (Attr attr in set.InNameOrder(evaluator.Symbols))
        {
            inside.Add(place.Inside(evaluator.Symbols.TextOf(attr.Name), attr.Value));
        }

        return inside;
    }

    private Place? Find(Place place, string name) =>
        place.Value.Force() is VAttrs set && set.Get(evaluator.Symbols.Intern(name)) is { } value ? place.Inside(name, value) : null;

    private Place Required(Place place, string name) =>
        Find(place, name) ?? throw new EvalError(EvalErrorKind.Error, $"attribute '{place.Text + "." + name}' does not exist");

    private static string Text(Place place) => place.Value.Force() switch
    {
        VString text => text.Text,
        VPath path => path.Text,
        Value other => throw new EvalError(EvalErrorKind.Type, $"'{place.Text}' is not a string but {Evaluator.ShowType(other)}"),
    };
}
