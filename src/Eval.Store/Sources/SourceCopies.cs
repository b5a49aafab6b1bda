using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store.Files;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Eval.Store.Sources;

/// <summary>Copies files into the store as they become parts of strings, each once.</summary>
internal sealed class SourceCopies(EvalStoreOptions options, StoreFiles files, ShownTrees shown)
{
    private readonly Dictionary<byte[], VString> _copied = new(ByteArrayComparer.Instance);

    /// <summary>The string of the store path of a file.</summary>
    internal VString Copy(byte[] path)
    {
        if (_copied.TryGetValue(path, out VString? copied))
        {
            return copied;
        }

        string file = Encoding.UTF8.GetString(path);

        if (file.EndsWith(StorePath.DerivationExtension, StringComparison.Ordinal))
        {
            throw new EvalError(EvalErrorKind.Error, $"file names are not allowed to end in '{StorePath.DerivationExtension}'");
        }

        RequireFile(file);
        files.CheckAccess(file, false);
        string name = file[(file.LastIndexOf('/') + 1)..];
        copied = OutputTexts.Of(options.StoreDir, Add(new Source { Name = name, File = files.ResolveParents(file), Repair = options.Repair }));
        _copied.Add(path, copied);
        return copied;
    }

    /// <exception cref="EvalError">There is no such file.</exception>
    internal void RequireFile(string path)
    {
        if (files.Lstat(Encoding.UTF8.GetBytes(path)) is null)
        {
            throw shown.Missing(path, reading: false) ?? new EvalError(EvalErrorKind.File, $"path '{path}' does not exist");
        }
    }

    /// <summary>What messages call a file.</summary>
    internal string Shown(string path) => shown.Find(path) ?? path;

    /// <summary>Adds a source, or only computes its path where the store is only read.</summary>
    /// <exception cref="EvalError">The store or the file system refuses.</exception>
    internal StorePath Add(Source source)
    {
        using Activity? copying = options.Fetching?.Activities.Begin(
            Verbosity.Chatty, ActivityType.Unknown, options.ReadOnly ? $"hashing '{source.File}'" : $"copying '{source.File}' to the store");
        try
        {
            StorePath path = (options.ReadOnly ? options.Sources.Compute(source) : options.Sources.Add(source)).Path;
            options.Access?.Allow(options.StoreDir.Print(path));
            return path;
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }
}
