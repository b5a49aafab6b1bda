using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Cli.Commands;
using Xunit;

namespace Firn.Cli.Tests.Arguments;

/// <summary>How the line of a <c>nix</c> command is read.</summary>
public sealed class CommandLineTests
{
    private readonly Probe _probe = new();

    private CommandLine Read(params string[] words)
    {
        CommandContext context = new("nix");
        CommandGroup inner = new("group", "a group", [new("probe", CommandCategory.Main, () => _probe)]);
        CommandGroup root = new("", "the root", [new("group", CommandCategory.Main, () => inner), new("hidden", CommandCategory.Hidden, () => _probe)]);
        CommandLine line = new(context, new GlobalFlags(context), root, words);
        line.Read();
        return line;
    }

    private string Mistake(params string[] words)
    {
        CliException mistake = Assert.Throws<CliException>(() => Read(words));
        Assert.True(mistake.IsUsage);
        return mistake.Message;
    }

    [Fact]
    public void Words_choose_the_command_and_fill_its_operands()
    {
        CommandLine line = Read("group", "probe", "one", "two", "three");
        Assert.Equal(["group", "probe"], line.Names);
        Assert.Same(_probe, line.Command);
        Assert.Equal("one", _probe.First);
        Assert.Equal(["two", "three"], _probe.Rest);
    }

    [Fact]
    public void Seenmay_stand_anywhere_and_letters_may_be_bundled()
    {
        Read("group", "probe", "-ab5", "one", "--pair", "x", "y", "--", "--all");
        Assert.Equal(["all", "b=5", "pair=x,y"], _probe.Seen);
        Assert.Equal(["--all"], _probe.Rest);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        Assert.Equal("unrecognised flag '--nope'", Mistake("group", "probe", "x", "--nope"));
        Assert.Equal("flag '--pair' requires 2 argument(s), but only 1 were given", Mistake("group", "probe", "x", "--pair", "y"));
        Assert.Equal("more arguments are required", Mistake("group", "probe"));
        Assert.Equal("'prob' is not a recognised command", Mistake("group", "prob"));
    }

    [Fact]
    public void A_near_miss_is_suggested_but_never_a_hidden_command()
    {
        Assert.Equal(["group"], Assert.Throws<CliException>(() => Read("grup")).Suggestions);
        Assert.Empty(Assert.Throws<CliException>(() => Read("hiden")).Suggestions);
    }

    private sealed class Probe : NixCommand
    {
        public Probe()
        {
            Flags.Add("all", 'a', "", () => Seen.Add("all"));
            Flags.Add("value", 'b', "", "value", v => Seen.Add("b=" + v));
            Flags.Add("pair", '\0', "", "x", "y", (x, y) => Seen.Add($"pair={x},{y}"));
            Expect("first", f => First = f);
            ExpectMany("rest", r => Rest = r);
        }

        public List<string> Seen { get; } = [];

        public string? First { get; private set; }

        public IReadOnlyList<string> Rest { get; private set; } = [];

        public override string Description => "a probe";

        public override int Run(CommandContext context) => throw new NotSupportedException();
    }
}
