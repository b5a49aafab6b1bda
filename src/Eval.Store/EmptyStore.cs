using System.Collections.Generic;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store;

/// <summary>
/// A store in which nothing is valid and to which nothing can be added (<c>dummy://</c>): for evaluation that only
/// computes paths.
/// </summary>
/// <param name="sources">Computes the paths of sources.</param>
public sealed class EmptyStore(StoreDir dir, ISourceAdder sources) : IPathInfos, ITextAdder, ISourceAdder, IStoreContents, IRealPaths
{
    /// <summary>The URL that names such a store.</summary>
    public const string Url = "dummy://";

    public StoreDir StoreDir => dir;

    public string RealStoreDir => dir.Path;

    public string RealPath(StorePath path) => dir.Print(path);

    public PathInfo? Find(StorePath path) => null;

    public bool IsValid(StorePath path) => false;

    public StorePath AddText(string name, System.ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false) => throw Unsupported();

    public void AddTexts(IReadOnlyList<TextObject> texts) => throw Unsupported("writeDerivation");

    public PathInfo Add(Source source) => throw Unsupported();

    public PathInfo Compute(Source source) => sources.Compute(source);

    public void WriteNar(StorePath path, IByteSink to) => throw new InvalidPathException(dir, path);

    public byte[] ReadFile(StorePath path, string inside = "") => throw new InvalidPathException(dir, path);

    private static StoreException Unsupported(string operation = "addToStore") => new($"operation '{operation}' is not supported by store '{Url}'");
}
