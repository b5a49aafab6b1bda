using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using Firn.Fetchers.Archives;

namespace Firn.Fetchers.Git;

/// <summary>What is wanted of which repository.</summary>
public sealed record GitInput
{
    /// <summary>A URL that git knows, or an absolute path.</summary>
    public required string Url { get; init; }

    /// <summary>A branch or tag; null for <c>HEAD</c>.</summary>
    public string? Ref { get; init; }

    /// <summary>A commit, 40 hexadecimal digits; null for what <see cref="Ref"/> names.</summary>
    public string? Rev { get; init; }

    /// <summary>Fetch no history; then commits are not counted.</summary>
    public bool Shallow { get; init; }

    /// <summary>Fetch every branch and tag, so that <see cref="Rev"/> may be on any.</summary>
    public bool AllRefs { get; init; }

    /// <summary>Fetch submodules too.</summary>
    public bool Submodules { get; init; }
}

/// <summary>What was fetched.</summary>
/// <param name="Rev">The commit; null for a working tree with changes.</param>
/// <param name="DirtyRev">The commit below the changes of a working tree; null without changes or without a commit.</param>
/// <param name="LastModified">Time of the commit, seconds since 1970; 0 without one.</param>
/// <param name="RevCount">Number of commits up to it; null where history is not known.</param>
public sealed record GitTree(string? Rev, string? DirtyRev, long LastModified, long? RevCount);

/// <summary>Fetches trees from Git repositories by the program <c>git</c>.</summary>
public static class GitFetcher
{
    /// <summary>Puts the files of a tree into a directory.</summary>
    /// <param name="directory">Must exist and be empty.</param>
    /// <param name="dirty">Told about a working tree with changes.</param>
    /// <exception cref="FetchException">There is no such repository, branch or commit, or git is not there.</exception>
    public static GitTree Fetch(GitInput input, string directory, Action<string> dirty)
    {
        if (input.Ref is { } name && (name.StartsWith('-') || name.AsSpan().ContainsAny("\0\n ~^:?*[\\") || name.Contains("..", StringComparison.Ordinal)))
        {
            throw new FetchException($"invalid Git branch/tag name '{name}'");
        }

        if (input.Rev is { } rev && (rev.Length != 40 || rev.AsSpan().ContainsAnyExcept("0123456789abcdef")))
        {
            throw new FetchException($"'{rev}' is not a Git commit: it must have 40 hexadecimal digits");
        }

        string? local = LocalPath(input.Url);
        if (local is not null && input.Ref is null && input.Rev is null && !input.Submodules && Path.Exists(Path.Combine(local, ".git")))
        {
            return WorkingTree(local, directory, dirty);
        }

        DirectoryInfo temporary = Directory.CreateTempSubdirectory("firn-git-");
        try
        {
            return Commit(input, local, temporary.FullName, directory);
        }
        finally
        {
            temporary.Delete(true);
        }
    }

    private static string? LocalPath(string url)
    {
        string path = url.StartsWith("file://", StringComparison.Ordinal) ? url["file://".Length..] : url;
        return path.StartsWith('/') ? path : null;
    }

    private static GitTree WorkingTree(string path, string directory, Action<string> dirty)
    {
        string? head = TryRun(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")?.Trim();
        bool changed = head is null || Run(path, "status", "--porcelain", "--untracked-files=no").Length > 0;
        if (!changed)
        {
            Extract(path, head!, directory);
            return new GitTree(head, null, Time(path, head!), Count(path, head!));
        }

        dirty(path);
        foreach (string file in Run(path, "ls-files", "-z", "--cached").Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            CopyFile(Path.Combine(path, file), Path.Combine(directory, file));
        }

        return new GitTree(null, head, head is null ? 0 : Time(path, head), null);
    }

    // A file that was deleted but is still known to the index is left out; so is a submodule.
    private static void CopyFile(string from, string to)
    {
        FileInfo file = new(from);
        if (file.LinkTarget is { } target)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.CreateSymbolicLink(to, target);
        }
        else if (file.Exists)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            file.CopyTo(to);
        }
    }

    private static GitTree Commit(GitInput input, string? local, string temporary, string directory)
    {
        string repository = temporary;
        string found;
        if (local is not null && !input.Submodules)
        {
            repository = local;
            found = TryRun(local, "rev-parse", "--verify", "--quiet", "--end-of-options", (input.Rev ?? input.Ref ?? "HEAD") + "^{commit}")?.Trim() ?? throw NotFound(input);
        }
        else
        {
            Run(temporary, "init", "--quiet", "--bare");
            List<string> fetch = ["fetch", "--quiet", "--no-write-fetch-head", "--force"];
            if (input.Shallow)
            {
                fetch.Add("--depth=1");
            }

            string wanted = input.Shallow && input.Rev is { } exact ? exact : input.Ref ?? "HEAD";
            fetch.AddRange(["--", input.Url, input.AllRefs ? "+refs/*:refs/*" : $"{wanted}:refs/heads/wanted"]);
            Run(temporary, [.. fetch]);
            string start = input.Rev ?? (input.AllRefs ? input.Ref ?? Run(temporary, "ls-remote", "--", input.Url, "HEAD").Split('\t')[0] : "refs/heads/wanted");
            found = TryRun(temporary, "rev-parse", "--verify", "--quiet", "--end-of-options", start + "^{commit}")?.Trim() ?? throw NotFound(input);
        }

        if (input.Submodules)
        {
            string clone = Path.Combine(temporary, "clone");
            Run(temporary, "clone", "--quiet", "--no-checkout", "--", input.Url, clone);
            Run(clone, "checkout", "--quiet", "--detach", found);
            Run(clone, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive");
            foreach (string file in Run(clone, "ls-files", "-z", "--cached", "--recurse-submodules").Split('\0', StringSplitOptions.RemoveEmptyEntries))
            {
                CopyFile(Path.Combine(clone, file), Path.Combine(directory, file));
            }
        }
        else
        {
            Extract(repository, found, directory);
        }

        return new GitTree(found, null, Time(repository, found), input.Shallow ? null : Count(repository, found));
    }

    private static FetchException NotFound(GitInput input) => new(input.Rev is null
        ? $"cannot find Git branch or tag '{input.Ref ?? "HEAD"}' in repository '{input.Url}'"
        : $"Cannot find Git revision '{input.Rev}' in ref '{input.Ref ?? "HEAD"}' of repository '{input.Url}'! Please make sure that the rev exists on the ref you've specified or add allRefs = true; to fetchGit.");

    private static long Time(string repository, string rev) =>
        long.Parse(Run(repository, "log", "-1", "--format=%ct", "--no-show-signature", rev).Trim(), CultureInfo.InvariantCulture);

    private static long? Count(string repository, string rev) => Run(repository, "rev-parse", "--is-shallow-repository").Trim() == "true"
        ? null
        : long.Parse(Run(repository, "rev-list", "--count", rev).Trim(), CultureInfo.InvariantCulture);

    // The tree as an archive: attributes that leave files out of exports count, as they do for fetchGit.
    private static void Extract(string repository, string rev, string directory)
    {
        using Process git = Start(repository, ["archive", "--format=tar", rev]);
        Task<string> errors = git.StandardError.ReadToEndAsync();
        new TarExtractor(directory).Extract(git.StandardOutput.BaseStream);
        git.StandardOutput.BaseStream.CopyTo(Stream.Null);
        Finish(git, errors, "archive");
    }

    private static string Run(string directory, params ReadOnlySpan<string> arguments)
    {
        using Process git = Start(directory, arguments);
        Task<string> errors = git.StandardError.ReadToEndAsync();
        string output = git.StandardOutput.ReadToEnd();
        Finish(git, errors, arguments[0]);
        return output;
    }

    private static string? TryRun(string directory, params ReadOnlySpan<string> arguments)
    {
        using Process git = Start(directory, arguments);
        Task<string> errors = git.StandardError.ReadToEndAsync();
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        errors.Wait();
        return git.ExitCode == 0 ? output : null;
    }

    private static Process Start(string directory, ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new("git", ["-C", directory, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["LC_ALL"] = "C";
        try
        {
            Process git = Process.Start(start)!;
            git.StandardInput.Close();
            return git;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FetchException($"cannot run 'git': {e.Message}", e);
        }
    }

    private static void Finish(Process git, Task<string> errors, string command)
    {
        git.WaitForExit();
        if (git.ExitCode != 0)
        {
            throw new FetchException($"program 'git' failed with exit code {git.ExitCode} at '{command}': {errors.Result.Trim()}");
        }
    }
}
