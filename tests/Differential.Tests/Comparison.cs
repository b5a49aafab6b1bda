using System;
using System.Collections.Generic;
using System.Linq;

namespace Firn.Differential.Tests;

/// <summary>Evaluates expressions with both implementations and finds those that differ.</summary>
internal sealed class Comparison : IDisposable
{
    // Starting the other program costs more than evaluating.
    private const int BatchSize = 250;

    // Enough to see what is wrong.
    private const int DifferencesWanted = 10;

    public Comparison() => Reference = Reference.Find(Subject.Folder.Path);

    public Subject Subject { get; } = new();

    /// <summary>Null where no other implementation is installed: then this one is only held to fail cleanly.</summary>
    public Reference? Reference { get; }

    /// <summary>The expressions that differ; how many of them have a value.</summary>
    public (List<string> Differing, int Evaluated) Compare(IReadOnlyList<string> expressions, Printing printing)
    {
        List<string?> values = Subject.Evaluate(expressions, printing);
        List<string> differing = [];
        List<string> evaluated = [.. expressions.Where((_, i) => values[i] is not null)];
        List<string> failing = [.. expressions.Where((_, i) => values[i] is null)];
        if (Reference is not null)
        {
            foreach (string[] batch in evaluated.Chunk(BatchSize))
            {
                CompareValues(batch, printing, differing);
            }

            bool[] others = Reference.HaveValues(failing, printing);
            differing.AddRange(failing.Where((_, i) => others[i]));
        }

        return (differing, evaluated.Count);
    }

    public bool Differs(string expression, Printing printing) => Subject.Evaluate(expression, printing) != Reference!.Evaluate(expression, printing);

    /// <summary>What the two say to an expression.</summary>
    public string Describe(string expression, Printing printing) =>
        $"{printing}: {expression}\nhere:  {Subject.Evaluate(expression, printing) ?? "fails"}\nthere: {Reference!.Evaluate(expression, printing) ?? "fails"}\n";

    private void CompareValues(ReadOnlySpan<string> batch, Printing printing, List<string> differing)
    {
        if (differing.Count >= DifferencesWanted)
        {
            return;
        }

        string joined = batch.Length == 1 ? batch[0] : printing.Join(batch.ToArray());
        if (!Differs(joined, printing))
        {
            return;
        }

        if (batch.Length == 1)
        {
            differing.Add(batch[0]);
            return;
        }

        CompareValues(batch[..(batch.Length / 2)], printing, differing);
        CompareValues(batch[(batch.Length / 2)..], printing, differing);
    }

    public void Dispose() => Subject.Dispose();
}
