using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Firn.Nixos.Generations;

/// <summary>
/// A profile of systems: the link <c>system</c>, which leads to one of the links <c>system-N-link</c> beside it,
/// each of which leads to a toplevel. Reads only; links are made by who owns profiles.
/// </summary>
public sealed class SystemProfile
{
    private SystemProfile(string name, string path)
    {
        Name = name;
        Path = path;
    }

    /// <summary>Name by which <c>-p</c> knows it; <c>system</c> for the ordinary one.</summary>
    public string Name { get; }

    /// <summary>Absolute path of the profile's link.</summary>
    public string Path { get; }

    /// <summary>Profile by its name.</summary>
    /// <param name="name"><c>system</c>, or the name of another one, kept below <c>system-profiles</c>.</param>
    /// <param name="profilesDirectory">Directory of profiles, usually <c>/nix/var/nix/profiles</c>.</param>
    /// <exception cref="NixosException">The name cannot be that of a file.</exception>
    public static SystemProfile Named(string name, string profilesDirectory)
    {
        if (name.Length == 0 || name is "." or ".." || name.Contains('/'))
        {
            throw new NixosException($"'{name}' is not the name of a profile");
        }

        return name == "system"
            ? new SystemProfile(name, System.IO.Path.Combine(profilesDirectory, "system"))
            : new SystemProfile(name, System.IO.Path.Combine(profilesDirectory, "system-profiles", name));
    }

    /// <summary>Number of the generation that the profile leads to, or null where it leads to none.</summary>
    public int? CurrentNumber()
    {
        string? target = new FileInfo(Path).LinkTarget;
        return target is null ? null : NumberOf(System.IO.Path.GetFileName(target));
    }

    /// <summary>Generations by number, lowest first.</summary>
    /// <exception cref="NixosException">The directory of the profile cannot be read.</exception>
    public IReadOnlyList<SystemGeneration> Generations()
    {
        string directory = System.IO.Path.GetDirectoryName(Path)!;
        int? current = CurrentNumber();
        SortedDictionary<int, SystemGeneration> generations = [];
        try
        {
            foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
            {
                if (NumberOf(System.IO.Path.GetFileName(entry)) is int number && new FileInfo(entry).LinkTarget is not null)
                {
                    generations[number] = SystemGeneration.Read(number, entry, number == current);
                }
            }
        }
        catch (DirectoryNotFoundException e)
        {
            throw new NixosException($"no profile '{Name}' found", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new NixosException($"cannot read '{directory}': {e.Message}", e);
        }

        return [.. generations.Values];
    }

    /// <summary>The generation before the current one.</summary>
    /// <exception cref="NixosException">There is none.</exception>
    public SystemGeneration Previous()
    {
        int current = CurrentNumber() ?? throw new NixosException($"no generation is current in profile '{Name}'");
        SystemGeneration? previous = null;
        foreach (SystemGeneration generation in Generations())
        {
            if (generation.Number < current)
            {
                previous = generation;
            }
        }

        return previous ?? throw new NixosException("no previous generation found");
    }

    /// <summary>The N of <c>NAME-N-link</c>, or null for any other file.</summary>
    private int? NumberOf(string fileName)
    {
        string prefix = System.IO.Path.GetFileName(Path) + "-";
        const string Suffix = "-link";
        if (!fileName.StartsWith(prefix, StringComparison.Ordinal)
            || !fileName.EndsWith(Suffix, StringComparison.Ordinal)
            || fileName.Length <= prefix.Length + Suffix.Length)
        {
            return null;
        }

        return int.TryParse(fileName.AsSpan(prefix.Length, fileName.Length - prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
    }
}
