using Firn.Shells.Shebang;
using Xunit;

namespace Firn.Shells.Tests;

/// <summary>Arguments in the first lines of scripts.</summary>
public sealed class ShebangTests
{
    [Fact]
    public void Only_lines_that_name_nix_shell_count()
    {
        Assert.Null(ScriptWords.OfScript("echo\n#! nix-shell -p x\n"));
        Assert.Empty(ScriptWords.OfScript("#!/bin/sh\n")!);
        Assert.Equal(
            ["-i", "bash", "-p", "a b", "c"],
            ScriptWords.OfScript("#! /usr/bin/env nix-shell\n#!nix-shell -i bash\n# nix-shell -E 1\n#! nix-shell-not -x\necho\n\n#!\t nix-shell   -p 'a b' c \n")!);
    }

    [Theory]
    [InlineData("'a\"b' \"c'd\"", new[] { "a\"b", "c'd" })]
    [InlineData("a'b c'\"d e\"f", new[] { "ab cd ef" })]
    [InlineData("a\\ b \"\\\"x\\n\" '\\'", new[] { "a b", "\"xn", "\\" })]
    [InlineData("'' x", new[] { "", "x" })]
    public void Words_are_quoted_as_in_a_shell(string line, string[] words) =>
        Assert.Equal(words, ScriptWords.OfScript("#!x\n#! nix-shell " + line)!);

    [Fact]
    public void An_open_quote_is_an_error()
    {
        ShellException e = Assert.Throws<ShellException>(() => ScriptWords.OfScript("#!x\n#! nix-shell -p 'a"));
        Assert.Equal("unterminated quote in shebang line", e.Message);
    }

    [Theory]
    [InlineData("bash", "exec bash '/a b/it'\\''s' 'x' '*'")]
    [InlineData("perl -w", "exec -a PERL perl -w '/a b/it'\\''s' 'x' '*'")]
    [InlineData("ruby", "exec ruby -e 'load(ARGV.shift)' -- '/a b/it'\\''s' 'x' '*'")]
    public void Interpreters_get_the_script_and_its_arguments(string interpreter, string command) =>
        Assert.Equal(command, ScriptWords.Interpret(interpreter, "/a b/it's", ["x", "*"]));

    [Fact]
    public void Arguments_of_nix_are_in_the_comments_at_the_start()
    {
        Assert.Null(CommandWords.OfScript("nix"));
        Assert.Equal(
            ["shell", "--expr", "a\n  b", "-c", "sh"],
            CommandWords.OfScript("#!/usr/bin/env nix\n# comment\n#! nix shell --expr ``a\n#!nix   b ``\n-- other\n#! nixie\n#! nix -c sh\necho\n#! nix --late\n")!);
    }

    [Theory]
    [InlineData("a  b\tc\n", new[] { "a", "b", "c" })]
    [InlineData("``a b`` c#d", new[] { "a b", "c#d" })]
    [InlineData("`` a ``", new[] { " a" })]
    [InlineData("``$*'\"\\``", new[] { "$*'\"\\" })]
    [InlineData("``a`b``", new[] { "a`b" })]
    [InlineData("``a```b ``", new[] { "a``b" })]
    [InlineData("````", new[] { "" })]
    [InlineData("``a``b", new[] { "a", "b" })]
    public void Two_backticks_quote(string text, string[] words) => Assert.Equal(words, CommandWords.Split(text));

    [Theory]
    [InlineData("a *", "unsupported unquoted character in nix shebang: *. Use double backticks to escape?")]
    [InlineData("`a`", "single backtick is not a supported syntax in the nix shebang.")]
    [InlineData("a #b", "unquoted nix shebang argument cannot start with #. Use double backticks to escape?")]
    [InlineData("``a", "unterminated quoted string in nix shebang")]
    public void What_may_mean_something_some_day_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ShellException>(() => CommandWords.Split(text)).Message);
}
