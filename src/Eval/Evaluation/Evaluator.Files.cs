using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Firn.Eval.Errors;
using Firn.Eval.Io;
using Firn.Eval.Values;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;

namespace Firn.Eval.Evaluation;

public sealed partial class Evaluator
{
    private const int MaxSymlinks = 1024;

    // The library of nixpkgs alone is about this large.
    private const long LargeSource = 256 << 10;

    private readonly ConcurrentDictionary<byte[], Value> _files = new(ByteArrayComparer.Instance);
    private long _sourceRead;
    private readonly ConcurrentDictionary<byte[], byte[]> _resolved = new(ByteArrayComparer.Instance);

    // Sources share their names. Who parses takes the table; should two parse at once, one makes a table of its own.
    private KnownNames? _knownNames = new();

    /// <summary>The value of a file, each file once. The path is canonical; a directory means its <c>default.nix</c>.</summary>
    /// <exception cref="EvalError">It cannot be read, is no expression, or evaluating it failed.</exception>
    public Value EvaluateFile(byte[] path) => DelayFile(path).Force();

    /// <summary>The value of a file when it is needed.</summary>
    public Value DelayFile(byte[] path)
    {
        if (!_resolved.TryGetValue(path, out byte[]? resolved))
        {
            resolved = ResolveExpressionPath(path);
            _resolved[path] = resolved;
        }

        return _files.GetOrAdd(resolved, static (file, ev) => new Thunk(new FileNode(ev, file), null), this);
    }

    /// <summary>
    /// Parses the file that a command was given and evaluates it when it is needed: not shared with imports of it,
    /// and errors do not name it.
    /// </summary>
    /// <exception cref="EvalError">It cannot be read or is no expression.</exception>
    public Value DelayRoot(byte[] path) => ParseFile(ResolveExpressionPath(path), null).Delay(null);

    /// <summary>The value of a file in which the names of a set are in scope; read anew each time.</summary>
    /// <inheritdoc cref="EvaluateFile"/>
    public Value EvaluateFile(byte[] path, VAttrs names)
    {
        byte[] resolved = ResolveExpressionPath(path);
        (StaticScope statics, Scope scope) = ScopeOf(names);
        return ParseFile(resolved, statics).Eval(scope);
    }

    /// <summary>Evaluates an expression; relative paths in it start at <paramref name="basePath"/>.</summary>
    /// <exception cref="EvalError">It is no expression, or evaluating it failed.</exception>
    public Value Evaluate(SourceText source, byte[] basePath) => Delay(source, basePath).Force();

    /// <summary>Parses an expression now and evaluates it when it is needed.</summary>
    /// <exception cref="EvalError">It is no expression.</exception>
    public Value Delay(SourceText source, byte[] basePath) => Resolve(source, basePath, null).Delay(null);

    /// <summary>
    /// A value that is written in the language as a part of this program; traces do not show its places.
    /// Parsed when it is needed.
    /// </summary>
    /// <param name="name">A name for messages, such as <c>derivation-internal.nix</c>.</param>
    /// <param name="source">The expression.</param>
    public Value DelayInternal(string name, byte[] source) => new Thunk(new InternalNode(this, name, source), null);

    /// <summary>The tree of an expression.</summary>
    /// <exception cref="EvalError">It is no expression.</exception>
    public SyntaxTree Parse(SourceText source, byte[] basePath)
    {
        try
        {
            return NixParser.Parse(source, ParserOptionsFor(source, basePath));
        }
        catch (ParseException e)
        {
            throw ParseError(e);
        }
    }

    private ParserOptions ParserOptionsFor(SourceText source, byte[] basePath) => new()
    {
        BasePath = basePath,
        HomeDirectory = Options.HomeDirectory,
        PipeOperators = HasFeature("pipe-operators"),
        UrlLiterals = Options.UrlLiterals,
        ShortPathLiterals = Options.ShortPathLiterals,
        AbsolutePathLiterals = Options.AbsolutePathLiterals,
        Warn = (text, position) => Warn(text, position < 0 ? default : new PosIdx(Positions.Add(source) + (uint)position)),
    };

    private EvalError ParseError(ParseException e)
    {
        uint start = Positions.Add(e.SourceText);
        PosIdx pos = e.Position < 0 ? default : new PosIdx(start + (uint)e.Position);
        return new EvalError(EvalErrorKind.Parse, e.Message).At(pos);
    }

    /// <summary>Looks every variable of a tree up, as evaluating it would before anything else.</summary>
    /// <exception cref="EvalError">A variable is defined nowhere.</exception>
    public void Check(SyntaxTree tree) => Resolver.Resolve(this, tree, new KnownNames().SymbolsOf(tree, Symbols), Positions.Add(tree.Source), null);

    /// <summary>The file that a path means as an expression: symlinks followed, <c>default.nix</c> of a directory.</summary>
    public byte[] ResolveExpressionPath(byte[] path)
    {
        FileType type = Require(path);
        for (int i = 1; type == FileType.Symlink; i++)
        {
            if (i == MaxSymlinks)
            {
                throw new EvalError(EvalErrorKind.File, $"too many symbolic links encountered while traversing the path '{path}'");
            }

            byte[] target = Io.ReadLink(path);
            path = target is [(byte)'/', ..] ? CanonPath.Make(target) : CanonPath.Join(CanonPath.Parent(path), target);
            type = Require(path);
        }

        if (type != FileType.Directory)
        {
            return path;
        }

        byte[] file = CanonPath.Join(path, "default.nix"u8);
        _ = Require(file);
        return file;
    }

    /// <summary>The set of file, line and column of a place; null for places that are in no file.</summary>
    public Value PositionValue(PosIdx pos)
    {
        if (Positions.Find(pos) is not { Source.Origin: SourceOrigin.File } at)
        {
            return VNull.Instance;
        }

        LineColumn place = at.LineColumn;
        AttrsBuilder set = new(3);
        set.Add(WellKnown.File, new VString(at.Source.Path));
        set.Add(WellKnown.Line, VInt.Of(place.Line));
        set.Add(WellKnown.Column, VInt.Of(place.Column));
        return set.Build();
    }

    internal Value? FindGlobal(Symbol name) => _global.Find(name);

    /// <summary>Whether a place is in an expression that is a part of this program.</summary>
    internal bool IsInternal(PosIdx pos) => Positions.Find(pos) is { } at && _internal.ContainsKey(at.Source);

    private readonly ConcurrentDictionary<SourceText, bool> _internal = new();

    private FileType Require(byte[] path) =>
        Io.Lstat(path) ?? throw MissingFile(path, reading: false);

    /// <summary>The error that there is no such file.</summary>
    /// <param name="reading">Whether its contents were asked for.</param>
    internal EvalError MissingFile(byte[] path, bool reading) =>
        Options.Store?.MissingFile(Encoding.UTF8.GetString(path), reading) ?? new EvalError(EvalErrorKind.File, $"path '{path}' does not exist");

    private Node ParseFile(byte[] path, StaticScope? scope)
    {
        byte[] text = Io.ReadFile(path);
        long before = _sourceRead;
        _sourceRead = before + text.Length;
        if (before < LargeSource && before + text.Length >= LargeSource)
        {
            Options.BecomesLarge?.Invoke();
        }

        string name = Encoding.UTF8.GetString(path);
        SourceText source = SourceText.FromFile(text, name, Options.Store?.ShownPath(name));
        return Resolve(source, CanonPath.Parent(path), scope);
    }

    private Node Resolve(SourceText source, byte[] basePath, StaticScope? scope)
    {
        KnownNames names = Interlocked.Exchange(ref _knownNames, null) ?? new KnownNames();
        try
        {
            SyntaxTree tree = NixParser.Parse(source, ParserOptionsFor(source, basePath) with { Names = names.Table });
            return Resolver.Resolve(this, tree, names.SymbolsOf(tree, Symbols), Positions.Add(source), scope);
        }
        catch (ParseException e)
        {
            throw ParseError(e);
        }
        finally
        {
            Volatile.Write(ref _knownNames, names);
        }
    }

    /// <summary>Names that sources were parsed with, and the symbols that they are.</summary>
    private sealed class KnownNames
    {
        private Symbol[] _symbols = [];
        private int _count;

        public NameTable Table { get; } = new();

        /// <summary>The symbols by the numbers of the names; perhaps more than the tree has.</summary>
        public Symbol[] SymbolsOf(SyntaxTree tree, SymbolTable symbols)
        {
            ReadOnlySpan<Name> names = tree.Names;
            if (names.Length > _symbols.Length)
            {
                Array.Resize(ref _symbols, Math.Max(names.Length, 2 * _symbols.Length));
            }

            for (; _count < names.Length; _count++)
            {
                _symbols[_count] = symbols.Intern(names[_count].Bytes);
            }

            return _symbols;
        }
    }

    /// <summary>A file that was not read yet.</summary>
    private sealed class FileNode(Evaluator ev, byte[] path) : Node
    {
        public override Value Eval(Scope? scope)
        {
            Node root = ev.ParseFile(path, null);
            try
            {
                return root.Eval(null);
            }
            catch (EvalError e) when (e.AddTrace(default, "while evaluating the file '", Encoding.UTF8.GetString(path), "':"))
            {
                throw;
            }
        }
    }

    private sealed class InternalNode(Evaluator ev, string name, byte[] text) : Node
    {
        public override Value Eval(Scope? scope)
        {
            SourceText source = SourceText.FromFile(text, "«nix-internal»/" + name);
            ev._internal[source] = true;
            return ev.Resolve(source, "/"u8.ToArray(), null).Eval(null);
        }
    }
}

/// <summary>Compares byte strings by what is in them.</summary>
public sealed class ByteArrayComparer : IEqualityComparer<byte[]>
{
    /// <summary>The one comparer; it has no state.</summary>
    public static readonly ByteArrayComparer Instance = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode(byte[] bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return (int)hash;
    }
}
