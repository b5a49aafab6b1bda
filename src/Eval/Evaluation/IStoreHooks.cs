using System;
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
}
