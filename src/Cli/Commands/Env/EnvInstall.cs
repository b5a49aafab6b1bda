using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Firn.Build;
using Firn.Cli.Rendering;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Store.Packages;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Env;

/// <summary>The operations of <c>nix-env</c> that change the packages of a profile.</summary>
internal static class EnvInstall
{
    /// <summary><c>--install</c></summary>
    public static void Install(NixEnvCall call)
    {
        EnvSources sources = new(call);
        bool keepOthers = false, removeAll = false;
        string? priority = null;
        IEnumerator<string> flags = call.Flags.GetEnumerator();
        while (flags.MoveNext())
        {
            switch (flags.Current)
            {
                case "--preserve-installed" or "-P":
                    keepOthers = true;
                    break;
                case "--remove-all" or "-r":
                    removeAll = true;
                    break;
                case "--priority":
                    flags.MoveNext();
                    priority = int.TryParse(flags.Current, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                        ? number.ToString(CultureInfo.InvariantCulture)
                        : throw CliException.Usage("'--priority' requires an integer argument");
                    break;
                default:
                    HandleSource(sources, flags);
                    break;
            }
        }

        List<PackageInfo> added = sources.Select(newestOnly: true);
        added.RemoveAll(package => call.PrebuiltOnly && !Availability.IsPrebuilt(call, package));
        foreach (PackageInfo package in added)
        {
            if (call.ForcedName is string forced)
            {
                package.Name = PackageName.Parse(forced);
            }

            if (priority is not null)
            {
                package.SetMeta("priority", priority);
            }
        }

        HashSet<string> names = [.. added.Select(package => package.Name.Name)];
        UserEnvironment.Change(call, installed =>
        {
            List<PackageInfo> all = [.. added];
            foreach (PackageInfo package in removeAll ? [] : installed)
            {
                if (keepOthers || package.Keep || !names.Contains(package.Name.Name))
                {
                    all.Add(package);
                }
                else
                {
                    call.Inform($"replacing old '{package.Name.Full}'");
                }
            }

            if (!removeAll)
            {
                added.ForEach(package => call.Inform($"installing '{package.Name.Full}'"));
            }

            ShowMissing(call, added);
            return call.DryRun ? null : all;
        });
    }

    /// <summary><c>--upgrade</c></summary>
    public static void Upgrade(NixEnvCall call)
    {
        EnvSources sources = new(call);
        Func<int, bool> isWanted = IsOlder;
        IEnumerator<string> flags = call.Flags.GetEnumerator();
        while (flags.MoveNext())
        {
            switch (flags.Current)
            {
                case "--lt":
                    isWanted = IsOlder;
                    break;
                case "--leq":
                    isWanted = static order => order <= 0;
                    break;
                case "--eq":
                    isWanted = static order => order == 0;
                    break;
                case "--always":
                    isWanted = static _ => true;
                    break;
                default:
                    HandleSource(sources, flags);
                    break;
            }
        }

        UserEnvironment.Change(call, installed =>
        {
            List<PackageInfo> available = sources.Select(newestOnly: false);
            List<PackageInfo> all = installed.ConvertAll(package => Upgraded(call, package, available, isWanted));
            ShowMissing(call, all);
            return call.DryRun ? null : all;
        });
    }

    private static bool IsOlder(int order) => order < 0;

    /// <summary>What replaces an installed package: the best of the same name whose version is wanted and whose priority is no lower.</summary>
    private static PackageInfo Upgraded(NixEnvCall call, PackageInfo old, List<PackageInfo> available, Func<int, bool> isWanted)
    {
        try
        {
            if (old.Keep)
            {
                return old;
            }

            PackageInfo? best = null;
            foreach (PackageInfo other in available)
            {
                if (PackagePreference.ComparePriorities(old, other) <= 0
                    && other.Name.Name == old.Name.Name
                    && isWanted(PackageName.CompareVersions(old.Name.Version, other.Name.Version))
                    && IsBetter(other, best)
                    && (!call.PrebuiltOnly || Availability.IsPrebuilt(call, other)))
                {
                    best = other;
                }
            }

            if (best is null || best.OutPath == old.OutPath)
            {
                return old;
            }

            string action = PackageName.CompareVersions(old.Name.Version, best.Name.Version) <= 0 ? "upgrading" : "downgrading";
            call.Inform($"{action} '{old.Name.Full}' to '{best.Name.Full}'");
            return best;
        }
        catch (EvalError e) when (e.AddTrace(default, "while trying to find an upgrade for '", old.Name.Full))
        {
            throw;
        }
    }

    private static bool IsBetter(PackageInfo other, PackageInfo? best)
    {
        if (best is null)
        {
            return true;
        }

        int order = PackagePreference.ComparePriorities(best, other);
        return (order != 0 ? order : PackageName.CompareVersions(best.Name.Version, other.Name.Version)) < 0;
    }

    /// <summary><c>--uninstall</c></summary>
    public static void Uninstall(NixEnvCall call)
    {
        call.RefuseFlags();
        UserEnvironment.Change(call, installed =>
        {
            foreach (string argument in call.Arguments)
            {
                int kept = Partition(installed, Named(call, argument));
                if (kept == installed.Count)
                {
                    call.Context.Warn($"selector '{argument}' matched no installed derivations");
                }

                installed[kept..].ForEach(package => call.Inform($"uninstalling '{package.Name.Full}'"));
                installed.RemoveRange(kept, installed.Count - kept);
            }

            return call.DryRun ? null : installed;
        });
    }

    /// <summary>
    /// Moves the packages that are meant to the end, and tells how many others there are. Each of the former is
    /// exchanged with the last of the latter behind it: the order in which the rest is left is part of the path of what
    /// is made of it, so it is the one that all implementations have.
    /// </summary>
    private static int Partition(List<PackageInfo> packages, Predicate<PackageInfo> isMeant)
    {
        int first = 0, last = packages.Count;
        while (true)
        {
            while (first < last && !isMeant(packages[first]))
            {
                first++;
            }

            do
            {
                if (first >= --last)
                {
                    return first;
                }
            }
            while (isMeant(packages[last]));
            (packages[first], packages[last]) = (packages[last], packages[first]);
            first++;
        }
    }

    private static Predicate<PackageInfo> Named(NixEnvCall call, string argument)
    {
        if (argument.Contains('/'))
        {
            StorePath path = StorePathArgument.Follow(call.Store.StoreDir, argument);
            return package => package.OutPath == path;
        }

        PackageSelector selector = new(argument);
        return package => selector.Matches(package.Name);
    }

    /// <summary><c>--set-flag NAME VALUE PACKAGE...</c></summary>
    public static void SetFlag(NixEnvCall call)
    {
        call.RefuseFlags();
        if (call.Arguments is not [string name, string value, .. var rest])
        {
            throw CliException.Usage("not enough arguments to '--set-flag'");
        }

        List<PackageSelector> selectors = [.. rest.Select(text => new PackageSelector(text))];
        UserEnvironment.Change(call, installed =>
        {
            HashSet<PackageSelector> used = [];
            foreach (PackageInfo package in installed)
            {
                if (selectors.Find(s => s.Matches(package.Name)) is PackageSelector selector)
                {
                    call.Inform($"setting flag on '{package.Name.Full}'");
                    used.Add(selector);
                    package.SetMeta(name, value);
                }
            }

            return selectors.Find(s => !s.IsAll && !used.Contains(s)) is PackageSelector unused
                ? throw new CliException($"selector '{unused.Text}' matches no derivations")
                : installed;
        });
    }

    /// <summary><c>--set</c>: makes one package, and nothing else, the profile.</summary>
    public static void Set(NixEnvCall call)
    {
        EnvSources sources = new(call);
        IEnumerator<string> flags = call.Flags.GetEnumerator();
        while (flags.MoveNext())
        {
            HandleSource(sources, flags);
        }

        if (sources.Select(newestOnly: true) is not [PackageInfo package])
        {
            throw new CliException("--set requires exactly one derivation");
        }

        ShowMissing(call, [package]);
        if (call.DryRun)
        {
            return;
        }

        using (BuilderWiring builder = new(call.Context, call.Store))
        {
            call.Session.Bring([]);
            builder.Realise([Wanted(package)], call.Context.Repair ? BuildMode.Repair : BuildMode.Normal);
        }

        Profile profile = call.Profile;
        using IDisposable held = profile.Lock();
        profile.SwitchTo(profile.Create(call.Store, call.Store.StoreDir, package.OutPath));
    }

    private static void HandleSource(EnvSources sources, IEnumerator<string> flags)
    {
        if (!sources.Handle(flags))
        {
            throw CliException.Usage($"unknown flag '{flags.Current}'");
        }
    }

    private static DerivedPath Wanted(PackageInfo package) =>
        package.DrvPath is StorePath derivation ? new DerivedPath.Built(derivation) : new DerivedPath.Opaque(package.OutPath);

    private static void ShowMissing(NixEnvCall call, List<PackageInfo> packages)
    {
        List<DerivedPath> wanted = packages.ConvertAll(Wanted);
        call.Session.Bring([]);
        using BuilderWiring builder = new(call.Context, call.Store);
        MissingRenderer.Show(call.Context, call.Store.StoreDir, builder.FindMissing(wanted));
    }
}
