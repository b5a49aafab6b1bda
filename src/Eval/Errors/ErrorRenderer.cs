using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Values;
using Firn.Syntax.Text;

namespace Firn.Eval.Errors;

/// <summary>Errors as users see them: trace, message, place and source lines.</summary>
/// <remarks>docs/language/evaluator.md</remarks>
public sealed class ErrorRenderer(PositionTable positions, bool showTrace)
{
    // Characters after which source lines are left out: thousands of frames, each in a line of a megabyte, would not fit.
    private const int LongReport = 1 << 26;

    // A frame with a place counts twice, since it takes more room.
    private const int ShortTrace = 3;
    private const int RepeatsShown = 5;

    /// <summary>
    /// The whole report with terminal escapes, without a newline at the end; <see cref="AnsiText.Strip"/> makes
    /// plain text of it.
    /// </summary>
    public string Render(EvalError error) => Render(error, "\e[31;1merror:\e[0m ");

    /// <summary>The report with another word in front than <c>error: </c>.</summary>
    public string Render(EvalError error, string prefix)
    {
        StringBuilder text = new();
        if (error.Frames.Count != 0)
        {
            RenderTrace(text, error);
            text.Append('\n').Append(prefix);
        }

        text.Append(error.Hint).Append('\n');
        RenderPlace(text, "", error.Pos);
        if (error.Suggestions.Count != 0)
        {
            text.Append("Did you mean ").Append(Suggestions.Describe(error.Suggestions)).Append("?\n");
        }

        return Indent(prefix, text.ToString());
    }

    /// <summary>A position as <c>file:line:column</c>, <c>«none»</c> for none.</summary>
    public static string Describe(PositionTable positions, PosIdx pos) =>
        positions.Find(pos) is { } at ? at.Source.Describe(at.Offset) : "«none»";

    private void RenderTrace(StringBuilder text, EvalError error)
    {
        HashSet<(PosIdx, string)> seen = [];
        List<TraceFrame> skipped = [];
        int count = 0;
        bool truncated = false;
        for (int i = error.Frames.Count - 1; i >= 0; i--)
        {
            TraceFrame frame = error.Frames[i];
            if (frame.Text.Length == 0 && frame.Subject is null)
            {
                continue;
            }

            truncated |= !showTrace && count > ShortTrace;
            if (truncated && !frame.Always)
            {
                continue;
            }

            if (!seen.Add((frame.Pos, frame.Hint)))
            {
                skipped.Add(frame);
                continue;
            }

            RenderSkipped(text, skipped, ref count);
            count++;
            RenderFrame(text, frame, ref count);
        }

        RenderSkipped(text, skipped, ref count);
        if (truncated)
        {
            text.Append("\n\e[35;1m(stack trace truncated; use '--show-trace' to show the full, detailed trace)\e[0m\n");
        }
    }

    private void RenderSkipped(StringBuilder text, List<TraceFrame> skipped, ref int count)
    {
        if (skipped.Count > RepeatsShown)
        {
            text.Append("\n\e[35;1m(").Append(skipped.Count).Append(" duplicate frames omitted)\e[0m\n");
        }
        else
        {
            foreach (TraceFrame frame in skipped)
            {
                RenderFrame(text, frame, ref count);
            }
        }

        skipped.Clear();
    }

    private void RenderFrame(StringBuilder text, TraceFrame frame, ref int count)
    {
        text.Append("\n… ").Append(frame.Hint).Append('\n');
        if (RenderPlace(text, "  ", frame.Pos))
        {
            count++;
        }
    }

    /// <summary>The lines of the source around a place, with a mark below it; empty where there is no place.</summary>
    public string Excerpt(PosIdx pos)
    {
        StringBuilder text = new();
        if (positions.Find(pos) is { } at)
        {
            RenderLines(text, at.Source, at.LineColumn);
        }

        return text.ToString();
    }

    private static void RenderLines(StringBuilder text, SourceText source, LineColumn place)
    {
        RenderLine(text, source, place.Line - 1);
        RenderLine(text, source, place.Line);
        text.Append("\n      |").Append(' ', place.Column).Append("\e[31;1m^\e[0m");
        RenderLine(text, source, place.Line + 1);
        text.Append('\n');
    }

    private bool RenderPlace(StringBuilder text, string indent, PosIdx pos)
    {
        if (positions.Find(pos) is not { } at)
        {
            return false;
        }

        LineColumn place = at.LineColumn;
        text.Append(indent).Append("\e[34;1mat \e[35;1m").Append(at.Source.Describe(at.Offset)).Append("\e[0m:");
        if (text.Length > LongReport)
        {
            text.Append('\n');
            return true;
        }

        RenderLines(text, at.Source, place);
        return true;
    }

    private static void RenderLine(StringBuilder text, SourceText source, int line)
    {
        ReadOnlySpan<byte> bytes = source.GetLine(line);
        if (line >= 1 && (!bytes.IsEmpty || HasLine(source, line)))
        {
            text.Append('\n').Append(' ').Append(line.ToString().PadLeft(5)).Append("| ").Append(MessageText.Decode(bytes));
        }
    }

    // The empty rest behind the last newline is a line too.
    private static bool HasLine(SourceText source, int line) => line <= source.GetLineColumn(source.Bytes.Length).Line;

    private static string Indent(string prefix, string text)
    {
        string blank = new(' ', AnsiText.Strip(prefix).Length);
        StringBuilder indented = new();
        string[] lines = text.TrimEnd().Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            indented.Append(i == 0 ? "" : "\n").Append(((i == 0 ? prefix : blank) + lines[i]).TrimEnd(' ', '\n', '\r', '\t'));
        }

        return indented.ToString();
    }
}
