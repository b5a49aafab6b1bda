using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;
using Activity = Firn.Formats.Logging.Activity;

namespace Firn.Fetchers.Fetching;

/// <summary>Fetches trees from Mercurial repositories by the program <c>hg</c>.</summary>
internal sealed class MercurialFetcher(FetchSettings settings, FetchStore store, FetchCache cache, Action<string> warn)
{
    private const string RefKind = "hgRef", TreeKind = "hgTree";

    /// <summary>Tells Mercurial of a file that was written in a working tree.</summary>
    /// <param name="commit">The message to commit it with; null for no commit.</param>
    internal static void FileChanged(string folder, string path, string? commit)
    {
        Run("-R", folder, "add", Path.Combine(folder, path));
        if (commit is not null)
        {
            Run("-R", folder, "commit", Path.Combine(folder, path), "-m", commit);
        }
    }

    internal (StorePath Path, Input Result) Fetch(Input input)
    {
        Url url = Url.Parse(input.Attributes.Text("url"));
        string? local = url.Scheme == "file" ? url.FilePath() : null;
        if (local is not null && input.Ref is null && input.Rev is null && Path.Exists(Path.Combine(local, ".hg"))
            && Run("status", "-R", local, "--modified", "--added", "--removed").Length > 0)
        {
            return FetchWorkingTree(input, local);
        }

        if (input.Rev is { Algorithm: not HashAlgorithm.Sha1 } odd)
        {
            throw new FetchException($"Hash '{odd.ToString(HashFormat.Base16, true)}' is not supported by Mercurial. Only sha1 is supported.");
        }

        string place = local ?? url.ToString();
        input = input.Ref is null ? input.With("ref", "default") : input;
        InputAttributes refKey = new InputAttributes().With("url", place).With("ref", input.Ref!);
        string? rev = input.RevText ?? (cache.Find(RefKind, refKey) is { Expired: false } known ? known.Value.Text("rev") : null);
        if (rev is not null && Remembered(input, rev) is { } remembered)
        {
            return remembered;
        }

        string clone = Path.Combine(settings.CacheDirectory, "hg", Hash.Sha256(Encoding.UTF8.GetBytes(place)).ToString(HashFormat.Nix32, false));
        using FileLock held = FileLock.Take(clone + ".lock");
        Update(clone, place, input.RevText);
        string[] found = Run("log", "-R", clone, "-r", input.RevText ?? input.Ref!, "--template", "{node} {rev} {branch}").Split(' ', 3);
        bool named = input.Rev is null;
        rev = found[0];
        if (named)
        {
            cache.Put(RefKind, refKey, new InputAttributes().With("rev", rev));
        }

        if (Remembered(input, rev) is { } again)
        {
            return again;
        }

        using TemporaryDirectory temporary = new();
        Run("archive", "-R", clone, "-r", rev, temporary.Path);
        File.Delete(Path.Combine(temporary.Path, ".hg_archival.txt"));
        PathInfo info = store.Sources.Add(new Source { Name = input.Name, File = temporary.Path });
        ulong count = ulong.Parse(found[1], CultureInfo.InvariantCulture);
        cache.Put(TreeKind, TreeKey(rev), new InputAttributes().With("narHash", info.NarHash.ToString(HashFormat.Sri, true)).With("revCount", count).With("branch", found[2]));
        return (info.Path, input.With("rev", rev).With("ref", found[2]).With("revCount", count));
    }

    private static InputAttributes TreeKey(string rev) => new InputAttributes().With("rev", rev);

    private (StorePath Path, Input Result)? Remembered(Input input, string rev)
    {
        if (cache.Find(TreeKind, TreeKey(rev)) is not { Value: var known })
        {
            return null;
        }

        StorePath path = input.With("narHash", known.Text("narHash")).StorePathIn(store.Dir);
        return store.Infos.IsValid(path)
            ? (path, input.With("rev", rev).With("ref", known.Text("branch")).With("revCount", known.FindNumber("revCount") ?? 0))
            : null;
    }

    private (StorePath Path, Input Result) FetchWorkingTree(Input input, string path)
    {
        if (!settings.AllowDirty)
        {
            throw new FetchException($"Mercurial tree '\"{path}\"' is unclean");
        }

        if (settings.WarnDirty)
        {
            warn($"Mercurial tree '\"{path}\"' is unclean");
        }

        string[] files = Run("status", "-R", path, "--clean", "--modified", "--added", "--no-status", "--print0").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        PathInfo info = WorkingTree.Add(store.Sources, input.Name, path, files);
        return (info.Path, input.With("ref", Run("branch", "-R", path).TrimEnd('\n')));
    }

    private Activity Fetching(string place) =>
        settings.Activities.Begin(Verbosity.Talkative, ActivityType.Unknown, $"fetching Mercurial repository '{place}'");

    private void Update(string clone, string place, string? rev)
    {
        if (!Directory.Exists(clone))
        {
            using Activity cloning = Fetching(place);
            Run("clone", "--noupdate", "--", place, clone);
            return;
        }

        if (rev is not null && TryRun("log", "-R", clone, "-r", rev, "--template", "1") is (0, "1"))
        {
            return;
        }

        using Activity fetching = Fetching(place);
        (int status, _) = TryRun("pull", "-R", clone, "--", place);
        if (status != 0 && File.Exists(Path.Combine(clone, ".hg", "store", "journal")))
        {
            // An earlier transaction was interrupted.
            Run("recover", "-R", clone);
            (status, _) = TryRun("pull", "-R", clone, "--", place);
        }

        if (status != 0)
        {
            throw new FetchException($"'hg pull' failed with exit code {status}");
        }
    }

    private static string Run(params ReadOnlySpan<string> arguments)
    {
        (int status, string output) = TryRun(arguments);
        return status == 0 ? output : throw new FetchException($"hg failed with exit code {status}");
    }

    // What goes wrong, hg itself tells the user.
    private static (int Status, string Output) TryRun(params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new("hg", arguments.ToArray())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = new UTF8Encoding(false),
        };

        // The user's own configuration must not change what is written.
        start.Environment["HGPLAIN"] = "";
        try
        {
            using Process hg = Process.Start(start)!;
            hg.StandardInput.Close();
            string output = hg.StandardOutput.ReadToEnd();
            hg.WaitForExit();
            return (hg.ExitCode, output);
        }
        catch (Win32Exception e)
        {
            throw new FetchException($"executing 'hg': {e.Message}", e);
        }
    }
}
