using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Eval.Errors;
using Firn.Eval.Store.Packages;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands.Env;

/// <summary><c>nix-env --query</c>: what a profile has, or an expression offers.</summary>
/// <remarks>Nix manual, command-ref/nix-env/query</remarks>
internal static class EnvQuery
{
    public static void Query(NixEnvCall call)
    {
        EnvQueryOptions options = EnvQueryOptions.Read(call.Flags);

        // Nothing that is asked here needs a derivation to be written.
        call.Context.ReadOnly = true;
        List<PackageInfo> installed = !options.Available || options.CompareVersions || options.Status
            ? UserEnvironment.Installed(call.Session, call.Profile.Path)
            : [];
        List<PackageInfo> available = options.Available || options.CompareVersions ? new EnvSources(call).Available(options.AttrPath) : [];
        List<PackageInfo> selected = PackageSelector.Select(options.Available ? available : installed, call.Arguments);
        List<EnvQueryItem> items = [.. selected
            .OrderBy(package => package.Name.Full.ToUpperInvariant(), StringComparer.Ordinal)
            .Select(package => new EnvQueryItem(package))];
        if (options.Status || call.PrebuiltOnly)
        {
            FindStatus(call, items, options.Status ? installed : []);
        }

        if (options.CompareVersions)
        {
            List<PackageInfo> others = options.Available ? installed : available;
            items.ForEach(item => item.Comparison = VersionComparison.Of(item.Package, others));
        }

        EnvQueryPrinter printer = EnvQueryPrinter.For(call, options);
        foreach (EnvQueryItem item in items)
        {
            Print(call, printer, item);
        }

        printer.Finish();
    }

    private static void FindStatus(NixEnvCall call, List<EnvQueryItem> items, List<PackageInfo> installed)
    {
        HashSet<StorePath> present = [.. installed.Select(package => package.OutPath)];
        items.RemoveAll(item => Failed(call, item.Package, () => item.Path = item.Package.OutPath));
        HashSet<StorePath> substitutable = Availability.Substitutable(call, [.. items.Select(item => item.Path)]);
        foreach (EnvQueryItem item in items)
        {
            item.IsInstalled = present.Contains(item.Path);
            item.IsValid = call.Store.IsValid(item.Path);
            item.IsSubstitutable = substitutable.Contains(item.Path);
        }

        items.RemoveAll(item => call.PrebuiltOnly && !item.IsValid && !item.IsSubstitutable);
    }

    private static void Print(NixEnvCall call, EnvQueryPrinter printer, EnvQueryItem item)
    {
        try
        {
            Failed(call, item.Package, () => printer.Add(item));
        }
        catch (EvalError e) when (e.AddTrace(default, "while querying the derivation named '", item.Package.Name.Full))
        {
            throw;
        }
    }

    /// <summary>Does something with a package, and tells whether an assertion in it failed: such packages are passed over.</summary>
    private static bool Failed(NixEnvCall call, PackageInfo package, Action use)
    {
        try
        {
            use();
            return false;
        }
        catch (EvalError e) when (e.IsCatchable)
        {
            if (call.Context.Verbosity >= LogLevel.Talkative)
            {
                call.Context.Say(LogLevel.Talkative, $"skipping derivation named '{package.Name.Full}' which gives an assertion failure");
            }

            return true;
        }
    }
}

/// <summary>A package that is shown, with what was found out about it.</summary>
internal sealed class EnvQueryItem(PackageInfo package)
{
    public PackageInfo Package { get; } = package;

    /// <summary>The path that the status is of; known only where a status is asked for.</summary>
    public StorePath Path { get; set; }

    public bool IsInstalled { get; set; }

    public bool IsValid { get; set; }

    public bool IsSubstitutable { get; set; }

    public VersionComparison Comparison { get; set; }
}

/// <summary>How a package's version stands to those of other packages with its name.</summary>
/// <param name="Sign"><c>&lt;</c>: there is a newer one; <c>=</c>: the newest is equal; <c>&gt;</c>: all are older; <c>-</c>: there is none.</param>
/// <param name="Version">The version that it was compared with; <c>?</c> for none.</param>
internal readonly record struct VersionComparison(char Sign, string Version)
{
    public static VersionComparison Of(PackageInfo package, IReadOnlyList<PackageInfo> others)
    {
        VersionComparison found = new('-', "?");
        foreach (PackageInfo other in others)
        {
            if (other.Name.Name != package.Name.Name)
            {
                continue;
            }

            string version = other.Name.Version;
            int order = PackageName.CompareVersions(package.Name.Version, version);
            if (order < 0)
            {
                found = new VersionComparison('<', version);
            }
            else if (order == 0 && found.Sign != '<')
            {
                found = new VersionComparison('=', version);
            }
            else if (order > 0 && found.Sign is not ('<' or '='))
            {
                // "?" stands for no version, and sorts as text does.
                found = new VersionComparison('>', found.Version.Length == 0 || PackageName.CompareVersions(found.Version, version) < 0 ? version : found.Version);
            }
        }

        return found;
    }
}
