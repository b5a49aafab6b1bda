using System;
using System.Collections.Generic;
using System.IO;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Cli.Repl;

/// <summary>What may follow the text before the cursor: names in scope, attributes, files.</summary>
/// <param name="evaluate">Evaluates an expression in the scope of the conversation.</param>
internal sealed class ReplCompletion(Evaluator evaluator, ReplScope scope, Func<string, Value> evaluate)
{
    /// <summary>Whole texts that begin with what stands before the cursor, in order.</summary>
    public IReadOnlyCollection<string> Of(string before)
    {
        int start = before.LastIndexOfAny([' ', '\n', '\r', '\t', '(', ')', '{', '}', '[', ']']) + 1;
        string rest = before[..start], word = before[start..];
        SortedSet<string> found = new(StringComparer.Ordinal);
        int slash = word.LastIndexOf('/'), dot = word.LastIndexOf('.');
        if (slash >= 0)
        {
            Files(word[..slash], word[(slash + 1)..], rest, found);
        }
        else if (dot < 0)
        {
            foreach (string name in scope.StartingWith(word))
            {
                found.Add(rest + name);
            }
        }
        else
        {
            Attributes(word[..dot], word[(dot + 1)..], rest, found);
        }

        return found;
    }

    private static void Files(string directory, string prefix, string rest, SortedSet<string> found)
    {
        DirectoryInfo folder = new(directory.Length == 0 ? "/" : directory);
        if (!folder.Exists)
        {
            return;
        }

        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name[0] != '.' && entry.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                found.Add(rest + directory + "/" + entry.Name);
            }
        }
    }

    private void Attributes(string expression, string prefix, string rest, SortedSet<string> found)
    {
        try
        {
            if (evaluate(expression) is VAttrs set)
            {
                foreach (Attr attr in set.InNameOrder(evaluator.Symbols))
                {
                    string name = evaluator.Symbols.TextOf(attr.Name);
                    if (name.StartsWith(prefix, StringComparison.Ordinal))
                    {
                        found.Add($"{rest}{expression}.{name}");
                    }
                }
            }
        }
        catch (EvalError)
        {
            // What is half typed often is no expression; then there is nothing to suggest.
        }
    }
}
