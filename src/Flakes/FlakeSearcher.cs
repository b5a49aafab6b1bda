using System;
using System.IO;
using Firn.Fetchers;
using Firn.Fetchers.Urls;

namespace Firn.Flakes;

/// <summary>Finds the flake that a path of this machine means: the folder or one above it, and the Git repository around it.</summary>
/// <param name="tell">Told when a folder is no flake and those above it are looked at.</param>
/// <param name="warn">Receives the text of each warning.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake: "Path-like syntax"</remarks>
public sealed class FlakeSearcher(Action<string> tell, Action<string> warn)
{
    private const string FileName = "flake.nix";

    /// <summary>The URL of the flake: of the repository, or of the folder where there is none.</summary>
    /// <param name="text">The reference as the user wrote it.</param>
    /// <param name="path">Absolute.</param>
    /// <param name="parameters">A URL with the query and the fragment of the reference.</param>
    /// <param name="allowMissing">Whether the flake need not be there yet.</param>
    /// <exception cref="FetchException">There is no flake.</exception>
    internal Url Find(string text, string path, Url parameters, bool allowMissing)
    {
        path = path.Length > 1 ? path.TrimEnd('/') : path;
        path = FolderOf(path);
        if (!allowMissing && !IsFlake(path))
        {
            path = Above(path);
        }

        string directory = "";
        for (string root = path; root != "/"; root = Path.GetDirectoryName(root)!)
        {
            string git = Path.Combine(root, ".git");
            if (!Path.Exists(git))
            {
                directory = Path.GetFileName(root) + (directory.Length == 0 ? "" : "/" + directory);
                continue;
            }

            Url url = parameters with { Scheme = "git+file", Authority = new UrlAuthority(), Path = root.Split('/') };
            if (directory.Length > 0)
            {
                url = url.Query.ContainsKey("dir")
                    ? throw new FetchException($"flake URL '{text}' has an inconsistent 'dir' parameter")
                    : url.WithQuery("dir", directory);
            }

            return File.Exists(Path.Combine(git, "shallow")) ? url.WithQuery("shallow", "1") : url;
        }

        return parameters with { Scheme = "path", Authority = new UrlAuthority(), Path = path.Split('/') };
    }

    private static bool IsFlake(string folder) => Path.Exists(Path.Combine(folder, FileName));

    private string FolderOf(string path)
    {
        if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null })
        {
            return path;
        }

        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            throw new FetchException($"getting status of \"{path}\": No such file or directory");
        }

        if (Directory.Exists(path))
        {
            // A link: what it leads to is the flake.
            return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }

        if (Path.GetFileName(path) != FileName)
        {
            throw new FetchException($"path \"{path}\" is not a flake (because it's not a directory)");
        }

        string parent = Path.GetDirectoryName(path)!;
        warn($"Path \"{path}\" should point at the directory containing the 'flake.nix' file, not the file itself. Pretending that you meant \"{parent}\"");
        return parent;
    }

    private string Above(string path)
    {
        tell($"path \"{path}\" does not contain a 'flake.nix', searching up");
        for (; path != "/"; path = Path.GetDirectoryName(path)!)
        {
            if (IsFlake(path))
            {
                return path;
            }

            if (Path.Exists(Path.Combine(path, ".git")))
            {
                throw new FetchException($"path \"{path}\" is not part of a flake (neither it nor its parent directories contain a 'flake.nix' file)");
            }
        }

        throw new FetchException("could not find a flake.nix file");
    }
}
