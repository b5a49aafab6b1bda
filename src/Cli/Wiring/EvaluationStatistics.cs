using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using Firn.Cli.Settings;
using Firn.Eval.Debugging;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Syntax.Text;

namespace Firn.Cli.Wiring;

/// <summary>
/// What is told about an evaluation when the program ends, however it does: the profile of calls, and under
/// <c>NIX_SHOW_STATS</c> a JSON object of what it took, with counts of calls under <c>NIX_COUNT_CALLS</c>.
/// </summary>
/// <remarks>Nix manual, command-ref/env-common; docs/language/debugger.md</remarks>
internal sealed class EvaluationStatistics
{
    private readonly FileStream? _profile;
    private readonly bool _shows, _counts;

    private EvaluationStatistics(FileStream? profile, ulong? frequency, bool shows, bool counts)
    {
        _profile = profile;
        _shows = shows;
        _counts = shows && counts;
        Profile = profile is not null || _counts ? new CallProfile(frequency, _counts) : null;
    }

    /// <summary>What calls are recorded in; null where nobody wants to know.</summary>
    public CallProfile? Profile { get; }

    /// <summary>What settings and environment ask for.</summary>
    /// <exception cref="CliException">The file of the profile cannot be written.</exception>
    public static EvaluationStatistics Of(NixSettings settings)
    {
        FileStream? file = null;
        ulong? frequency = null;
        if (settings.String("eval-profiler") == "flamegraph")
        {
            string path = settings.String("eval-profile-file");
            frequency = (ulong)settings.Int("eval-profiler-frequency");
            try
            {
                file = new FileStream(path, FileMode.Create, FileAccess.Write);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException($"opening file \"{path}\": {e.Message}");
            }
        }

        return new EvaluationStatistics(file, frequency, IsOn("NIX_SHOW_STATS"), IsOn("NIX_COUNT_CALLS"));
    }

    /// <summary>Arranges for all of it to be written when the program ends.</summary>
    public void WriteAtEnd(Evaluator evaluator)
    {
        if (_profile is null && !_shows)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (_profile is not null)
            {
                Profile!.Write(_profile);
                _profile.Dispose();
            }

            if (_shows)
            {
                WriteStatistics(evaluator);
            }
        };
    }

    private static bool IsOn(string variable) => Environment.GetEnvironmentVariable(variable) is { } value && value != "0";

    private void WriteStatistics(Evaluator evaluator)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text, indented: true);
        double cpu;
        using (Process self = Process.GetCurrentProcess())
        {
            cpu = self.TotalProcessorTime.TotalSeconds;
        }

        double collecting = GC.GetTotalPauseDuration().TotalSeconds;
        json.BeginObject();
        if (_counts)
        {
            json.Name("attributes");
            json.Null();
        }

        json.Name("cpuTime");
        json.Number(cpu);
        if (_counts)
        {
            WriteFunctions(json, evaluator);
        }

        json.Name("gc");
        json.BeginObject();
        Member(json, "cycles", GC.CollectionCount(0));
        Member(json, "heapSize", GC.GetGCMemoryInfo().HeapSizeBytes);
        Member(json, "totalBytes", GC.GetTotalAllocatedBytes());
        json.EndObject();
        if (_counts)
        {
            json.Name("primops");
            json.BeginObject();
            foreach ((string name, long count) in Profile!.BuiltinCalls)
            {
                Member(json, name, count);
            }

            json.EndObject();
        }

        json.Name("symbols");
        json.BeginObject();
        Member(json, "number", evaluator.Symbols.Count);
        json.EndObject();
        json.Name("time");
        json.BeginObject();
        json.Name("cpu");
        json.Number(cpu);
        json.Name("gc");
        json.Number(collecting);
        json.Name("gcFraction");
        json.Number(cpu > 0 ? collecting / cpu : 0);
        json.EndObject();
        json.EndObject();
        string path = Environment.GetEnvironmentVariable("NIX_SHOW_STATS_PATH") is { Length: > 0 } given ? given : "-";
        if (path == "-")
        {
            Console.Error.WriteLine(Encoding.UTF8.GetString(text.Span));
        }
        else
        {
            File.WriteAllBytes(path, [.. text.Span, (byte)'\n']);
        }
    }

    private void WriteFunctions(JsonTextWriter json, Evaluator evaluator)
    {
        json.Name("functions");
        json.BeginArray();
        foreach ((Symbol name, PosIdx pos, long count) in Profile!.FunctionCalls)
        {
            json.BeginObject();
            if (evaluator.Positions.Find(pos) is { } at)
            {
                Member(json, "column", at.LineColumn.Column);
                Member(json, "count", count);
                if (at.Source.Origin == SourceOrigin.File)
                {
                    json.Name("file");
                    json.String(at.Source.Path);
                }

                Member(json, "line", at.LineColumn.Line);
            }
            else
            {
                Member(json, "count", count);
            }

            json.Name("name");
            if (name.IsSet)
            {
                json.String(evaluator.Symbols.TextOf(name));
            }
            else
            {
                json.Null();
            }

            json.EndObject();
        }

        json.EndArray();
    }

    private static void Member(JsonTextWriter json, string name, long value)
    {
        json.Name(name);
        json.Number(value);
    }
}
