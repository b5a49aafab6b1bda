using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Repl;
using Firn.Cli.Settings;
using Firn.Eval.Builtins;
using Firn.Eval.Debugging;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Store;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Packages;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers.Fetching;
using Firn.Flakes;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Transfer;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;

namespace Firn.Cli.Wiring;

/// <summary>An evaluator joined to this process's store, with the search path, arguments and settings of the command line.</summary>
internal sealed class EvaluationSession
{
    private readonly CommandContext _context;
    private readonly EvaluationFlags _flags;
    private readonly EvaluationStore _stores;
    private AttrPathSelector? _selector;
    private FlakeEvaluation? _flakes;

    /// <param name="buildStore">Where is built what the evaluation needs, and all else happens unless <c>--eval-store</c> names another store.</param>
    public EvaluationSession(CommandContext context, EvaluationFlags flags, IStore buildStore)
    {
        _context = context;
        _flags = flags;
        NixSettings settings = context.Settings;
        _stores = EvaluationStore.Open(context, flags, buildStore);
        ILocalFsStore store = _stores.Store;
        IRealiser realiser = BuilderWiring.Realiser(context, buildStore);
        if (_stores.Exchange is { } exchange)
        {
            realiser = new ExchangingRealiser(realiser, exchange);
        }

        HashSet<string> features = new(settings.List("experimental-features"), StringComparer.Ordinal);
        if (features.Contains("flakes"))
        {
            features.Add("fetch-tree");
        }

        bool pure = settings.Bool("pure-eval") && !flags.Impure;
        IReadOnlyList<SearchPathEntry> searchPath = SearchPath.Entries(context, flags.SearchPath, pure);
        EvalStoreOptions options = new()
        {
            StoreDir = store.StoreDir,
            Infos = store,
            Texts = store,
            Sources = store,
            Contents = store,
            RealPaths = store,
            Roots = store,
            Realiser = realiser,
            Downloader = BuilderWiring.MakeDownloader(context),
            CopyClosure = (url, path) => PathCopier.CopyClosure(StoreOpening.Open(context, url), store, [path], new CopyOptions()),
            RewriteClosure = (url, path) =>
            {
                using IStore from = StoreOpening.Open(context, url);
                return ContentAddressing.Rewrite(from, store, [path], (old, made) =>
                    StoreOpening.Log(context).Write(StoreLogLevel.Info, $"rewriting '{from.StoreDir.Print(old)}' to '{store.StoreDir.Print(made)}'"))[path];
            },
            ReadOnly = context.ReadOnly,
            Repair = context.Repair,
            AllowImportFromDerivation = settings.Bool("allow-import-from-derivation"),
            Access = pure || settings.Bool("restrict-eval") ? new AccessPolicy(pure, [.. settings.List("allowed-uris")]) : null,
            TrustForges = settings.Bool("trust-tarballs-from-git-forges"),
            Fetching = new FetchSettings
            {
                CacheDirectory = FetchSettings.DefaultCacheDirectory(Environment.GetEnvironmentVariable),
                TarballTtl = settings.Int("tarball-ttl"),
                Activities = context.Log,
                AllowDirty = settings.Bool("allow-dirty"),
                WarnDirty = settings.Bool("warn-dirty"),
                AccessTokens = settings.Map("access-tokens"),
                Registry = settings.String("flake-registry"),
                UserRegistry = FlakeWiring.UserRegistry(Environment.GetEnvironmentVariable),
                SystemRegistry = Path.Combine(settings.ConfDir, "registry.json"),
            },
            TraceImportFromDerivation = settings.Bool("trace-import-from-derivation"),
            Debug = context.Verbosity >= LogLevel.Debug ? text => context.Say(LogLevel.Debug, text) : null,
            Features = features,
        };
        if (_stores.IsEmpty)
        {
            EmptyStore nothing = new(store.StoreDir, store);
            options = options with { Infos = nothing, Texts = nothing, Sources = nothing, Contents = nothing, RealPaths = nothing, Roots = null, Realiser = null };
        }

        Store = new EvalStore(options, new SystemEvalIo(text => context.Say(text.AsSpan().StartsWith("warning: "u8) ? LogLevel.Warn : LogLevel.Error, MessageText.Decode(text))));
        foreach (SearchPathEntry entry in searchPath)
        {
            string target = Encoding.UTF8.GetString(entry.Target);
            if (!target.Contains("://", StringComparison.Ordinal))
            {
                Store.Files.Allow(Path.GetFullPath(target));
            }
        }

        string? home = Environment.GetEnvironmentVariable("HOME");
        string system = settings.String("eval-system") is { Length: > 0 } forced ? forced : settings.String("system");
        EvaluationStatistics statistics = EvaluationStatistics.Of(settings);
        Evaluator = new Evaluator(new EvaluatorOptions
        {
            Io = Store.Files,
            Store = Store,
            Families = [.. PureBuiltins.Families, .. Store.Families, .. FlakeBuiltins.Families(Store, FlakeWiring.Options(settings))],
            CoreFolder = StoreFiles.CoreFolder,
            SearchPath = searchPath,
            CurrentSystem = system,
            NixVersion = Program.NixVersion,
            StoreDir = store.StoreDir.Path,
            PureEval = pure,
            RestrictEval = settings.Bool("restrict-eval"),
            MaxCallDepth = (int)Math.Min(int.MaxValue, settings.Int("max-call-depth")),
            ShowTrace = settings.Bool("show-trace"),
            TraceVerbose = settings.Bool("trace-verbose"),
            AllowNativeCode = settings.Bool("allow-unsafe-native-code-during-evaluation"),
            Debugger = flags.Debugger ? new Debugger(stop => new ReplSession(context, buildStore as LocalStore ?? store, this, static () => []).Debug(stop), settings.Bool("ignore-try")) : null,
            StopsOnTrace = settings.Bool("debugger-on-trace"),
            StopsOnWarn = settings.Bool("debugger-on-warn"),
            Profile = statistics.Profile,
            TraceFunctionCalls = settings.Bool("trace-function-calls"),
            AbortOnWarn = settings.Bool("abort-on-warn"),
            Features = features,
            BecomesLarge = static () => MemoryPolicy.Apply(),
            UrlLiterals = Lint(settings, "lint-url-literals"),
            ShortPathLiterals = ShortPathLint(settings),
            AbsolutePathLiterals = Lint(settings, "lint-absolute-path-literals"),
            HomeDirectory = !pure && home is { Length: > 0 } ? Encoding.UTF8.GetBytes(home) : null,
        });
        statistics.WriteAtEnd(Evaluator);
        context.ErrorPositions = Evaluator.Positions;
        foreach ((string original, string resolved) in flags.FlakeOverrides)
        {
            FlakeWiring.Redirect(context, Store, original, resolved);
        }
    }

    public Evaluator Evaluator { get; }

    public EvalStore Store { get; }

    public FlakeEvaluation Flakes => _flakes ??= new FlakeEvaluation(Evaluator, Store);

    /// <summary>Whether there are arguments for functions at the top level.</summary>
    public bool HasArguments => _flags.AutoArguments.Count > 0;

    /// <summary>Follows attribute paths with the arguments of <c>--arg</c>.</summary>
    public AttrPathSelector Selector => _selector ??= new AttrPathSelector(Evaluator, AutoArguments(null));

    /// <summary>Follows attribute paths with one more argument, unless <c>--arg</c> gives that too.</summary>
    public AttrPathSelector SelectorWith(string name, Value value) => new(Evaluator, AutoArguments((name, value)));

    /// <summary>The directory that relative paths of expressions given as text start at.</summary>
    public byte[] BaseDirectory => Encoding.UTF8.GetBytes(_context.BaseDirectory);

    /// <summary>The value of an expression given on the command line.</summary>
    public Value Expression(string text) => Evaluator.Delay(SourceText.FromString(Encoding.UTF8.GetBytes(text)), BaseDirectory);

    /// <summary>The value of what the standard input holds.</summary>
    public Value Stdin() => Evaluator.Delay(SourceText.FromStdin(ReadStdin()), BaseDirectory);

    /// <summary>The value of a file argument: a path, <c>&lt;name&gt;</c>, a URL, or a flake reference behind <c>flake:</c>.</summary>
    public Value File(string argument) => Evaluator.DelayRoot(FilePath(argument));

    /// <summary>The canonical path of a file argument; <c>&lt;name&gt;</c> is looked up, a URL downloaded.</summary>
    public byte[] FilePath(string argument)
    {
        if (PseudoUrl.IsUrl(argument))
        {
            return Store.FetchTree(argument);
        }

        if (argument.StartsWith("flake:", StringComparison.Ordinal) && Store.FetchSearchPath(Encoding.UTF8.GetBytes(argument)) is { } flake)
        {
            return flake;
        }

        if (argument.Length > 2 && argument[0] == '<' && argument[^1] == '>')
        {
            return FindFile(argument[1..^1]);
        }

        return Encoding.UTF8.GetBytes(argument.Length == 0 ? _context.BaseDirectory : Path.GetFullPath(argument, _context.BaseDirectory));
    }

    /// <summary>What <c>&lt;name&gt;</c> means.</summary>
    public byte[] FindFile(string name)
    {
        SymbolTable symbols = Evaluator.Symbols;
        Value find = Evaluator.Builtins.Get(symbols.Intern("findFile"))!;
        Value path = Evaluator.Builtins.Get(symbols.Intern("nixPath"))!;
        try
        {
            return ((VPath)Evaluator.Call(find, path, new VString(name)).Force()).Path;
        }
        catch (EvalError e) when (e.Kind == EvalErrorKind.Thrown)
        {
            // Nobody called a builtin: the message alone tells what is wrong.
            throw new EvalError(e.Kind, e.Hint, e);
        }
    }

    /// <summary>Writes what evaluation has made; paths that it told of can be built then.</summary>
    public void Bring(IReadOnlyCollection<StorePath> paths)
    {
        Store.Flush();
        _stores.Bring(paths);
    }

    public static byte[] ReadStdin()
    {
        using Stream input = Console.OpenStandardInput();
        using MemoryStream all = new();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static LintLevel Lint(NixSettings settings, string name) => settings.String(name) switch
    {
        "warn" => LintLevel.Warn,
        "fatal" => LintLevel.Fatal,
        _ => LintLevel.Ignore,
    };

    private static LintLevel ShortPathLint(NixSettings settings)
    {
        // The older of the two counts where the other is not set.
        LintLevel level = Lint(settings, "lint-short-path-literals");
        return level == LintLevel.Ignore && settings.Bool("warn-short-path-literals") && !settings.IsSet("lint-short-path-literals") ? LintLevel.Warn : level;
    }

    private VAttrs AutoArguments((string Name, Value Value)? more)
    {
        SortedDictionary<string, Value> arguments = new(StringComparer.Ordinal);
        if (more is { } given)
        {
            arguments[given.Name] = given.Value;
        }

        foreach (AutoArgument argument in _flags.AutoArguments)
        {
            arguments[argument.Name] = argument.Kind switch
            {
                AutoArgumentKind.Expression => Expression(argument.Value),
                AutoArgumentKind.Text => new VString(argument.Value),
                AutoArgumentKind.File => new VString(System.IO.File.ReadAllBytes(argument.Value)),
                AutoArgumentKind.Stdin => new VString(ReadStdin()),
            };
        }

        AttrsBuilder set = new(arguments.Count);
        foreach ((string name, Value value) in arguments)
        {
            set.Add(Evaluator.Symbols.Intern(name), value);
        }

        return set.Build();
    }
}
