using System;
using System.IO;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Store;
using Firn.Fetchers;

namespace Firn.Flakes.Locking;

/// <summary>Writes the lock file of a flake that changed to where it belongs, as far as the options allow.</summary>
/// <param name="warn">Receives the text of each warning.</param>
internal sealed class LockFilePlace(EvalStore store, LockOptions options, Action<string> warn)
{
    /// <summary>Writes the lock file, or tells why not.</summary>
    /// <param name="text">The new lock file, without a newline at its end.</param>
    /// <param name="again">Reads the flake anew, now that its folder has changed.</param>
    /// <returns>The flake as it is then.</returns>
    /// <exception cref="EvalError">It has to be written but cannot be.</exception>
    public Flake Put(Flake flake, LockFile before, LockFile after, string text, Func<Flake> again)
    {
        FlakeReference top = flake.Original;
        string difference = LockFile.Difference(before, after).TrimEnd('\n');
        if (!options.Write)
        {
            warn($"not writing modified lock file of flake '{top}':\n{difference}");
            return flake with { IsModified = true };
        }

        string? source = top.Input.SourcePath;
        if (source is null && options.OutputFile is null)
        {
            throw Error($"cannot write modified lock file of flake '{top.ToString()}' (use '--no-write-lock-file' to ignore)");
        }

        if (after.FindUnlocked(options.AllowDirtyLocks) is { } unlocked)
        {
            if (options.FailOnUnlocked)
            {
                throw Error($"Not writing lock file of flake '{top.ToString()}' because it has an unlocked input ('{unlocked.ToString()}'). Use '--allow-dirty-locks' to allow this anyway.");
            }

            if (options.WarnDirty)
            {
                warn($"not writing lock file of flake '{top}' because it has an unlocked input ('{unlocked}')");
            }

            return flake;
        }

        if (!options.MayUpdate)
        {
            throw Error($"flake '{top.ToString()}' requires lock file changes but they're not allowed due to '--no-update-lock-file'");
        }

        if (options.OutputFile is { } output)
        {
            if (options.Commit)
            {
                throw Error($"'--commit-lock-file' and '--output-lock-file' are incompatible");
            }

            WriteFile(output, text + "\n");
        }
        else
        {
            WriteInSource(top, source!, difference, text + "\n");
        }

        string? revBefore = flake.Locked.Input.RevText;
        flake = again();
        if (options.Commit && flake.Locked.Input.RevText is { } rev && rev != revBefore)
        {
            warn($"committed new revision '{rev}'");
        }

        return flake;
    }

    private static EvalError Error(HintText text) => new(EvalErrorKind.Error, text);

    private void WriteInSource(FlakeReference top, string source, string difference, string text)
    {
        string relative = (top.Directory.Length == 0 ? "" : top.Directory + "/") + "flake.lock";
        string path = Path.Combine(source, relative);
        bool exists = Path.Exists(path);
        warn(!exists ? $"creating lock file \"{path}\": \n{difference}"
            : difference.Length == 0 ? $"updating lock file \"{path}\""
            : $"updating lock file \"{path}\":\n{difference}");
        string? message = null;
        if (options.Commit)
        {
            string summary = options.CommitSummary.Length > 0 ? options.CommitSummary : $"{relative}: {(exists ? "Update" : "Add")}";
            message = $"{summary}\n\nFlake lock file updates:\n\n{AnsiText.Strip(difference)}\n";
        }

        FlakeErrors.Checked(() =>
        {
            store.Fetcher.PutFile(top.Input, relative, Encoding.UTF8.GetBytes(text), message);
            return true;
        });
    }

    private static void WriteFile(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FetchException($"cannot write '{path}': {e.Message}", e);
        }
    }
}
