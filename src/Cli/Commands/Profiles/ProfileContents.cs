using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Build.Profiles;
using Firn.Cli.Commands.Env;
using Firn.Cli.Wiring;
using Firn.Eval.Store.Packages;
using Firn.Flakes.Profiles;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Profiles;

/// <summary>Reads what is in profiles, and makes new generations of them.</summary>
internal sealed class ProfileContents(CommandContext context, ILocalFsStore store, EvaluationSession session)
{
    /// <summary>What is in a profile, or a generation of one; of one that <c>nix-env</c> made, its packages.</summary>
    /// <param name="link">The profile's link; nothing is in one that is not there.</param>
    public ProfileManifest Read(string link)
    {
        // A store that is kept elsewhere has the profile's contents there.
        string directory = Real(RealPathOf(link));
        string file = Path.Combine(directory, ProfileManifest.FileName);
        if (File.Exists(file))
        {
            return ProfileManifest.Read(File.ReadAllBytes(file), Path.Combine(link, ProfileManifest.FileName), session.Store.Inputs, store.StoreDir);
        }

        ProfileManifest manifest = new();
        if (Path.Exists(Path.Combine(directory, "manifest.nix")))
        {
            session.Store.Files.Allow(RealPathOf(link));
            session.Store.Files.Allow(RealPathOf(Path.Combine(directory, "manifest.nix")));
            foreach (PackageInfo package in UserEnvironment.Installed(session, RealPathOf(link)))
            {
                ProfileElement element = new() { StorePaths = [package.OutPath] };
                manifest.Add(element.SuggestedName, element);
            }
        }

        return manifest;
    }

    /// <summary>Makes a generation of a profile with these packages the current one.</summary>
    /// <exception cref="LinkTreeException">Files of packages do not fit together.</exception>
    public void Switch(Profile profile, ProfileManifest manifest)
    {
        StorePath made = Make(manifest);
        using IDisposable held = profile.Lock();
        profile.SwitchTo(profile.Create(store, store.StoreDir, made));
    }

    private StorePath Make(ProfileManifest manifest)
    {
        DirectoryInfo tree = Directory.CreateTempSubdirectory("nix-profile-");
        try
        {
            // Files and directories of the store are for all.
            tree.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            List<(string, int)> packages =
            [
                .. manifest.Elements.Values.Where(static e => e.IsActive).SelectMany(e => e.StorePaths.Select(p => (store.StoreDir.Print(p), checked((int)e.Priority)))),
            ];
            new LinkTree(tree.FullName, Real, context.Warn).Make(packages);
            File.WriteAllBytes(Path.Combine(tree.FullName, ProfileManifest.FileName), manifest.ToBytes(store.StoreDir));
            return store.Add(new Source
            {
                Name = "profile",
                File = tree.FullName,
                References = [.. new SortedSet<StorePath>(manifest.Elements.Values.SelectMany(static e => e.StorePaths))],
            }).Path;
        }
        finally
        {
            tree.Delete(recursive: true);
        }
    }

    /// <summary>Where a path of the store really is.</summary>
    private string Real(string path) => store.StoreDir.Contains(path) ? store.RealStoreDir + path[store.StoreDir.Path.Length..] : path;

    // Links are followed as far as they lead outside of the store: what is in it may be kept elsewhere.
    private string RealPathOf(string path)
    {
        string at = Path.GetFullPath(path);
        while (!store.StoreDir.Contains(at) && new FileInfo(at).LinkTarget is string target)
        {
            at = Path.GetFullPath(target, Path.GetDirectoryName(at)!);
        }

        return at;
    }
}
