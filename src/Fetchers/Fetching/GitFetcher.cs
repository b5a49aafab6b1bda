using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Git;
using Firn.Fetchers.Inputs;
using Firn.Fetchers.Urls;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>Fetches trees from Git repositories: commits, or what Git knows of a local working tree.</summary>
internal sealed class GitFetcher(
    FetchSettings settings, InputSchemes schemes, FetchStore store, FetchCache cache, Func<Downloader> downloader, Action<string> warn)
{
    private const string TreeKind = "gitTree", CommitKind = "gitCommit", RefKind = "gitRef", HeadKind = "gitHead";

    private static readonly string s_noRevision = new('0', 40);

    internal (StorePath Path, Input Result) Fetch(Input input)
    {
        if (Flag(input, "exportIgnore") && Flag(input, "submodules"))
        {
            throw new FetchException("exportIgnore and submodules are not supported together yet");
        }

        Place place = PlaceOf(input);
        return place.Path is { } path && input.Ref is null && input.Rev is null ? FetchWorkingTree(input, path) : FetchCommit(input, place);
    }

    /// <summary>Tells Git of a file that was written in a working tree.</summary>
    /// <param name="commit">The message to commit it with; null for no commit.</param>
    internal static void FileChanged(string folder, string path, string? commit)
    {
        GitRepository repository = new(folder);
        if (repository.TryRun("check-ignore", "--quiet", "--", path) is not null)
        {
            return;
        }

        repository.Run("add", "--intent-to-add", "--", path);
        if (commit is not null)
        {
            repository.Run("commit", path, "-m", commit);
        }
    }

    /// <summary>Makes a working copy of a repository.</summary>
    /// <exception cref="FetchException">Git fails, or a revision is asked for.</exception>
    internal void Clone(Input input, string destination)
    {
        Place place = PlaceOf(input);
        string[] branch = input.Ref is { } name ? ["--branch", name] : [];
        if (input.Rev is not null)
        {
            throw new FetchException("cloning a specific revision is not implemented");
        }

        if (!new GitRepository("/").RunVisibly(["clone", place.ToString(), .. branch, Path.GetFullPath(destination)]))
        {
            throw new FetchException("program 'git' failed with exit code 128");
        }
    }

    // Where the repository is: a local one with a working tree is used in place, others are fetched into the cache.
    private readonly record struct Place(string? Path, string Url)
    {
        public override string ToString() => Path ?? Url;
    }

    private readonly record struct Commit(GitRepository Repository, string Rev, string? Ref);

    private static bool Flag(Input input, string name) => input.Attributes.FindFlag(name) ?? false;

    private Place PlaceOf(Input input)
    {
        if (input.Rev is { Algorithm: not (HashAlgorithm.Sha1 or HashAlgorithm.Sha256) } rev)
        {
            throw new FetchException($"Hash '{rev.ToString(HashFormat.Base16, true)}' is not supported by Git. Supported types are sha1 and sha256.");
        }

        Url url = Url.Parse(input.Attributes.Text("url"));
        if (url.Scheme != "file")
        {
            return new Place(null, url.WithoutQuery("dir").ToString());
        }

        string path = url.FilePath();
        if (Environment.GetEnvironmentVariable("_NIX_FORCE_HTTP") == "1" || (Path.Exists(path) && !Path.Exists(Path.Combine(path, ".git"))))
        {
            // Git takes parameters of such a URL for a part of the file name.
            return new Place(null, (url with { Query = new Dictionary<string, string>() }).ToString());
        }

        if (!path.StartsWith('/'))
        {
            warn($"Fetching Git repository '{url}', which uses a path relative to the current directory. This is not supported and will stop working in a future release. See https://github.com/NixOS/nix/issues/12281 for details.");
        }

        return new Place(Path.GetFullPath(path), url.ToString());
    }

    private (StorePath Path, Input Result) FetchWorkingTree(Input input, string path)
    {
        GitRepository repository = Open(path);
        HashSet<string> files = new(StringComparer.Ordinal);
        bool dirty = AddFiles(repository, "", Flag(input, "exportIgnore"), Flag(input, "submodules"), files);
        string? head = repository.FindCommit("HEAD");
        if (dirty)
        {
            if (!settings.AllowDirty)
            {
                throw new FetchException($"Git tree '{path}' is dirty");
            }

            if (settings.WarnDirty)
            {
                warn($"Git tree '{path}' is dirty");
            }

            Verify(input, null, null);
            input = head is null ? input : input.With("dirtyRev", head + "-dirty").With("dirtyShortRev", head[..7] + "-dirty");
            if (repository.Submodules(null).Count == 0)
            {
                input = input with { Changes = new InputChanges(head ?? s_noRevision, WorkingChanges.Hash(repository)) };
            }
        }
        else
        {
            input = repository.Head is { } branch ? input.With("ref", branch) : input;
            input = input.With("rev", head ?? s_noRevision);
            if (!Flag(input, "shallow"))
            {
                RequireHistory(repository, path);
                input = input.With("revCount", head is null ? 0 : CountOf(repository, head));
            }

            Verify(input, repository, head);
        }

        using Activity copying = settings.Activities.Begin(Verbosity.Chatty, ActivityType.Unknown, $"copying '{path}/' to the store");
        PathInfo info = WorkingTree.Add(store.Sources, input.Name, path, files);
        return (info.Path, input.With("lastModified", head is null ? 0 : TimeOf(repository, head)));
    }

    private static void RequireHistory(GitRepository repository, string place)
    {
        if (repository.IsShallow)
        {
            throw new FetchException($"'{place}' is a shallow Git repository, but shallow repositories are only allowed when `shallow = true;` is specified");
        }
    }

    // Adds the files of a working tree, and of its submodules; says whether any of them is changed.
    private static bool AddFiles(GitRepository repository, string prefix, bool exportIgnore, bool submodules, HashSet<string> files)
    {
        List<string> tracked = repository.TrackedFiles();
        HashSet<string> ignored = exportIgnore ? repository.ExportIgnored(tracked, null) : [];
        foreach (string file in tracked)
        {
            if (!IsIgnored(file, ignored))
            {
                files.Add(prefix + file);
            }
        }

        bool dirty = repository.HasChanges;
        foreach (GitSubmodule submodule in submodules ? repository.Submodules(null) : [])
        {
            string path = Path.Combine(repository.Directory, submodule.Path);
            if (Path.Exists(Path.Combine(path, ".git")))
            {
                dirty |= AddFiles(new GitRepository(path), prefix + submodule.Path + "/", exportIgnore, true, files);
            }

            files.Add(prefix + submodule.Path);
        }

        return dirty;
    }

    private static bool IsIgnored(string path, HashSet<string> ignored)
    {
        if (ignored.Count == 0)
        {
            return false;
        }

        for (string part = path; ; part = part[..part.LastIndexOf('/')])
        {
            if (ignored.Contains(part))
            {
                return true;
            }

            if (!part.Contains('/', StringComparison.Ordinal))
            {
                return false;
            }
        }
    }

    private (StorePath Path, Input Result) FetchCommit(Input input, Place place)
    {
        if (input.RevText is { } asked && !IsVerified(input) && Remembered(input, place, asked, input.Ref) is { } known)
        {
            return known;
        }

        Commit commit = Locate(input, place);
        input = (commit.Ref is null ? input : input.With("ref", commit.Ref)).With("rev", commit.Rev);
        bool shallow = Flag(input, "shallow");
        if (!shallow)
        {
            RequireHistory(commit.Repository, place.ToString());
        }

        input = input.With("lastModified", TimeOf(commit.Repository, commit.Rev));
        input = shallow ? input : input.With("revCount", CountOf(commit.Repository, commit.Rev));
        Verify(input, commit.Repository, commit.Rev);
        if (Remembered(input, place, commit.Rev, commit.Ref) is { } again)
        {
            return again;
        }

        using Activity copying = settings.Activities.Begin(Verbosity.Chatty, ActivityType.Unknown, $"copying '«{input}»/' to the store");
        using TemporaryDirectory temporary = new();
        Extract(input, place, commit, temporary.Path);
        PathInfo info = store.Sources.Add(new Source { Name = input.Name, File = temporary.Path });
        cache.Put(TreeKind, TreeKey(input, place, commit.Rev), new InputAttributes().With("narHash", info.NarHash.ToString(HashFormat.Sri, true)));
        return (info.Path, input);
    }

    private static InputAttributes TreeKey(Input input, Place place, string rev) => new InputAttributes().With("rev", rev).With("url", place.ToString())
        .With("exportIgnore", Flag(input, "exportIgnore")).With("submodules", Flag(input, "submodules"))
        .With("lfs", Flag(input, "lfs"));

    // A commit never changes: what is known about it, and still in the store, need not be looked at.
    private (StorePath Path, Input Result)? Remembered(Input input, Place place, string rev, string? reference)
    {
        bool shallow = Flag(input, "shallow");
        if (cache.Find(TreeKind, TreeKey(input, place, rev)) is not { } tree
            || cache.Find(CommitKind, new InputAttributes().With("rev", rev)) is not { Value: var facts }
            || facts.FindNumber("lastModified") is not { } modified
            || (!shallow && !facts.Has("revCount")))
        {
            return null;
        }

        StorePath path = input.With("narHash", tree.Value.Text("narHash")).StorePathIn(store.Dir);
        if (!store.Infos.IsValid(path))
        {
            return null;
        }

        input = (reference is null ? input : input.With("ref", reference)).With("rev", rev).With("lastModified", modified);
        return (path, shallow ? input : input.With("revCount", facts.FindNumber("revCount")!.Value));
    }

    private void Extract(Input input, Place place, Commit commit, string directory)
    {
        bool exportIgnore = Flag(input, "exportIgnore");
        List<GitEntry> entries = commit.Repository.Tree(commit.Rev);
        if (exportIgnore && entries.Exists(static e => e.Path == ".gitattributes" || e.Path.EndsWith("/.gitattributes", StringComparison.Ordinal)))
        {
            HashSet<string> ignored = commit.Repository.ExportIgnored(entries.Select(static e => e.Path), commit.Rev);
            entries.RemoveAll(e => IsIgnored(e.Path, ignored));
        }

        commit.Repository.Extract(entries, directory);
        if (Flag(input, "lfs"))
        {
            string remote = place.Path is null ? place.Url : commit.Repository.TryRun("config", "--get", "remote.origin.url")?.TrimEnd('\n') ?? "";
            new LfsObjects(commit.Repository, remote, Path.Combine(settings.CacheDirectory, "git-lfs"), downloader(), warn).Fill(entries, directory, commit.Rev);
        }

        if (!Flag(input, "submodules"))
        {
            return;
        }

        foreach (GitSubmodule submodule in commit.Repository.Submodules(commit.Rev))
        {
            if (entries.Find(e => e.IsSubmodule && e.Path == submodule.Path) is not { Id: { } rev })
            {
                continue;
            }

            InputAttributes attributes = new InputAttributes().With("type", "git").With("url", SubmoduleUrl(commit.Repository, place, submodule.Url))
                .With("rev", rev).With("submodules", true).With("lfs", Flag(input, "lfs")).With("allRefs", true);
            string? branch = submodule.Branch == "." ? commit.Ref : submodule.Branch;
            Input inner = schemes.FromAttributes(branch is null ? attributes : attributes.With("ref", branch));
            try
            {
                Place innerPlace = PlaceOf(inner);
                Extract(inner, innerPlace, Locate(inner, innerPlace), Path.Combine(directory, submodule.Path));
            }
            catch (FetchException e)
            {
                throw new FetchException($"while fetching the submodule '{submodule.Path}': {e.Message}", e);
            }
        }
    }

    // Relative URLs start at where the repository itself came from.
    private static string SubmoduleUrl(GitRepository repository, Place place, string url)
    {
        if (!url.StartsWith("./", StringComparison.Ordinal) && !url.StartsWith("../", StringComparison.Ordinal))
        {
            return url;
        }

        string origin = place.Path is null ? place.Url : repository.TryRun("config", "--get", "remote.origin.url")?.TrimEnd('\n') ?? place.Path;
        string top = origin.TrimEnd('/');
        while (true)
        {
            if (url.StartsWith("./", StringComparison.Ordinal))
            {
                url = url[2..];
            }
            else if (url.StartsWith("../", StringComparison.Ordinal) && top.LastIndexOf('/') is > 0 and int slash)
            {
                url = url[3..];
                top = top[..slash];
            }
            else
            {
                return top + "/" + url;
            }
        }
    }

    private Commit Locate(Input input, Place place)
    {
        if (place.Path is { } path)
        {
            GitRepository local = Open(path);
            string reference = input.Ref ?? local.Head ?? "HEAD";
            string rev = input.RevText ?? local.FindCommit(reference) ?? throw Unresolved(reference);
            return local.Has(rev)
                ? new Commit(local, rev, reference)
                : throw new FetchException($"getting Git object '{rev}': object not found - no match for id ({rev}) (libgit2 error code = 9)");
        }

        return LocateRemote(input, place);
    }

    private Commit LocateRemote(Input input, Place place)
    {
        bool shallow = Flag(input, "shallow");
        string directory = CachePath(place.Url, shallow);
        using FileLock held = FileLock.Take(directory + ".lock");
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            new GitRepository(directory).Run("-c", "init.defaultBranch=__nix_dummy_branch", "init", "--quiet", "--bare");
        }

        GitRepository repository = new(directory);
        string reference = input.Ref ?? DefaultRef(place.Url, shallow);
        string remoteName = reference == "HEAD" || reference.StartsWith("refs/", StringComparison.Ordinal) ? reference : "refs/heads/" + reference;
        string localName = reference == "HEAD" ? "refs/firn/HEAD" : remoteName;
        if (input.RevText is { } rev)
        {
            try
            {
                if (!repository.Has(rev))
                {
                    Update(repository, place, Flag(input, "allRefs") ? "refs/*:refs/*" : rev, shallow);
                }
            }
            catch (FetchException) when (repository.FindCommit(localName) is not null)
            {
                WarnStale(place);
            }

            return repository.Has(rev) ? new Commit(repository, rev, reference) : throw NotFound(rev, reference, place);
        }

        bool all = Flag(input, "allRefs");
        InputAttributes key = new InputAttributes().With("url", place.Url).With("ref", remoteName).With("shallow", shallow);
        CacheEntry? known = cache.Find(RefKind, key);
        string? knownRev = known?.Value.FindText("rev") is { } text && repository.Has(text) ? text : null;
        if (knownRev is not null && !known!.Expired && !all && !ArePacked(directory, known.Time))
        {
            return new Commit(repository, knownRev, reference);
        }

        try
        {
            Update(repository, place, all ? "refs/*:refs/*" : $"{remoteName}:{localName}", shallow);
        }
        catch (FetchException) when (knownRev is not null)
        {
            WarnStale(place);
            return new Commit(repository, knownRev, reference);
        }

        string found = repository.FindCommit(localName) ?? throw Unresolved(reference);
        cache.Put(RefKind, key, new InputAttributes().With("rev", found));
        return new Commit(repository, found, reference);
    }

    // Whoever packs the refs of a cache works in it, and need not have left them as they were: then they are asked for again.
    private static bool ArePacked(string directory, long since)
    {
        FileInfo packed = new(Path.Combine(directory, "packed-refs"));
        return packed.Exists && new DateTimeOffset(packed.LastWriteTimeUtc).ToUnixTimeSeconds() >= since;
    }

    private void WarnStale(Place place) =>
        warn($"could not update local clone of Git repository '{place}'; continuing with the most recent version");

    private string CachePath(string url, bool shallow) => Path.Combine(
        settings.CacheDirectory, "gitv3", Hash.Sha256(Encoding.UTF8.GetBytes(url)).ToString(HashFormat.Nix32, false) + (shallow ? "-shallow" : ""));

    private void Update(GitRepository repository, Place place, string refspec, bool shallow)
    {
        string[] depth = shallow ? ["--depth", "1"] : [];
        using Activity fetching = settings.Activities.Begin(Verbosity.Talkative, ActivityType.FetchTree, $"fetching Git repository '{place.Url}'");
        if (!repository.RunVisibly(["fetch", "--force", "--no-write-fetch-head", .. depth, "--", place.Url, refspec]))
        {
            throw new FetchException($"Failed to fetch git repository '{place.Url}'");
        }
    }

    // The branch that the other side has checked out.
    private string DefaultRef(string url, bool shallow)
    {
        InputAttributes key = new InputAttributes().With("url", url).With("shallow", shallow);
        CacheEntry? known = cache.Find(HeadKind, key);
        if (known is { Expired: false })
        {
            return known.Value.Text("ref");
        }

        (int status, string output) = new GitRepository("/").TryRunMerged("ls-remote", "--symref", "--", url, "HEAD");
        string line = output.Split('\n')[0];
        if (status == 0 && line.EndsWith("\tHEAD", StringComparison.Ordinal))
        {
            string reference = line[..^5];
            reference = reference.StartsWith("ref: ", StringComparison.Ordinal) ? reference[5..].Trim() : reference;
            cache.Put(HeadKind, key, new InputAttributes().With("ref", reference));
            return reference;
        }

        if (known is not null)
        {
            warn($"could not get HEAD ref for repository '{url}'; using expired cached ref '{known.Value.Text("ref")}'");
            return known.Value.Text("ref");
        }

        warn($"could not read HEAD ref from repo at '{url}', using 'master'");
        return "master";
    }

    private static GitRepository Open(string path) => Path.Exists(path)
        ? new GitRepository(path)
        : throw new FetchException($"Git repository \"{path}\" does not exist.");

    private static FetchException Unresolved(string reference) => new($"resolving Git reference '{reference}': revspec '{reference}' not found (libgit2 error code = 4)");

    private static FetchException NotFound(string rev, string reference, Place place) => new(
        $"Cannot find Git revision '{rev}' in ref '{reference}' of repository '{place}'! Please make sure that the rev exists on the ref you've specified or add allRefs = true; to fetchGit.");

    private ulong TimeOf(GitRepository repository, string rev) => Fact(rev, "lastModified", () => repository.CommitTime(rev));

    private ulong CountOf(GitRepository repository, string rev) => Fact(rev, "revCount", () => repository.CountCommits(rev));

    private ulong Fact(string rev, string name, Func<ulong> find)
    {
        InputAttributes key = new InputAttributes().With("rev", rev);
        InputAttributes known = cache.Find(CommitKind, key)?.Value ?? new InputAttributes();
        if (known.FindNumber(name) is { } number)
        {
            return number;
        }

        number = find();
        cache.Put(CommitKind, key, known.With(name, number));
        return number;
    }

    private static bool IsVerified(Input input) =>
        input.Attributes.FindFlag("verifyCommit") ?? (input.Attributes.Has("publicKey") || input.Attributes.Has("publicKeys"));

    private static void Verify(Input input, GitRepository? repository, string? rev)
    {
        if (!IsVerified(input))
        {
            return;
        }

        if (repository is null || rev is null)
        {
            throw new FetchException($"commit verification is required for Git repository '{input}', but it's dirty");
        }

        string signers = Path.GetTempFileName();
        try
        {
            List<(string Type, string Key)> keys = Keys(input);
            File.WriteAllLines(signers, keys.Select(static k => $"* {SshType(k.Type)} {k.Key}"));
            (int status, string output) = repository.TryRunMerged("-c", "gpg.ssh.allowedSignersFile=" + signers, "verify-commit", "-v", "--raw", rev);
            (int again, string text) = repository.TryRunMerged("-c", "gpg.ssh.allowedSignersFile=" + signers, "log", "-1", "--format=%G?%n%GF", rev);

            // A key of the user's own may have made a signature good: it has to be one of those that were asked for.
            string[] lines = text.Split('\n');
            if (status != 0 || again != 0 || lines[0] != "G" || !keys.Exists(k => lines[1] == "SHA256:" + Fingerprint(k.Key)))
            {
                throw new FetchException($"Commit signature verification on commit {rev} failed: {output}");
            }
        }
        finally
        {
            File.Delete(signers);
        }
    }

    private static string Fingerprint(string key)
    {
        try
        {
            return Hash.Sha256(Convert.FromBase64String(key)).ToString(HashFormat.Base64, false).TrimEnd('=');
        }
        catch (FormatException e)
        {
            throw new FetchException($"public key '{key}' is not in base 64", e);
        }
    }

    private static string SshType(string type) => type switch
    {
        "ssh-dsa" or "ssh-ecdsa" or "ssh-ed25519" or "ssh-rsa" => type,
        "ssh-ecdsa-sk" => "sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-ed25519-sk" => "sk-ssh-ed25519@openssh.com",
        _ => throw new FetchException(
            $"Invalid SSH key type '{type}' in publicKeys.\nPlease use one of:\n  ssh-dsa\n  ssh-ecdsa\n  ssh-ecdsa-sk\n  ssh-ed25519\n  ssh-ed25519-sk\n  ssh-rsa\n"),
    };

    private static List<(string Type, string Key)> Keys(Input input)
    {
        List<(string, string)> keys = [];
        if (input.Attributes.FindText("publicKeys") is { } text)
        {
            using JsonDocument list = JsonDocument.Parse(text);
            foreach (JsonElement key in list.RootElement.EnumerateArray())
            {
                keys.Add((key.TryGetProperty("type", out JsonElement type) ? type.GetString()! : "ssh-ed25519", key.GetProperty("key").GetString()!));
            }
        }

        if (input.Attributes.FindText("publicKey") is { } only)
        {
            keys.Add((input.Attributes.FindText("keytype") ?? "ssh-ed25519", only));
        }

        return keys;
    }
}
