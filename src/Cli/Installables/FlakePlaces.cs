using System.Collections.Generic;

namespace Firn.Cli.Installables;

/// <summary>Where in a flake a command looks.</summary>
/// <param name="Defaults">The attribute paths that are meant where none is named; the first that exists counts.</param>
/// <param name="Prefixes">What may be left out before a name, with a dot at its end; the first that leads somewhere counts.</param>
internal sealed record FlakePlaces(IReadOnlyList<string> Defaults, IReadOnlyList<string> Prefixes)
{
    /// <summary>Packages for a system.</summary>
    public static FlakePlaces Packages(string system) => new(
        [$"packages.{system}.default", $"defaultPackage.{system}"],
        [$"packages.{system}.", $"legacyPackages.{system}."]);

    /// <summary>Programs to run, then packages.</summary>
    public static FlakePlaces Apps(string system) => Packages(system).After($"apps.{system}", $"defaultApp.{system}");

    /// <summary>Environments to develop in, then packages.</summary>
    public static FlakePlaces Shells(string system) => Packages(system).After($"devShells.{system}", $"devShell.{system}");

    /// <summary>Functions that bundle packages.</summary>
    public static FlakePlaces Bundlers(string system) => new FlakePlaces([], []).After($"bundlers.{system}", $"defaultBundler.{system}");

    /// <summary>Files to begin a flake with.</summary>
    public static FlakePlaces Templates => new(["templates.default", "defaultTemplate"], ["templates."]);

    private FlakePlaces After(string set, string single) => new([set + ".default", single, .. Defaults], [set + ".", .. Prefixes]);
}
