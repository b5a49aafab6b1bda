using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Firn.Formats.Logging;
using Firn.Store;

namespace Firn.Cli.Rendering.Logs;

/// <summary>One line that says how far everything is and what the newest activity is at (<c>bar</c>).</summary>
internal sealed class BarLog(ErrorStream error, Func<(int Width, int Height)> size, Func<Verbosity> verbosity, bool colours, bool showLogs)
    : ScreenLog(error, size, verbosity, colours, showLogs)
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(10);

    protected override IReadOnlyList<string> Frame(int width, int height)
    {
        string status = Status(Table);
        string line = status.Length == 0 ? "" : "[" + status + "]";
        if (Newest() is { } newest)
        {
            line += (line.Length == 0 ? "" : " ") + newest;
        }

        return line.Length == 0 ? [] : [TerminalText.Cut(line, width)];
    }

    private string? Newest()
    {
        for (LinkedListNode<ShownActivity>? node = Table.Activities.Last; node is not null; node = node.Previous)
        {
            ShownActivity activity = node.Value;
            string text = Describe(activity);
            bool visible = !(activity.Type == ActivityType.FileTransfer && (Table.HasAncestor(ActivityType.CopyPath, activity.Parent) || Table.HasAncestor(ActivityType.QueryPathInfo, activity.Parent)))
                && !(activity.Type == ActivityType.CopyPath && Table.HasAncestor(ActivityType.Substitute, activity.Parent));
            // What is over at once is not worth a frame.
            if (visible && (text.Length > 0 || activity.LastLine.Length > 0) && Stopwatch.GetElapsedTime(activity.Began) > s_short)
            {
                StringBuilder shown = new(text);
                if (activity.Phase.Length > 0)
                {
                    shown.Append(" (").Append(activity.Phase).Append(')');
                }

                if (activity.LastLine.Length > 0)
                {
                    shown.Append(text.Length > 0 ? ": " : "").Append(activity.LastLine);
                }

                return shown.ToString();
            }
        }

        return null;
    }

    private static string Describe(ShownActivity activity) => activity.Type switch
    {
        ActivityType.Build => "building " + LogLabel.Name(activity.Subject) + (activity.Place.Length > 0 ? " on " + activity.Place : ""),
        ActivityType.Substitute => (activity.Place.StartsWith("local", StringComparison.Ordinal) ? "copying " : "fetching ") + LogLabel.Name(activity.Subject) + " from " + activity.Place,
        ActivityType.PostBuildHook => "post-build " + LogLabel.Name(activity.Subject),
        ActivityType.QueryPathInfo => "querying " + LogLabel.Name(activity.Subject) + " on " + activity.Place,
        _ => TerminalText.Plain(Encoding.UTF8.GetBytes(activity.Text)),
    };

    /// <summary>How far everything is, in the words of the field.</summary>
    internal static string Status(ActivityTable table)
    {
        List<string> parts = [];
        Count(table.Totals(ActivityType.Builds), " built");
        ActivityTotals paths = table.Totals(ActivityType.CopyPaths), bytes = table.Totals(ActivityType.CopyPath);
        if (!paths.IsNothing || !bytes.IsNothing)
        {
            string copied = paths.IsNothing ? "0 copied" : Counted(paths, " copied");
            parts.Add(bytes.IsNothing ? copied : copied + " (" + Sized(bytes) + ")");
        }

        ActivityTotals transfers = table.Totals(ActivityType.FileTransfer);
        if (!transfers.IsNothing)
        {
            parts.Add(Sized(transfers) + " DL");
        }

        ActivityTotals optimised = table.Totals(ActivityType.OptimiseStore);
        if (!optimised.IsNothing)
        {
            parts.Add(Counted(optimised, " paths optimised"));
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{ByteSize.Render((long)table.BytesLinked)} / {table.FilesLinked} inodes freed"));
        }

        Count(table.Totals(ActivityType.VerifyPaths), " paths verified");
        if (table.Corrupted > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{table.Corrupted} corrupted"));
        }

        if (table.Untrusted > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{table.Untrusted} untrusted"));
        }

        return string.Join(", ", parts);

        void Count(ActivityTotals totals, string what)
        {
            if (!totals.IsNothing)
            {
                parts.Add(Counted(totals, what));
            }
        }
    }

    private static string Counted(ActivityTotals totals, string what) => Joined(totals, static n => n.ToString(CultureInfo.InvariantCulture)) + what + Failed(totals);

    private static string Sized(ActivityTotals totals) => Joined(totals, static n => ByteSize.Render((long)n)) + Failed(totals);

    private static string Failed(ActivityTotals totals) => totals.Failed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({totals.Failed} failed)");

    // Running, done and expected, as far as they say something.
    private static string Joined(ActivityTotals totals, Func<ulong, string> show) =>
        totals.Running > 0 ? show(totals.Running) + "/" + show(totals.Done) + (totals.Expected > 0 ? "/" + show(totals.Expected) : "")
        : totals.Expected != totals.Done ? show(totals.Done) + (totals.Expected > 0 ? "/" + show(totals.Expected) : "")
        : show(totals.Done);
}
