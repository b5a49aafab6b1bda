using System;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>
/// What the evaluator asks of a store, without knowing one. A project above provides it when it makes the
/// <see cref="Evaluator"/>, together with builtins of its own.
/// </summary>
/// <remarks>Failures are <see cref="Errors.EvalError"/>s.</remarks>
public interface IStoreHooks
{
    /// <summary>The directory of store objects, <c>/nix/store</c>.</summary>
    byte[] StoreDir { get; }

    /// <summary>
    /// Puts the file tree at an absolute path into the store, each path once, and gives the store path as a string
    /// whose context is the path itself. Called when a path becomes part of a string.
    /// </summary>
    VString CopyToStore(byte[] path);

    /// <summary>
    /// Makes everything that a string refers to present, building derivations where that is allowed, and gives the
    /// text with the placeholders of outputs replaced by what was built.
    /// </summary>
    byte[] Realise(byte[] text, StringContext context);

    /// <summary>Which of the references of a store object occur in the contents of one of its files; null for none.</summary>
    /// <param name="path">The file, whether in the store or not.</param>
    StringContext? ReferencesIn(byte[] path, byte[] contents);

    /// <summary>Makes a store path valid that evaluation is told to refer to, unless it only computes paths.</summary>
    void EnsurePath(byte[] path);

    /// <summary>What messages call a file that lies elsewhere for its user, as those of fetched trees; null for its path.</summary>
    string? ShownPath(string path) => null;

    /// <summary>The error that there is no such file, where its user knows it by another name than its path; else null.</summary>
    /// <param name="reading">Whether its contents were asked for.</param>
    EvalError? MissingFile(string path, bool reading) => null;

    /// <summary>The folder that an entry of the search path means; null when it is a file name or cannot be fetched.</summary>
    byte[]? FetchSearchPath(byte[] place);
}
