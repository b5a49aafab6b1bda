using System;
using System.Collections.Generic;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Realising;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Fetching;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store;

/// <summary>What evaluation needs of a store, and how it uses it. Bound to settings and flags by the caller.</summary>
public sealed record EvalStoreOptions
{
    public required StoreDir StoreDir { get; init; }

    public required IPathInfos Infos { get; init; }

    public required ITextAdder Texts { get; init; }

    public required ISourceAdder Sources { get; init; }

    public required IStoreContents Contents { get; init; }

    public required IRealPaths RealPaths { get; init; }

    /// <summary>Builds what evaluation cannot go on without; null where nothing may be built.</summary>
    public IRealiser? Realiser { get; init; }

    /// <summary>Downloads for the fetching builtins; null where nothing may be downloaded.</summary>
    public Downloader? Downloader { get; init; }

    /// <summary>Copies a path and all that it refers to from the store of a URL; null where that cannot be done.</summary>
    public Action<string, StorePath>? CopyClosure { get; init; }

    /// <summary>Copies a path and all that it refers to from the store of a URL in content-addressed form, and gives the copy of the path; null where that cannot be done.</summary>
    public Func<string, StorePath, StorePath>? RewriteClosure { get; init; }

    /// <summary>Compute store paths, write nothing.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Write paths anew though they are valid.</summary>
    public bool Repair { get; init; }

    /// <summary>Whether evaluation may wait for builds (<c>allow-import-from-derivation</c>).</summary>
    public bool AllowImportFromDerivation { get; init; } = true;

    /// <summary>Whether to tell the user about each of them (<c>trace-import-from-derivation</c>).</summary>
    public bool TraceImportFromDerivation { get; init; }

    /// <summary>What a restricted or pure evaluation may read; null where everything.</summary>
    public AccessPolicy? Access { get; init; }

    /// <summary>How inputs are fetched, and where what was fetched is remembered; null where nothing may be fetched.</summary>
    public FetchSettings? Fetching { get; init; }

    /// <summary>Whether a commit of a forge's tarball needs no NAR hash to be exact (<c>trust-tarballs-from-git-forges</c>).</summary>
    public bool TrustForges { get; init; } = true;

    /// <summary>Keeps downloads from being collected; null where nothing does.</summary>
    public IRoots? Roots { get; init; }

    /// <summary>Told what may help to find out why; null for nobody.</summary>
    public Action<string>? Debug { get; init; }

    /// <summary>The experimental features that are on.</summary>
    public IReadOnlySet<string> Features { get; init; } = new HashSet<string>();
}
