using System;
using System.Collections.Generic;
using System.Diagnostics;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>An activity under way, as screens show it.</summary>
internal sealed class ShownActivity
{
    public required ulong Number { get; init; }

    public required ActivityType Type { get; init; }

    public required string Text { get; init; }

    public required ulong Parent { get; init; }

    /// <summary>The first text field: a store path or a URL; empty without one.</summary>
    public required string Subject { get; init; }

    /// <summary>The second text field: a store or a machine; empty without one.</summary>
    public required string Place { get; init; }

    /// <summary>Moment when it began (<see cref="Stopwatch"/>).</summary>
    public required long Began { get; init; }

    public string LastLine { get; set; } = "";

    public string Phase { get; set; } = "";

    public ulong Done { get; set; }

    public ulong Expected { get; set; }

    public ulong Running { get; set; }

    public ulong Failed { get; set; }

    public Dictionary<ActivityType, ulong> ExpectedByType { get; } = [];
}

/// <summary>How far all activities of a type are.</summary>
internal readonly record struct ActivityTotals(ulong Done, ulong Expected, ulong Running, ulong Failed)
{
    public bool IsNothing => this == default;
}

/// <summary>The activities under way, the one that last told of itself last, and sums over those that ended.</summary>
internal sealed class ActivityTable
{
    private readonly Dictionary<ulong, LinkedListNode<ShownActivity>> _byNumber = [];
    private readonly Dictionary<ActivityType, ActivityTotals> _ended = [];

    public LinkedList<ShownActivity> Activities { get; } = new();

    public ulong FilesLinked { get; private set; }

    public ulong BytesLinked { get; private set; }

    public ulong Corrupted { get; private set; }

    public ulong Untrusted { get; private set; }

    public ShownActivity? Find(ulong number) => _byNumber.GetValueOrDefault(number)?.Value;

    public ShownActivity Start(ulong number, ActivityType type, string text, ReadOnlySpan<LogField> fields, ulong parent)
    {
        ShownActivity activity = new()
        {
            Number = number,
            Type = type,
            Text = text,
            Parent = parent,
            Subject = fields.Length > 0 && fields[0].IsText ? fields[0].Text : "",
            Place = fields.Length > 1 && fields[1].IsText ? fields[1].Text : "",
            Began = Stopwatch.GetTimestamp(),
        };
        _byNumber[number] = Activities.AddLast(activity);
        return activity;
    }

    public ShownActivity? Stop(ulong number)
    {
        if (!_byNumber.Remove(number, out LinkedListNode<ShownActivity>? node))
        {
            return null;
        }

        ShownActivity activity = node.Value;
        Activities.Remove(node);
        ActivityTotals before = _ended.GetValueOrDefault(activity.Type);
        _ended[activity.Type] = before with { Done = before.Done + activity.Done, Failed = before.Failed + activity.Failed };
        return activity;
    }

    /// <summary>Takes a result; one that is malformed, as a builder may write it, changes nothing.</summary>
    public void Result(ulong number, ResultType type, ReadOnlySpan<LogField> fields)
    {
        switch (type)
        {
            case ResultType.FileLinked when fields.Length > 0:
                FilesLinked++;
                BytesLinked += fields[0].Number;
                return;
            case ResultType.UntrustedPath:
                Untrusted++;
                return;
            case ResultType.CorruptedPath:
                Corrupted++;
                return;
            default:
                break;
        }

        if (!_byNumber.TryGetValue(number, out LinkedListNode<ShownActivity>? node))
        {
            return;
        }

        ShownActivity activity = node.Value;
        switch (type)
        {
            case ResultType.BuildLogLine or ResultType.PostBuildLogLine or ResultType.FetchStatus when fields.Length > 0:
                activity.LastLine = TerminalText.Plain(fields[0].Bytes);
                Activities.Remove(node);
                Activities.AddLast(node);
                break;
            case ResultType.SetPhase when fields.Length > 0:
                activity.Phase = TerminalText.Plain(fields[0].Bytes);
                break;
            case ResultType.Progress when fields.Length >= 4:
                (activity.Done, activity.Expected, activity.Running, activity.Failed) = (fields[0].Number, fields[1].Number, fields[2].Number, fields[3].Number);
                break;
            case ResultType.SetExpected when fields.Length >= 2:
                activity.ExpectedByType[(ActivityType)fields[0].Number] = fields[1].Number;
                break;
            default:
                break;
        }
    }

    public bool HasAncestor(ActivityType type, ulong number)
    {
        while (Find(number) is { } activity)
        {
            if (activity.Type == type)
            {
                return true;
            }

            number = activity.Parent;
        }

        return false;
    }

    /// <summary>How far the activities of a type are, those that ended among them.</summary>
    public ActivityTotals Totals(ActivityType type)
    {
        ActivityTotals ended = _ended.GetValueOrDefault(type);
        (ulong done, ulong expected, ulong running, ulong failed) = (ended.Done, ended.Done, 0, ended.Failed);
        ulong announced = 0;
        foreach (ShownActivity activity in Activities)
        {
            announced += activity.ExpectedByType.GetValueOrDefault(type);
            if (activity.Type == type)
            {
                done += activity.Done;
                expected += activity.Expected;
                running += activity.Running;
                failed += activity.Failed;
            }
        }

        return new ActivityTotals(done, Math.Max(expected, announced), running, failed);
    }
}
