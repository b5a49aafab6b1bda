using System;
using Firn.Eval.Errors;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Firn.Formats;
using Firn.Store;

namespace Firn.Eval.Store;

/// <summary>Errors of the layers below, as errors of the evaluation.</summary>
internal static class StoreErrors
{
    /// <summary>Exit status of a program that met another hash than it was told.</summary>
    internal const int HashMismatch = 102;

    private const string Highlight = "\e[35;1m", Normal = "\e[0m";

    /// <summary>Whether an exception is an error of the store, of a format or of fetching. For exception filters.</summary>
    internal static bool IsError(Exception e) => e is StoreException or FormatsException or FetchException;

    internal static EvalError Wrap(Exception e) => new(EvalErrorKind.Store, e.Message, e)
    {
        ExitStatus = e is HashMismatchException ? HashMismatch : 1,
    };

    /// <summary>A part of a message that terminals highlight.</summary>
    internal static string Quote(string text) => Highlight + text + Normal;

    internal static EvalError NotValid(string path) => new(EvalErrorKind.Store, $"path '{path}' is not valid");
}
