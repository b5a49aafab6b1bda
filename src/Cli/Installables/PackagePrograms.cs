using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Installables;

/// <summary>Where the programs of packages are.</summary>
internal sealed class PackagePrograms(IStore store)
{
    private readonly StoreDir _dir = store.StoreDir;
    private readonly string _real = (store as IRealPaths)?.RealStoreDir ?? store.StoreDir.Path;

    /// <summary>The <c>bin</c> directories of packages, and of those that they want to be installed with them, in that order, each once.</summary>
    /// <exception cref="CliException">One leads out of the store.</exception>
    public IEnumerable<string> Find(IReadOnlyList<StorePath> packages)
    {
        HashSet<StorePath> seen = [];
        Queue<StorePath> queue = new(packages);
        while (queue.TryDequeue(out StorePath package))
        {
            if (!seen.Add(package))
            {
                continue;
            }

            yield return InStore(_dir.Print(package) + "/bin");
            string propagated = Follow(_dir.Print(package) + "/nix-support/propagated-user-env-packages");
            if (_dir.Contains(propagated) && File.Exists(Real(propagated)))
            {
                foreach (string word in File.ReadAllText(Real(propagated)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    queue.Enqueue(_dir.Parse(word));
                }
            }
        }
    }

    private string InStore(string path) => Follow(path) is var end && _dir.Contains(end) ? end : throw new CliException($"path '{end}' is not in the Nix store");

    /// <summary>The path with the links in it followed, as they are seen in the store's own place.</summary>
    private string Follow(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Stack<string> rest = new();
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            rest.Push(parts[i]);
        }

        string at = "";
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                at = at[..Math.Max(at.LastIndexOf('/'), 0)];
                continue;
            }

            string next = at + "/" + part;
            if (part == "." || new FileInfo(Real(next)).LinkTarget is not string target)
            {
                at = part == "." ? at : next;
                continue;
            }

            if (++links > 1000)
            {
                throw new CliException($"infinite symlink recursion in path '{path}'");
            }

            string[] more = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (int i = more.Length - 1; i >= 0; i--)
            {
                rest.Push(more[i]);
            }

            at = target.StartsWith('/') ? "" : at;
        }

        return at.Length == 0 ? "/" : at;
    }

    private string Real(string path) => path.StartsWith(_dir.Path + "/", StringComparison.Ordinal) ? _real + path[_dir.Path.Length..] : path;
}
