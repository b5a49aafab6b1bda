using System;
using System.Text;
using Firn.Cli.Rendering;
using Firn.Cli.Rendering.Logs;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Xunit;

namespace Firn.Cli.Tests.Rendering;

public class BuildStagesTests
{
    private static PlannedNode Node(string name, int? seconds, params int[] needs) =>
        new("/nix/store/" + name, name, IsFetch: false, needs, seconds is { } known ? TimeSpan.FromSeconds(known) : null);

    // all needs app and doc; app needs lib and data; doc needs lib.
    private static readonly BuildPlanView s_plan = new(
    [
        Node("all", null, 1, 2),
        Node("app", 90, 3, 4),
        Node("doc", 5, 3),
        Node("lib", 60),
        new PlannedNode("/nix/store/data", "data", IsFetch: true, [], null),
    ]);

    [Fact]
    public void StagesAndCriticalPath() => Assert.Equal(
    [
        "stage 1:",
        "  build lib ~1m00s",
        "  fetch data",
        "stage 2:",
        "  build app ~1m30s",
        "  build doc ~5s",
        "stage 3:",
        "  build all",
        "critical path: lib → app → all ~2m30s",
        "of 1 of the builds no time is known",
    ],
    new BuildStages(s_plan).Lines());

    [Fact]
    public void WithoutTimesTheLongestChainIsCritical()
    {
        BuildStages stages = new(new BuildPlanView([Node("top", null, 1, 2), Node("short", null), Node("long", null, 3), Node("base", null)]));
        Assert.Equal("critical path: base → long → top", stages.Lines()[^2]);
        Assert.Equal(TimeSpan.Zero, stages.Expected);
    }

    [Fact]
    public void NothingToDo() => Assert.Empty(new BuildStages(new BuildPlanView([])).Lines());

    [Fact]
    public void Json()
    {
        ByteBuffer text = new();
        new BuildStages(new BuildPlanView([Node("b", 2, 1), Node("a", null)])).Write(new JsonTextWriter(text, false));
        Assert.Equal(
            """{"criticalPath":["/nix/store/a","/nix/store/b"],"expectedSeconds":2,"stages":[[{"expectedSeconds":null,"kind":"build","name":"a","needs":[],"path":"/nix/store/a"}],[{"expectedSeconds":2,"kind":"build","name":"b","needs":["/nix/store/a"],"path":"/nix/store/b"}]],"unknown":1}""",
            Encoding.UTF8.GetString(text.Span));
    }
}
