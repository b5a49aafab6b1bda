using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Firn.Fetchers.Git;

/// <summary>An entry of a commit's tree, directories left out.</summary>
/// <param name="Mode">100644, 100755, 120000 for a link, 160000 for a submodule.</param>
internal readonly record struct GitEntry(string Mode, string Id, string Path)
{
    internal bool IsSubmodule => Mode == "160000";
}

/// <summary>A submodule as <c>.gitmodules</c> names it.</summary>
internal sealed record GitSubmodule(string Path, string Url, string? Branch);

/// <summary>A Git repository, with or without a working tree, through the program <c>git</c>.</summary>
/// <param name="directory">Its folder.</param>
internal sealed class GitRepository(string directory)
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    internal string Directory => directory;

    /// <summary>The commit that a name means; null for none.</summary>
    internal string? FindCommit(string name) => TryRun("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")?.Trim();

    internal bool Has(string rev) => TryRun("cat-file", "-e", rev + "^{commit}") is not null;

    internal bool IsShallow => Run("rev-parse", "--is-shallow-repository").Trim() == "true";

    /// <summary>The branch that is checked out; null when none is.</summary>
    internal string? Head => TryRun("symbolic-ref", "--quiet", "HEAD")?.Trim();

    /// <summary>Time of a commit, seconds since 1970.</summary>
    internal ulong CommitTime(string rev) => ulong.Parse(Run("log", "-1", "--format=%ct", "--no-show-signature", rev).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Number of commits up to this one, itself included.</summary>
    internal ulong CountCommits(string rev) => ulong.Parse(Run("rev-list", "--count", rev).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Whether tracked files differ from the commit that is checked out.</summary>
    internal bool HasChanges => Run("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all").Length > 0;

    /// <summary>The tracked files that differ from the commit that is checked out, and those of it that are gone, in order of their names.</summary>
    internal (string[] Changed, string[] Deleted) Changes()
    {
        List<string> changed = [], deleted = [];
        foreach (string line in Parts(Run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all")))
        {
            (line.AsSpan(0, 2).Contains('D') ? deleted : changed).Add(line[3..]);
        }

        return (Ordered(changed), Ordered(deleted));

        // A directory stands before files whose names begin with its own.
        static string[] Ordered(List<string> paths)
        {
            paths.Sort(static (a, b) => string.CompareOrdinal(a.Replace('/', '\0'), b.Replace('/', '\0')));
            return [.. paths];
        }
    }

    /// <summary>Files of the working tree that Git knows and that are there, links among them, submodules not.</summary>
    internal List<string> TrackedFiles()
    {
        HashSet<string> deleted = new(Parts(Run("ls-files", "-z", "--deleted")), StringComparer.Ordinal);
        List<string> files = [];
        foreach (string line in Parts(Run("ls-files", "-z", "--stage")))
        {
            string path = line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..];
            if (!line.StartsWith("160000", StringComparison.Ordinal) && !deleted.Contains(path))
            {
                files.Add(path);
            }
        }

        return files;
    }

    /// <summary>Everything in a commit's tree.</summary>
    internal List<GitEntry> Tree(string rev)
    {
        List<GitEntry> entries = [];
        foreach (string line in Parts(Run("ls-tree", "-r", "-z", "--full-tree", rev)))
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            string[] words = line[..tab].Split(' ');
            entries.Add(new GitEntry(words[0], words[2], line[(tab + 1)..]));
        }

        return entries;
    }

    /// <summary>The paths among these, and their folders, that <c>.gitattributes</c> keep out of exports.</summary>
    /// <param name="rev">The commit whose attributes count; null for those of the index.</param>
    internal HashSet<string> ExportIgnored(IEnumerable<string> paths, string? rev)
    {
        SortedSet<string> asked = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            for (string part = path; asked.Add(part) && part.LastIndexOf('/') is > 0 and int slash;)
            {
                part = part[..slash];
            }
        }

        HashSet<string> ignored = new(StringComparer.Ordinal);
        foreach ((string path, string value) in Attributes("export-ignore", asked, rev))
        {
            if (value == "set")
            {
                ignored.Add(path);
            }
        }

        return ignored;
    }

    /// <summary>What <c>.gitattributes</c> say of one attribute for each of these paths.</summary>
    /// <param name="rev">The commit whose attributes count; null for those of the index.</param>
    internal List<(string Path, string Value)> Attributes(string name, IReadOnlyCollection<string> paths, string? rev)
    {
        List<(string, string)> values = [];
        if (paths.Count == 0)
        {
            return values;
        }

        string? index = rev is null ? null : Path.GetTempFileName();
        try
        {
            if (index is not null)
            {
                // An empty file is no index; none is an empty one.
                File.Delete(index);
                RunWith(index, null, ["read-tree", rev!]);
            }

            string[] answers = RunWith(index, string.Join('\0', paths) + "\0", ["check-attr", "--cached", "--stdin", "-z", name]).Split('\0');
            for (int i = 0; i + 2 < answers.Length; i += 3)
            {
                values.Add((answers[i], answers[i + 2]));
            }

            return values;
        }
        finally
        {
            if (index is not null)
            {
                File.Delete(index);
            }
        }
    }

    /// <summary>The submodules of <c>.gitmodules</c>, of a commit or of the working tree.</summary>
    internal List<GitSubmodule> Submodules(string? rev)
    {
        string[] source = rev is null ? ["--file", Path.Combine(directory, ".gitmodules")] : ["--blob", rev + ":.gitmodules"];
        if (rev is null ? !File.Exists(source[1]) : TryRun("cat-file", "-e", source[1]) is null)
        {
            return [];
        }

        string? text = TryRun(["config", .. source, "--null", "--get-regexp", @"^submodule\..*\.(path|url|branch)$"]);
        Dictionary<string, (string? Path, string? Url, string? Branch)> found = new(StringComparer.Ordinal);
        foreach (string item in Parts(text ?? ""))
        {
            int newline = item.IndexOf('\n', StringComparison.Ordinal);
            int dot = newline < 0 ? -1 : item.LastIndexOf('.', newline);
            if (dot < 0)
            {
                continue;
            }

            string name = item[..dot], value = item[(newline + 1)..];
            (string? Path, string? Url, string? Branch) known = found.GetValueOrDefault(name);
            found[name] = item[(dot + 1)..newline] switch
            {
                "path" => known with { Path = value },
                "url" => known with { Url = value },
                _ => known with { Branch = value },
            };
        }

        List<GitSubmodule> submodules = [];
        foreach ((string? path, string? url, string? branch) in found.Values)
        {
            if (path is not null && url is not null)
            {
                submodules.Add(new GitSubmodule(path, url, branch));
            }
        }

        return submodules;
    }

    /// <summary>Writes files and links of a commit's tree into a folder, as Git keeps them: nothing is filtered or expanded.</summary>
    /// <exception cref="FetchException">A name leads outside.</exception>
    internal void Extract(IReadOnlyList<GitEntry> entries, string to)
    {
        using Process git = Start(directory, null, ["cat-file", "--batch"]);
        Task<string> errors = git.StandardError.ReadToEndAsync();
        Task asking = Task.Run(() =>
        {
            foreach (GitEntry entry in entries)
            {
                if (!entry.IsSubmodule)
                {
                    git.StandardInput.Write(entry.Id + "\n");
                }
            }

            git.StandardInput.Close();
        });
        using BufferedStream answers = new(git.StandardOutput.BaseStream, 1 << 16);
        HashSet<string> leaves = new(StringComparer.Ordinal);
        foreach (GitEntry entry in entries)
        {
            string path = Path.Combine(to, Checked(entry.Path, leaves));
            System.IO.Directory.CreateDirectory(entry.IsSubmodule ? path : Path.GetDirectoryName(path)!);
            if (!entry.IsSubmodule)
            {
                Write(answers, entry, path);
            }
        }

        asking.Wait();
        Finish(git, errors, "cat-file");
    }

    /// <summary>Runs git in this repository.</summary>
    /// <exception cref="FetchException">It fails.</exception>
    internal string Run(params ReadOnlySpan<string> arguments) => RunWith(null, null, arguments);

    /// <summary>Runs git in this repository; null when it fails.</summary>
    internal string? TryRun(params ReadOnlySpan<string> arguments) => TryRunMerged(arguments) is (0, string output) ? output : null;

    /// <summary>Runs git in this repository.</summary>
    /// <returns>The exit status and what it wrote to its output, or to standard error when it failed.</returns>
    internal (int Status, string Output) TryRunMerged(params ReadOnlySpan<string> arguments)
    {
        using Process git = Start(directory, null, arguments);
        git.StandardInput.Close();
        Task<string> errors = git.StandardError.ReadToEndAsync();
        string output = ReadAll(git);
        git.WaitForExit();
        return (git.ExitCode, git.ExitCode == 0 ? output : output + errors.Result);
    }

    /// <summary>Runs git in this repository; it tells the user itself how it goes on.</summary>
    /// <returns>Whether it succeeded.</returns>
    internal bool RunVisibly(params ReadOnlySpan<string> arguments)
    {
        using Process git = Start(directory, null, arguments, visible: true);
        git.StandardInput.Close();
        git.StandardOutput.BaseStream.CopyTo(Stream.Null);
        git.WaitForExit();
        return git.ExitCode == 0;
    }

    private static string[] Parts(string text) => text.Split('\0', StringSplitOptions.RemoveEmptyEntries);

    // What Git would not check out either must not be written: names are another's, and may lead anywhere.
    private static string Checked(string path, HashSet<string> leaves)
    {
        foreach (string part in path.Split('/'))
        {
            if (part is "" or "." or "..")
            {
                throw new FetchException($"Git tree has an entry '{path}' that leads outside");
            }
        }

        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (leaves.Contains(path[..slash]))
            {
                throw new FetchException($"Git tree has an entry '{path}' below something that is not a directory");
            }
        }

        leaves.Add(path);
        return path;
    }

    private static void Write(Stream answers, GitEntry entry, string path)
    {
        string[] header = ReadLine(answers).Split(' ');
        if (header.Length != 3 || header[0] != entry.Id)
        {
            throw new FetchException($"Git object '{entry.Id}' of '{entry.Path}' is missing");
        }

        long size = long.Parse(header[2], CultureInfo.InvariantCulture);
        if (entry.Mode == "120000")
        {
            byte[] target = new byte[size];
            answers.ReadExactly(target);
            File.CreateSymbolicLink(path, Decode(target));
        }
        else
        {
            UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            mode |= entry.Mode == "100755" ? UnixFileMode.UserExecute : 0;
            using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode, BufferSize = 0 });
            byte[] buffer = new byte[Math.Min(size, 1 << 16)];
            for (long rest = size; rest > 0;)
            {
                int n = answers.Read(buffer, 0, (int)Math.Min(rest, buffer.Length));
                if (n == 0)
                {
                    throw new FetchException($"Git object '{entry.Id}' of '{entry.Path}' ends too early");
                }

                file.Write(buffer, 0, n);
                rest -= n;
            }
        }

        answers.ReadByte();
    }

    private static string ReadLine(Stream stream)
    {
        StringBuilder line = new();
        for (int b = stream.ReadByte(); b is >= 0 and not '\n'; b = stream.ReadByte())
        {
            line.Append((char)b);
        }

        return line.ToString();
    }

    private static string Decode(byte[] bytes)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new FetchException($"Git tree has a name that is not UTF-8: '{Encoding.Latin1.GetString(bytes)}'", e);
        }
    }

    private string RunWith(string? index, string? input, ReadOnlySpan<string> arguments)
    {
        using Process git = Start(directory, index, arguments);
        Task<string> errors = git.StandardError.ReadToEndAsync();
        Task asking = Task.Run(() =>
        {
            git.StandardInput.Write(input);
            git.StandardInput.Close();
        });
        string output = ReadAll(git);
        asking.Wait();
        Finish(git, errors, arguments[0]);
        return output;
    }

    private static string ReadAll(Process git)
    {
        using MemoryStream all = new();
        git.StandardOutput.BaseStream.CopyTo(all);
        return Decode(all.ToArray());
    }

    private static Process Start(string directory, string? index, ReadOnlySpan<string> arguments, bool visible = false)
    {
        ProcessStartInfo start = new("git", ["-C", directory, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = !visible,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["LC_ALL"] = "C";
        if (index is not null)
        {
            start.Environment["GIT_INDEX_FILE"] = index;
        }

        try
        {
            return Process.Start(start)!;
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
