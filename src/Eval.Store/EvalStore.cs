using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Store.Builtins;
using Firn.Eval.Store.Derivations;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Realising;
using Firn.Eval.Store.Sources;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.References;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store;

/// <summary>
/// What joins an evaluation to a store: its files, hooks and builtins go into <see cref="EvaluatorOptions"/>.
/// <see cref="Flush"/> at the end writes what is still waiting.
/// </summary>
public sealed class EvalStore : IStoreHooks, IDisposable
{
    private readonly SourceCopies _sources;
    private readonly Lazy<InputFetcher> _fetcher;
    private readonly ContextRealisation _realisation;
    private readonly byte[] _storeDir;
    private readonly ShownTrees _shown;

    /// <param name="machine">The files of the machine.</param>
    public EvalStore(EvalStoreOptions options, IEvalIo machine)
    {
        Options = options;
        Texts = new PendingTexts(options.Texts);
        Files = new StoreFiles(options, Texts, machine);
        Derivations = new DerivationTable(options, Texts);
        _shown = new ShownTrees(options.StoreDir);
        _sources = new SourceCopies(options, Files, _shown);
        _realisation = new ContextRealisation(options, Texts, Warn);
        Inputs = new InputSchemes(options.Features, options.TrustForges, Warn);
        _fetcher = new Lazy<InputFetcher>(() => new InputFetcher(
            options.Fetching ?? throw new FetchException("this evaluation must not fetch anything"),
            Inputs,
            new FetchStore(options.StoreDir, options.Infos, options.Sources, options.Contents, options.RealPaths)
            {
                Keep = options.Roots is { } roots && !options.ReadOnly ? (path, link) => roots.AddPermanentRoot(path, link) : null,
                Substitute = TrySubstitute,
            },
            options.Downloader,
            Warn));
        _storeDir = Encoding.UTF8.GetBytes(options.StoreDir.Path);
    }

    public EvalStoreOptions Options { get; }

    /// <summary>The files that the evaluation sees.</summary>
    public StoreFiles Files { get; }

    /// <summary>The derivations made and read so far.</summary>
    public DerivationTable Derivations { get; }

    /// <summary>The kinds of input that can be fetched.</summary>
    public InputSchemes Inputs { get; }

    /// <summary>Fetches them.</summary>
    /// <exception cref="FetchException">Nothing may be fetched.</exception>
    public InputFetcher Fetcher => _fetcher.Value;

    /// <summary>Texts that are to be written.</summary>
    public PendingTexts Texts { get; }

    /// <summary>Whether evaluation may build what it needs to go on; <see cref="EvalStoreOptions.AllowImportFromDerivation"/> at first.</summary>
    public bool AllowsImportFromDerivation
    {
        get => _realisation.MayBuild;
        set => _realisation.MayBuild = value;
    }

    /// <summary>The families of builtins that need a store.</summary>
    public IReadOnlyList<Func<Evaluator, IBuiltinFamily>> Families =>
    [
        ev => new DerivationBuiltins(ev, this),
        ev => new StorePathBuiltins(ev, this),
        ev => new SourceBuiltins(ev, this, _sources),
        ev => new FetchBuiltins(ev, this),
        ev => new TreeBuiltins(ev, this),
        ev => new ClosureBuiltins(ev, this),
        ev => new ImportBuiltins(ev, this),
        ev => new NativeBuiltins(ev),
    ];

    byte[] IStoreHooks.StoreDir => _storeDir;

    /// <summary>Writes everything that evaluation made and that is not in the store yet.</summary>
    /// <exception cref="EvalError">The store cannot be written.</exception>
    public void Flush()
    {
        try
        {
            Texts.Flush();
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    /// <summary>The string that stands for an output: its path where that is known beforehand, else a placeholder.</summary>
    public string TextOf(ContextElement output)
    {
        ContextElement derivation = output.Derivation!;
        StorePath? known = null;
        if (derivation.Kind == ContextKind.Opaque)
        {
            StorePath path = Options.StoreDir.Parse(derivation.Path);
            string name = Encoding.UTF8.GetString(output.Output!);
            known = Derivations.Read(path).Output(name)?.KnownPath(Options.StoreDir, path.DerivationName, name);
        }

        return known is { } certain ? Options.StoreDir.Print(certain) : Placeholders.Render(OutputTexts.Placeholder(Options.StoreDir, output));
    }

    /// <inheritdoc/>
    public VString CopyToStore(byte[] path) => _sources.Copy(path);

    /// <inheritdoc/>
    public byte[] Realise(byte[] text, StringContext context)
    {
        try
        {
            return _realisation.Realise(text, context);
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    /// <summary>What fetches search path entries of schemes that this project does not know, by scheme.</summary>
    public Dictionary<string, Func<string, Input>> SearchPathSchemes { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public StringContext? ReferencesIn(byte[] path, byte[] contents)
    {
        string file = Encoding.UTF8.GetString(path);
        if (!Options.StoreDir.Contains(file))
        {
            return null;
        }

        try
        {
            if (Options.Infos.Find(Options.StoreDir.Split(file).Path) is not { References.Count: > 0 } info)
            {
                return null;
            }

            ReferenceScanner scanner = new(info.References);
            scanner.Write(contents);
            ImmutableArray<StorePath> found = scanner.Found;
            ContextElement[] elements = new ContextElement[found.Length];
            for (int i = 0; i < elements.Length; i++)
            {
                elements[i] = ContextElement.Opaque(Encoding.UTF8.GetBytes(Options.StoreDir.Print(found[i])));
            }

            return StringContext.Of(elements);
        }
        catch (BadStorePathException)
        {
            // A file beside the store objects.
            return null;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    /// <inheritdoc/>
    public string? ShownPath(string path) => _shown.Find(path);

    /// <inheritdoc/>
    public EvalError? MissingFile(string path, bool reading) => _shown.Missing(path, reading);

    /// <inheritdoc/>
    public byte[]? FetchSearchPath(byte[] place)
    {
        string url = Encoding.UTF8.GetString(place);
        int colon = url.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && SearchPathSchemes.TryGetValue(url[..colon], out Func<string, Input>? scheme))
        {
            return Encoding.UTF8.GetBytes(Options.StoreDir.Print(FetchInput(scheme(url[(colon + 1)..])).Path));
        }

        if (!PseudoUrl.IsUrl(url))
        {
            return null;
        }

        try
        {
            return FetchTree(url);
        }
        catch (EvalError)
        {
            Warn($"Nix search path entry '{url}' cannot be downloaded, ignoring");
            return null;
        }
    }

    /// <summary>The store path of the tree that a URL of <see cref="PseudoUrl"/> leads to.</summary>
    /// <exception cref="EvalError">It cannot be downloaded.</exception>
    public byte[] FetchTree(string url)
    {
        try
        {
            return Encoding.UTF8.GetBytes(Options.StoreDir.Print(Fetcher.Downloads.Tree(PseudoUrl.Resolve(url), "source").Path));
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    void IStoreHooks.EnsurePath(byte[] path)
    {
        try
        {
            EnsurePath(Options.StoreDir.Parse(path));
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    /// <summary>Makes a path valid that evaluation is told to use, unless nothing is written.</summary>
    /// <exception cref="EvalError">There is no way to.</exception>
    internal void EnsurePath(StorePath path)
    {
        Flush();
        if (!Options.ReadOnly && !Options.Infos.IsValid(path) && !TrySubstitute(path))
        {
            throw new EvalError(EvalErrorKind.Store, $"path '{Options.StoreDir.Print(path)}' is required, but there is no substituter that can build it");
        }
    }

    /// <summary>Takes a path from a substituter, unless nothing is written; says whether it is valid then.</summary>
    internal bool TrySubstitute(StorePath path) => !Options.ReadOnly && Options.Realiser?.TrySubstitute(path) == true;

    /// <summary>Puts an input into the store.</summary>
    /// <exception cref="EvalError">It cannot be fetched.</exception>
    public FetchedInput FetchInput(Input input)
    {
        try
        {
            FetchedInput fetched = Fetcher.Fetch(input);
            Options.Access?.Allow(Options.StoreDir.Print(fetched.Path));
            _shown.Add(fetched.Path, input, fetched.Input);
            return fetched;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            EvalError error = StoreErrors.Wrap(e);
            if (e is not HashMismatchException { InStore: true })
            {
                error.AddTrace(default, "while fetching the input '", input.ToString());
            }

            throw error;
        }
    }

    /// <summary>Makes inputs be fetched again when they are asked for the next time.</summary>
    public void ForgetFetched()
    {
        if (_fetcher.IsValueCreated)
        {
            _fetcher.Value.Forget();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fetcher.IsValueCreated)
        {
            _fetcher.Value.Dispose();
        }
    }

    internal void Warn(string text) => Files.WriteMessage(Encoding.UTF8.GetBytes("warning: " + text));
}
