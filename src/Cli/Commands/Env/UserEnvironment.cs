using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Env;

/// <summary>
/// What a generation of a profile holds: a tree of links to packages, and <c>manifest.nix</c>, which lists them for the
/// next change.
/// </summary>
internal static class UserEnvironment
{
    /// <summary>The packages of a profile; none where there is no profile.</summary>
    /// <exception cref="CliException"><c>nix profile</c> has changed it.</exception>
    public static List<PackageInfo> Installed(EvaluationSession session, string profile)
    {
        // A store that is kept elsewhere has the profile's contents there.
        string environment = session.Store.Files.Resolve(profile);
        if (Has("manifest.json"))
        {
            throw new CliException($"profile \"{profile}\" is incompatible with 'nix-env'; please use 'nix profile' instead");
        }

        if (!Has("manifest.nix"))
        {
            return [];
        }

        // The arguments of --arg are not for what was installed before.
        AttrPathSelector noArguments = new(session.Evaluator, VAttrs.Empty);
        Value packages = session.Evaluator.DelayRoot(Encoding.UTF8.GetBytes(session.Store.Files.Resolve(environment + "/manifest.nix")));
        return [.. new PackageFinder(session.Evaluator, noArguments).Find(packages).Select(package => new PackageInfo(session.Evaluator, package))];

        bool Has(string name) => session.Store.Files.Lstat(Encoding.UTF8.GetBytes(environment + "/" + name)) is not null;
    }

    /// <summary>Changes the packages of a profile, which gets a new generation. What others change meanwhile is not lost: then it is done again.</summary>
    /// <param name="change">Makes the new list from the installed packages; null leaves all as it is.</param>
    public static void Change(NixEnvCall call, Func<List<PackageInfo>, List<PackageInfo>?> change)
    {
        Profile profile = call.Profile;
        string before;
        do
        {
            before = Current(profile);
            if (change(Installed(call.Session, profile.Path)) is not List<PackageInfo> packages || TryMake(call, packages, profile, before))
            {
                return;
            }

            call.Inform($"profile \"{profile.Path}\" changed while we were busy; restarting");
        }
        while (true);
    }

    private static string Current(Profile profile) => new FileInfo(profile.Path).LinkTarget ?? "";

    private static bool TryMake(NixEnvCall call, List<PackageInfo> packages, Profile profile, string before)
    {
        StorePath environment = Make(call, packages);
        using IDisposable held = profile.Lock();
        if (Current(profile) != before)
        {
            return false;
        }

        profile.SwitchTo(profile.Create(call.Store, call.Store.StoreDir, environment));
        return true;
    }

    private static StorePath Make(NixEnvCall call, List<PackageInfo> packages)
    {
        EvaluationSession session = call.Session;
        using BuilderWiring builder = new(call.Context, call.Store);
        BuildMode mode = call.Context.Repair ? BuildMode.Repair : BuildMode.Normal;
        List<DerivedPath> wanted = [.. packages.Select(p => p.DrvPath).OfType<StorePath>().Select(drv => new DerivedPath.Built(drv))];
        session.Bring([]);
        builder.Realise(wanted, mode);

        bool keepDerivations = call.Context.Settings.Bool("keep-env-derivations");
        SortedSet<StorePath> references = [];
        List<StorePath> installed = [];
        Value[] list = new Value[packages.Count];
        for (int i = 0; i < list.Length; i++)
        {
            StorePath? derivation = keepDerivations ? packages[i].DrvPath : null;
            SortedDictionary<string, StorePath> outputs = packages[i].OutputsToInstall();
            list[i] = Describe(session.Evaluator, call.Store.StoreDir, packages[i], derivation, outputs);
            installed.AddRange(outputs.Values);
            references.UnionWith(outputs.Values);
            if (derivation is StorePath kept)
            {
                references.Add(kept);
            }
        }

        // What is named by its store path alone is not built above.
        call.Store.AddTempRoots(installed);
        builder.Realise([.. installed.Distinct().Select(path => new DerivedPath.Opaque(path))], BuildMode.Normal);
        StorePath manifest = call.Store.AddText("env-manifest.nix", AmbiguousPrinter.Print(session.Evaluator, VList.Of(list), strict: true, repeats: true), [.. references]);
        StorePath made = Derivation(session, call.Store.StoreDir, list, manifest);
        return builder.Realise([new DerivedPath.Built(made)], mode)[0].Outputs["out"];
    }

    /// <summary>A package as the manifest has it: what it is called, where its outputs are, and its <c>meta</c>.</summary>
    private static VAttrs Describe(Evaluator evaluator, StoreDir dir, PackageInfo package, StorePath? derivation, SortedDictionary<string, StorePath> outputs)
    {
        AttrsBuilder set = new(8 + outputs.Count);
        set.Add(WellKnown.Type, new VString("derivation"));
        set.Add(WellKnown.Name, new VString(package.Name.Full));
        if (package.System is { Length: > 0 } system)
        {
            set.Add(WellKnown.System, new VString(system));
        }

        set.Add(WellKnown.OutPath, new VString(dir.Print(package.OutPath)));
        if (derivation is StorePath kept)
        {
            set.Add(WellKnown.DrvPath, new VString(dir.Print(kept)));
        }

        foreach ((string name, StorePath path) in outputs)
        {
            AttrsBuilder output = new(1);
            output.Add(WellKnown.OutPath, new VString(dir.Print(path)));
            set.Add(evaluator.Symbols.Intern(name), output.Build());
        }

        set.Add(WellKnown.Outputs, VList.Of([.. outputs.Keys.Select(name => new VString(name))]));
        AttrsBuilder meta = new(package.MetaNames.Count);
        foreach (string name in package.MetaNames)
        {
            if (package.Meta(name) is Value value)
            {
                meta.Add(evaluator.Symbols.Intern(name), value);
            }
        }

        set.Add(WellKnown.Meta, meta.Build());
        return set.Build();
    }

    /// <summary>The derivation that links the files of packages together.</summary>
    private static StorePath Derivation(EvaluationSession session, StoreDir dir, Value[] packages, StorePath manifest)
    {
        Evaluator evaluator = session.Evaluator;
        byte[] path = Encoding.UTF8.GetBytes(dir.Print(manifest));
        AttrsBuilder set = new(7);
        set.Add(WellKnown.Name, new VString("user-environment"));
        set.Add(WellKnown.System, new VString("builtin"));
        set.Add(WellKnown.Builder, new VString("builtin:buildenv"));
        set.Add(evaluator.Symbols.Intern("manifest"), new VString(path, StringContext.Of(ContextElement.Opaque(path))));
        set.Add(evaluator.Symbols.Intern("derivations"), VList.Of([.. packages.Select(p => Links(evaluator, (VAttrs)p))]));

        // It is made faster than it is fetched, or sent elsewhere to be made.
        set.Add(evaluator.Symbols.Intern("preferLocalBuild"), VBool.True);
        set.Add(WellKnown.AllowSubstitutes, VBool.False);
        VAttrs made = (VAttrs)evaluator.Call(evaluator.Builtins.Get(WellKnown.DerivationStrict)!, set.Build()).Force();
        StorePath derivation = dir.Parse(((VString)made.Get(WellKnown.DrvPath)!.Force()).Text);
        session.Bring([]);
        return derivation;
    }

    /// <summary>A package as the builder takes it: whether it is active, its priority, the number of its outputs, and these.</summary>
    private static VList Links(Evaluator evaluator, VAttrs package)
    {
        VAttrs meta = (VAttrs)package.Get(WellKnown.Meta)!;
        VList outputs = (VList)package.Get(WellKnown.Outputs)!;
        List<Value> words =
        [
            meta.Get(evaluator.Symbols.Intern("active")) ?? new VString("true"),
            meta.Get(evaluator.Symbols.Intern("priority")) ?? VInt.Of(5),
            VInt.Of(outputs.Count),
        ];
        words.AddRange(outputs.Items.Select(name => package.Get(evaluator.Symbols.Intern(((VString)name).Text))!));
        return VList.Of([.. words]);
    }
}
