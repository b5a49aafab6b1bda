using System.Collections.Generic;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Objects;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Client;

/// <summary>A store of this machine that a daemon keeps: files are read where they are, and all else is asked of the daemon.</summary>
/// <param name="files">The files, of which the daemon knows which are valid.</param>
/// <param name="rootsThere">Whether the other side makes roots too: it is on another machine, whose files are mounted here.</param>
public sealed class DaemonStore(RemoteOptions options, IStoreFiles files, bool rootsThere = false) : RemoteStore(options), ILocalFsStore
{
    public string RealStoreDir => files.RealStoreDir;

    public string StateDir => files.StateDir;

    public string RealPath(StorePath path) => files.RealPath(path);

    public override void WriteNar(StorePath path, IByteSink to)
    {
        if (!IsValid(path)) throw new InvalidPathException(StoreDir, path);
        files.WriteNar(files.RealPath(path), to);
    }

    public override byte[] ReadFile(StorePath path, string inside = "") => files.ReadFile(path, inside);

    public IObjectFiles OpenFiles(StorePath path) => IsValid(path) ? files.Open(path) : throw new InvalidPathException(StoreDir, path);

    public PathInfo Compute(Source source) => files.Compute(source);

    public PathInfo Add(Source source)
    {
        // What is there already need not be sent, and the daemon does not ask the filter.
        using var nar = new Spool();
        PathInfo info = files.Read(source, nar);
        AddTempRoot(info.Path);
        if (!source.Repair && Find(info.Path) is { } valid) return valid;
        AddNar(info, nar.Reopen(), source.Repair);
        return Find(info.Path) ?? info;
    }

    public string AddPermanentRoot(StorePath path, string link)
    {
        if (rootsThere) return TellPermanentRoot(path, link);
        AddTempRoot(path);
        string made = files.MakeRootLink(path, link);
        AddIndirectRoot(made);
        return made;
    }

    public void AddIndirectRoot(string link) => TellIndirectRoot(link);

    public IReadOnlyList<Root> FindRoots(bool censor) => AskRoots();

    public byte[]? FindLog(StorePath path) =>
        (path.IsDerivation ? path : Find(path)?.Deriver) is { } derivation ? files.FindLog(derivation) : null;
}
