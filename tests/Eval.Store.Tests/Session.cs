using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Mirrors;
using Firn.Formats.StorePaths;
using Firn.Store.Local;
using Firn.Syntax.Text;

namespace Firn.Eval.Store.Tests;

/// <summary>An evaluation with a store of its own under a folder that goes away.</summary>
internal sealed class Session : IDisposable
{
    private readonly LocalStore _local;
    private readonly string[] _features;
    private readonly bool _owns;

    internal Session(bool readOnly, IRealiser? realiser = null, params string[] features)
        : this(null, readOnly, realiser, features)
    {
    }

    internal Session(params string[] features)
        : this(null, false, null, features)
    {
    }

    internal Session(AccessPolicy? access, bool readOnly = false, IRealiser? realiser = null, params string[] features)
        : this(Directory.CreateTempSubdirectory("firn-eval-").FullName, static s => s, access, readOnly, realiser, features)
    {
        _owns = true;
    }

    private Session(string root, Func<FetchSettings, FetchSettings> fetching, AccessPolicy? access, bool readOnly, IRealiser? realiser, string[] features)
    {
        Root = root;
        _features = features;
        _local = new LocalStore(LocalStoreOptions.UnderRoot(Path.Combine(Root, "store"), StoreDir.Default) with { FsyncMetadata = false });
        Store = new EvalStore(
            new EvalStoreOptions
            {
                StoreDir = StoreDir.Default,
                Infos = _local,
                Texts = _local,
                Sources = _local,
                Contents = _local,
                RealPaths = _local,
                ReadOnly = readOnly,
                Realiser = realiser,
                Access = access,
                Fetching = fetching(new FetchSettings { CacheDirectory = Path.Combine(Root, "cache") }),
                Downloader = new Downloader(new DownloadSettings { Attempts = 1 }, new MirrorTable(new Dictionary<string, IReadOnlyList<string>>(), static _ => null, static () => []), Io.Messages.Add),
                Features = features.ToHashSet(),
            },
            Io);
        Evaluator = new Evaluator(new EvaluatorOptions
        {
            Io = Store.Files,
            Store = Store,
            CoreFolder = StoreFiles.CoreFolder,
            Families = [.. PureBuiltins.Families, .. Store.Families],
            Features = features.ToHashSet(),
        });
    }

    internal string Root { get; }

    internal EvalStore Store { get; }

    internal Evaluator Evaluator { get; }

    internal RecordingIo Io { get; } = new();

    internal LocalStore Local => _local;

    internal Value Evaluate(string expression) => Evaluator.Evaluate(SourceText.FromString(Encoding.UTF8.GetBytes(expression)), Encoding.UTF8.GetBytes(Root));

    /// <summary>Another evaluation with the same store and cache, as in another process.</summary>
    internal Session Again(Func<FetchSettings, FetchSettings>? fetching = null) => new(Root, fetching ?? (static s => s), null, false, null, _features);

    /// <summary>The text of a string.</summary>
    internal string Text(string expression) => ((VString)Evaluate(expression)).Text;

    /// <summary>What a string refers to, as messages show it.</summary>
    internal string Context(string expression) =>
        ((VString)Evaluate(expression)).Context is { } context ? string.Join(' ', context.Elements.ToArray().Select(static e => e.Display())) : "";

    /// <summary>The .drv file of a derivation.</summary>
    internal string Drv(string expression)
    {
        string path = Text($"({expression}).drvPath");
        Store.Flush();
        return Encoding.UTF8.GetString(_local.ReadFile(StoreDir.Default.Parse(path)));
    }

    internal string Write(string name, string contents)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, contents);
        return path;
    }

    public void Dispose()
    {
        Store.Dispose();
        _local.Dispose();
        if (!_owns)
        {
            return;
        }

        foreach (string directory in Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories))
        {
            if (new DirectoryInfo(directory).LinkTarget is null)
            {
                File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(Root, true);
    }

    /// <summary>The files of the machine; messages are kept.</summary>
    internal sealed class RecordingIo : IEvalIo
    {
        private readonly SystemEvalIo _system = new();

        internal List<string> Messages { get; } = [];

        public byte[] ReadFile(byte[] path) => _system.ReadFile(path);

        public FileType? Lstat(byte[] path) => _system.Lstat(path);

        public IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path) => _system.ReadDirectory(path);

        public byte[] ReadLink(byte[] path) => _system.ReadLink(path);

        public byte[]? GetEnvironment(byte[] name) => null;

        public void WriteMessage(byte[] text) => Messages.Add(Encoding.UTF8.GetString(text));
    }
}
