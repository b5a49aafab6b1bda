using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Cli.Rendering.Logs;
using Xunit;

namespace Firn.Cli.Tests.Rendering;

public class TreeViewTests
{
    private static readonly TreeStyle s_plain = new(Colours: false, Unicode: true);

    // app needs lib and data, doc needs lib, all needs app and doc.
    private static TreeSnapshot Example() => new(
    [
        new TreeNode("all", NodeState.Waiting) { Needs = [1, 2] },
        new TreeNode("app-1.0", NodeState.Waiting) { Needs = [3, 4], Expected = TimeSpan.FromSeconds(90) },
        new TreeNode("doc-1.0", NodeState.Waiting) { Needs = [3] },
        new TreeNode("lib-2.1", NodeState.Building)
        {
            Elapsed = TimeSpan.FromSeconds(12), Expected = TimeSpan.FromSeconds(65), Phase = "buildPhase", LastLine = "[3/9] cc 世界.c",
        },
        new TreeNode("data-7", NodeState.Fetching)
        {
            Elapsed = TimeSpan.FromSeconds(2), Received = 3 << 20, Size = 10 << 20, Rate = 1.5 * (1 << 20), Place = "https://cache.example",
        },
    ])
    {
        Builds = new ActivityTotals(2, 6, 1, 0),
        Copies = new ActivityTotals(0, 1, 1, 0),
        Transfers = new ActivityTotals(3 << 20, 10 << 20, 0, 0),
        Rate = 1.5 * (1 << 20),
        Elapsed = TimeSpan.FromSeconds(75),
    };

    [Fact]
    public void EverythingHangsBelowWhatNeedsIt() => Assert.Equal(
    [
        "◌ all waits for 2",
        "├─ ◌ app-1.0 waits for 2 ~1m30s",
        "│  ├─ ▶ lib-2.1 12s of ~1m05s (buildPhase)  [3/9] cc 世界.c",
        "│  └─ ↓ data-7 from https://cache.example 2s 3.0 MiB of 10.0 MiB 1.5 MiB/s",
        "└─ ◌ doc-1.0 waits for 1",
        "2/6 built · 0/1 fetched, 3.0 MiB of 10.0 MiB at 1.5 MiB/s · 1 building · 3 waiting · 1m15s",
    ],
    TreeView.Render(Example(), 100, 24, s_plain));

    [Fact]
    public void WithoutUnicodeItIsAscii()
    {
        IReadOnlyList<string> lines = TreeView.Render(Example(), 30, 24, new TreeStyle(Colours: false, Unicode: false));
        Assert.Equal("|- . app-1.0 waits for 2 ~1m30s"[..29] + "~", lines[1]);
        Assert.Equal("|  |- > lib-2.1 12s of ~1m05s (buildPhase)"[..29] + "~", lines[2]);
        Assert.All(lines, line => Assert.All(line, c => Assert.InRange(c, ' ', '~')));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(33)]
    [InlineData(58)]
    [InlineData(200)]
    public void NoLineIsLongerThanTheScreen(int width) =>
        Assert.All(TreeView.Render(Example(), width, 24, s_plain), line => Assert.InRange(TerminalText.Columns(line), 0, width));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(6, 5)]
    [InlineData(50, 6)]
    public void ThereAreFewerLinesThanRows(int height, int lines) => Assert.Equal(lines, TreeView.Render(Example(), 80, height, s_plain).Count);

    [Fact]
    public void WithFewRowsWhatRunsIsShown()
    {
        IReadOnlyList<string> lines = TreeView.Render(Example(), 80, 4, s_plain);
        Assert.StartsWith("▶ lib-2.1 12s", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("↓ data-7 ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsDoneGoes()
    {
        TreeSnapshot snapshot = Example();
        List<TreeNode> nodes = [.. snapshot.Nodes];
        nodes[3] = nodes[3] with { State = NodeState.Done };
        nodes[2] = nodes[2] with { State = NodeState.Building };
        Assert.Equal(
        [
            "◌ all waits for 2",
            "├─ ◌ app-1.0 waits for 1 ~1m30s",
            "│  └─ ↓ data-7 from https://cache.example 2s 3.0 MiB of 10.0 MiB 1.5 MiB/s",
            "└─ ▶ doc-1.0 0s",
        ],
        TreeView.Render(snapshot with { Nodes = nodes }, 100, 24, s_plain).SkipLast(1));
    }

    [Fact]
    public void FailuresComeFirst()
    {
        List<TreeNode> nodes = [.. Enumerable.Range(0, 100).Select(i => new TreeNode($"n{i}", i == 90 ? NodeState.Failed : NodeState.Building))];
        IReadOnlyList<string> lines = TreeView.Render(new TreeSnapshot(nodes) { Builds = new ActivityTotals(0, 100, 99, 1) }, 80, 10, s_plain);
        Assert.Equal(9, lines.Count);
        Assert.Contains("✗ n90 failed after 0s", lines);
        Assert.Equal("0/100 built · 99 building · 1 failed · 0s", lines[^1]);
    }

    [Fact]
    public void ColoursTakeNoColumns()
    {
        IReadOnlyList<string> plain = TreeView.Render(Example(), 40, 24, s_plain);
        IReadOnlyList<string> coloured = TreeView.Render(Example(), 40, 24, s_plain with { Colours = true });
        Assert.Contains("\x1b[", coloured[0], StringComparison.Ordinal);
        Assert.Equal(plain, coloured.Select(line => TerminalText.Plain(System.Text.Encoding.UTF8.GetBytes(line))));
    }

    /// <summary>Long chains and wide graphs are drawn at once: neither a stack nor time runs out.</summary>
    [Fact]
    public void LargeGraphsAreDrawn()
    {
        List<TreeNode> nodes = [.. Enumerable.Range(0, 20_000).Select(i => new TreeNode($"n{i}", i == 19_999 ? NodeState.Building : NodeState.Waiting)
        {
            Needs = i == 19_999 ? [] : i % 2 == 0 && i + 2 < 20_000 ? [i + 1, i + 2] : [i + 1],
        })];
        IReadOnlyList<string> lines = TreeView.Render(new TreeSnapshot(nodes), 80, 24, s_plain);
        Assert.Equal(23, lines.Count);
        Assert.Contains(lines, line => line.Contains("▶ n19999", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(125, "2m05s")]
    [InlineData(3780, "1h03m")]
    [InlineData(360000, "100h00m")]
    public void Durations(int seconds, string text) => Assert.Equal(text, TreeView.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void SummaryOfTheWhole()
    {
        Assert.Equal("built 3, fetched 10 (12.0 MiB), 1 failed in 1m02s", TreeLog.Summary(3, 10, 12 << 20, 1, TimeSpan.FromSeconds(62)));
        Assert.Equal("built 1 in 4s", TreeLog.Summary(1, 0, 0, 0, TimeSpan.FromSeconds(4)));
    }
}
