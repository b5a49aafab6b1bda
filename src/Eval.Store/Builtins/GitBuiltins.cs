using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Fetchers;
using Firn.Fetchers.Git;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store.Builtins;

/// <summary><c>fetchGit</c>.</summary>
public sealed class GitBuiltins : IBuiltinFamily
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly Dictionary<(GitInput Input, string Name), VAttrs> _fetched = [];

    internal GitBuiltins(Evaluator ev, EvalStore store)
    {
        _ev = ev;
        _store = store;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("fetchGit", FetchGit, "Puts a commit of a Git repository into the store, or the files of a working tree that Git knows.", global: true),
    ];

    private VAttrs FetchGit(Value argument)
    {
        (GitInput input, string name) = Arguments(argument.Force());
        if (_ev.Options.PureEval && input.Rev is null)
        {
            throw new EvalError(EvalErrorKind.Restricted, $"in pure evaluation mode, 'fetchGit' will not fetch unlocked input '{"git+" + input.Url}'");
        }

        _store.Files.CheckUri(input.Url);
        if (_fetched.TryGetValue((input, name), out VAttrs? known))
        {
            return known;
        }

        try
        {
            return _fetched[(input, name)] = Fetch(input, name);
        }
        catch (Exception e) when (StoreErrors.IsError(e) || e is FetchException or IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.Wrap(e).WithTrace(default, $"while fetching the input 'git+{input.Url}'");
        }
    }

    private (GitInput Input, string Name) Arguments(Value argument)
    {
        string? url = null;
        string name = "source";
        GitInput input = new() { Url = "" };
        if (argument is not VAttrs attributes)
        {
            return (input with { Url = Url(argument, default) }, name);
        }

        foreach (Attr attribute in attributes.InNameOrder(_ev.Symbols))
        {
            string what = _ev.Symbols.TextOf(attribute.Name);
            switch (what)
            {
                case "url":
                    url = Url(attribute.Value, attribute.Pos);
                    break;
                case "name":
                    name = Text(attribute);
                    break;
                case "ref":
                    input = input with { Ref = Text(attribute) };
                    break;
                case "rev":
                    input = input with { Rev = Text(attribute) is { Length: > 0 } rev ? rev : null };
                    break;
                case "shallow":
                    input = input with { Shallow = Flag(attribute) };
                    break;
                case "allRefs":
                    input = input with { AllRefs = Flag(attribute) };
                    break;
                case "submodules":
                    input = input with { Submodules = Flag(attribute) };
                    break;
                default:
                    throw new EvalError(EvalErrorKind.Error, $"input attribute '{what}' not supported by scheme '{"git"}'");
            }
        }

        return (input with { Url = url ?? throw new EvalError(EvalErrorKind.Error, "attribute 'url' missing in call to 'fetchGit'") }, name);
    }

    private string Text(Attr attribute) => Encoding.UTF8.GetString(_ev.ForceStringNoContext(
        attribute.Value, $"while evaluating the '{_ev.Symbols.TextOf(attribute.Name)}' argument passed to 'fetchGit'", attribute.Pos));

    private bool Flag(Attr attribute) => _ev.ForceBool(
        attribute.Value, $"while evaluating the '{_ev.Symbols.TextOf(attribute.Name)}' argument passed to 'fetchGit'", attribute.Pos);

    private string Url(Value value, PosIdx pos)
    {
        VString text = _ev.CoerceToString(value, "while evaluating the 'url' argument passed to 'fetchGit'", Coercion.Strict, pos);
        byte[] bytes = text.Context is null ? text.Bytes : _store.Realise(text.Bytes, text.Context);
        string url = Encoding.UTF8.GetString(bytes);
        return url.StartsWith("git+", StringComparison.Ordinal) ? url[4..] : url;
    }

    private VAttrs Fetch(GitInput input, string name)
    {
        DirectoryInfo temporary = Directory.CreateTempSubdirectory("firn-tree-");
        try
        {
            GitTree tree = GitFetcher.Fetch(input, temporary.FullName, path =>
            {
                if (_store.Options.WarnDirty)
                {
                    _store.Warn($"Git tree '{path}' is dirty");
                }
            });
            PathInfo info = _store.Options.Sources.Add(new Source { Name = name, File = temporary.FullName });
            return Result(input, tree, info);
        }
        finally
        {
            temporary.Delete(true);
        }
    }

    private VAttrs Result(GitInput input, GitTree tree, PathInfo info)
    {
        _store.Options.Access?.Allow(_store.Options.StoreDir.Print(info.Path));
        AttrsBuilder result = new(10);
        Add("outPath", OutputTexts.Of(_store.Options.StoreDir, info.Path));
        Add("narHash", new VString(info.NarHash.ToString(HashFormat.Sri, true)));
        Add("submodules", VBool.Of(input.Submodules));
        string rev = tree.Rev ?? new string('0', 40);
        Add("rev", new VString(rev));
        Add("shortRev", new VString(rev[..7]));
        Add("revCount", VInt.Of(tree.RevCount ?? 0));
        if (tree.DirtyRev is { } dirty)
        {
            Add("dirtyRev", new VString(dirty + "-dirty"));
            Add("dirtyShortRev", new VString(dirty[..7] + "-dirty"));
        }

        Add("lastModified", VInt.Of(tree.LastModified));
        Add("lastModifiedDate", new VString(DateTimeOffset.FromUnixTimeSeconds(tree.LastModified).UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)));
        return result.Build();

        void Add(string name, Value value) => result.Add(_ev.Symbols.Intern(name), value);
    }
}
