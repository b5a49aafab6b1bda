using System;
using System.Collections.Generic;
using System.IO;
using Firn.Eval.Errors;
using Firn.Fetchers.Inputs;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Files;

/// <summary>What messages call the files of trees that were fetched into the store: users know them by where they came from.</summary>
internal sealed class ShownTrees(StoreDir dir)
{
    private readonly Dictionary<string, Tree> _trees = new(StringComparer.Ordinal);

    // Folder: where files are that Git may not know yet; null for a tree that is as it came.
    private readonly record struct Tree(string Shown, string? Folder);

    /// <param name="path">Where its tree is in the store.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="fetched">What that came to.</param>
    public void Add(StorePath path, Input asked, Input fetched)
    {
        if (asked.ShownAs(fetched) is { } shown)
        {
            _trees[dir.Print(path)] = new Tree(shown, fetched.Type == "git" && shown == asked.SourcePath ? shown : null);
        }
    }

    /// <summary>What a file is called; null for its path.</summary>
    public string? Find(string path) => Split(path) is (Tree tree, string rest) ? tree.Shown + rest : null;

    /// <summary>The error that there is no such file in one of the trees; null where it is in none of them.</summary>
    /// <param name="reading">Whether its contents were asked for.</param>
    public EvalError? Missing(string path, bool reading)
    {
        if (Split(path) is not (Tree tree, string rest) || rest.Length == 0)
        {
            return null;
        }

        if (tree.Folder is not { } folder)
        {
            return reading
                ? new EvalError(EvalErrorKind.File, $"'{tree.Shown + rest}' does not exist")
                : new EvalError(EvalErrorKind.File, $"path '{tree.Shown + rest}' does not exist");
        }

        string file = rest[1..];
        return Path.Exists(Path.Combine(folder, file))
            ? new EvalError(EvalErrorKind.File, $"Path '{file}' in the repository {Quoted(folder)} is not tracked by Git.\n\nTo make it visible to Nix, run:\n\ngit -C {Quoted(folder)} add {Quoted(file)}")
            : new EvalError(EvalErrorKind.File, $"Path '{file}' does not exist in Git repository {Quoted(folder)}.");
    }

    private static string Quoted(string text) => $"\"{text}\"";

    private (Tree Tree, string Inside)? Split(string path)
    {
        if (_trees.Count == 0 || !dir.Contains(path))
        {
            return null;
        }

        int end = path.IndexOf('/', dir.Path.Length + 1);
        string top = end < 0 ? path : path[..end];
        return _trees.TryGetValue(top, out Tree tree) ? (tree, path[top.Length..]) : null;
    }
}
