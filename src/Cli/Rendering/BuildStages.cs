using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Rendering.Logs;
using Firn.Formats.Json;

namespace Firn.Cli.Rendering;

/// <summary>A plan as stages: each thing in the first in which everything that it needs is there.</summary>
internal sealed class BuildStages
{
    private readonly BuildPlanView _plan;
    private readonly TimeSpan[] _until;

    public BuildStages(BuildPlanView plan)
    {
        _plan = plan;
        int[] levels = new int[plan.Nodes.Count], before = new int[plan.Nodes.Count];
        _until = new TimeSpan[plan.Nodes.Count];
        int last = -1;
        foreach (int node in Order(plan))
        {
            before[node] = -1;
            foreach (int need in plan.Nodes[node].Needs)
            {
                levels[node] = Math.Max(levels[node], levels[need] + 1);
                // Where nothing is known of times, the longer chain counts.
                if (before[node] < 0 || _until[need] > _until[before[node]] || (_until[need] == _until[before[node]] && levels[need] > levels[before[node]]))
                {
                    before[node] = need;
                }
            }

            _until[node] = (before[node] < 0 ? TimeSpan.Zero : _until[before[node]]) + (plan.Nodes[node].Expected ?? TimeSpan.Zero);
            if (last < 0 || _until[node] > _until[last] || (_until[node] == _until[last] && levels[node] > levels[last]))
            {
                last = node;
            }

            while (Stages.Count <= levels[node])
            {
                Stages.Add([]);
            }

            Stages[levels[node]].Add(node);
            Unknown += plan.Nodes[node] is { IsFetch: false, Expected: null } ? 1 : 0;
        }

        foreach (List<int> stage in Stages)
        {
            stage.Sort();
        }

        for (int node = last; node >= 0; node = before[node])
        {
            CriticalPath.Insert(0, node);
        }
    }

    public List<List<int>> Stages { get; } = [];

    /// <summary>The chain that takes longest.</summary>
    public List<int> CriticalPath { get; } = [];

    /// <summary>How long the critical path takes.</summary>
    public TimeSpan Expected => CriticalPath.Count == 0 ? TimeSpan.Zero : _until[CriticalPath[^1]];

    /// <summary>Builds whose time is not known.</summary>
    public int Unknown { get; }

    /// <summary>For a person.</summary>
    public IReadOnlyList<string> Lines()
    {
        List<string> lines = [];
        for (int i = 0; i < Stages.Count; i++)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"stage {i + 1}:"));
            foreach (int node in Stages[i])
            {
                PlannedNode planned = _plan.Nodes[node];
                lines.Add($"  {(planned.IsFetch ? "fetch" : "build")} {planned.Name}{Time(planned.Expected)}");
            }
        }

        if (CriticalPath.Count > 0)
        {
            lines.Add("critical path: " + string.Join(" → ", CriticalPath.ConvertAll(node => _plan.Nodes[node].Name)) + Time(Expected));
            if (Unknown > 0)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"of {Unknown} of the builds no time is known"));
            }
        }

        return lines;
    }

    /// <summary>For a program.</summary>
    public void Write(JsonTextWriter json)
    {
        json.BeginObject();
        json.Name("criticalPath");
        json.BeginArray();
        foreach (int node in CriticalPath)
        {
            json.String(_plan.Nodes[node].Path);
        }

        json.EndArray();
        json.Name("expectedSeconds");
        json.Number((long)Expected.TotalSeconds);
        json.Name("stages");
        json.BeginArray();
        foreach (List<int> stage in Stages)
        {
            json.BeginArray();
            foreach (int node in stage)
            {
                PlannedNode planned = _plan.Nodes[node];
                json.BeginObject();
                json.Name("expectedSeconds");
                if (planned.Expected is { } expected)
                {
                    json.Number((long)expected.TotalSeconds);
                }
                else
                {
                    json.Null();
                }

                json.Name("kind");
                json.String(planned.IsFetch ? "fetch" : "build");
                json.Name("name");
                json.String(planned.Name);
                json.Name("needs");
                json.BeginArray();
                foreach (int need in planned.Needs)
                {
                    json.String(_plan.Nodes[need].Path);
                }

                json.EndArray();
                json.Name("path");
                json.String(planned.Path);
                json.EndObject();
            }

            json.EndArray();
        }

        json.EndArray();
        json.Name("unknown");
        json.Number(Unknown);
        json.EndObject();
    }

    private static string Time(TimeSpan? expected) => expected is { } known && known > TimeSpan.Zero ? " ~" + TreeView.Duration(known) : "";

    // Each after what it needs.
    private static List<int> Order(BuildPlanView plan)
    {
        int[] waits = new int[plan.Nodes.Count];
        List<int>[] needers = new List<int>[plan.Nodes.Count];
        List<int> order = [];
        for (int i = 0; i < waits.Length; i++)
        {
            waits[i] = plan.Nodes[i].Needs.Count;
            foreach (int need in plan.Nodes[i].Needs)
            {
                (needers[need] ??= []).Add(i);
            }

            if (waits[i] == 0)
            {
                order.Add(i);
            }
        }

        for (int i = 0; i < order.Count; i++)
        {
            foreach (int needer in needers[order[i]] ?? [])
            {
                if (--waits[needer] == 0)
                {
                    order.Add(needer);
                }
            }
        }

        return order;
    }
}
