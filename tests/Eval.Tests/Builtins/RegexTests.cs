using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using Firn.Eval.Builtins.Regex;
using Xunit;

namespace Firn.Eval.Tests.Builtins;

public sealed class RegexTests
{
    private static string? Whole(string pattern, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        RegexMatch? match = PosixRegex.Compile(Encoding.UTF8.GetBytes(pattern)).MatchWhole(bytes);
        return match is RegexMatch found ? Groups(found, bytes) : null;
    }

    private static string Groups(RegexMatch match, byte[] text)
    {
        List<string> groups = [];
        for (int i = 0; i < match.GroupCount; i++)
        {
            (int start, int end) = match.Group(i);
            groups.Add(end < 0 ? "-" : Encoding.UTF8.GetString(text[start..end]));
        }

        return string.Join(",", groups);
    }

    [Theory]
    [InlineData("a", "a", "")]
    [InlineData("a", "ab", null)]
    [InlineData("(a|ab)(c|bcd)(d*)", "abcd", "a,bcd,")]
    [InlineData("(a*)(a*)", "aaa", "aaa,")]
    [InlineData("((a)|b)*", "ab", "b,a")]
    [InlineData("(|a)*", "aa", "")]
    [InlineData("(a?)*?", "aa", "")]
    [InlineData("a{2}", "aa", "")]
    [InlineData("a{2,}", "aaaa", "")]
    [InlineData("(a{1,2}){2}", "aaa", "a")]
    [InlineData("[[:digit:]a-c]+", "1a2b", "")]
    [InlineData("[^[:space:]]*", "ab c", null)]
    [InlineData("[]-a]+", "]^_`a", "")]
    [InlineData("[a\\]+", "a\\", "")]
    [InlineData(".", "\n", "")]
    [InlineData("a|b|", "", "")]
    [InlineData("()", "", "")]
    [InlineData("a]b}", "a]b}", "")]
    public void A_pattern_matches_a_whole_text(string pattern, string text, string? groups) => Assert.Equal(groups, Whole(pattern, text));

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("[")]
    [InlineData("[a")]
    [InlineData("*")]
    [InlineData("a|*")]
    [InlineData("^*")]
    [InlineData("a{")]
    [InlineData("a{x}")]
    [InlineData("a{2,1}")]
    [InlineData("a{,2}")]
    [InlineData("{1}")]
    [InlineData("\\")]
    [InlineData("\\d")]
    [InlineData("[[:nope:]]")]
    [InlineData("[b-a]")]
    [InlineData("[a-c-e]")]
    [InlineData("[[.nope.]]")]
    public void A_wrong_pattern_is_refused(string pattern) =>
        Assert.Equal(RegexFault.Invalid, Assert.Throws<RegexException>(() => PosixRegex.Compile(Encoding.UTF8.GetBytes(pattern))).Fault);

    [Theory]
    [InlineData("a{100001}")]
    [InlineData("(a{1000}){1000}")]
    [InlineData("((((a{100}){100}){100}){100}){100}")]
    public void An_oversized_pattern_is_refused(string pattern) =>
        Assert.Equal(RegexFault.TooComplex, Assert.Throws<RegexException>(() => PosixRegex.Compile(Encoding.UTF8.GetBytes(pattern))).Fault);

    [Fact]
    public void Deep_parentheses_are_refused_cleanly()
    {
        byte[] pattern = Encoding.UTF8.GetBytes(new string('(', 1_000_000));
        Assert.Equal(RegexFault.TooComplex, Assert.Throws<RegexException>(() => PosixRegex.Compile(pattern)).Fault);
    }

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|a)*b")]
    [InlineData("(a|aa)+b")]
    [InlineData("((a*)*)*b")]
    [InlineData("(a?){50}b")]
    [InlineData("(.*)(.*)(.*)(.*)(.*)b")]
    [InlineData("(|){30}b")]
    public void Hostile_patterns_take_no_exponential_time(string pattern)
    {
        PosixRegex regex = PosixRegex.Compile(Encoding.UTF8.GetBytes(pattern));
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 2000) + "c");
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Null(regex.MatchWhole(text));
        foreach (RegexMatch match in regex.EnumerateMatches(text))
        {
            Assert.Fail($"nothing matches, least of all {match.Start}..{match.End}");
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{pattern} took {watch.Elapsed}");
    }

    [Fact]
    public void Long_texts_need_no_stack()
    {
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 1_000_000));
        Assert.NotNull(PosixRegex.Compile("(a|b)*"u8).MatchWhole(text));
    }

    [Fact]
    public void Remembering_changes_no_result()
    {
        // Long enough that the search begins to remember, short enough to know the answer.
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 3000) + "b");
        RegexMatch match = PosixRegex.Compile("(a|aa)*(b)"u8).MatchWhole(text)!.Value;
        Assert.Equal((2999, 3000), match.Group(0));
        Assert.Equal((3000, 3001), match.Group(1));
    }
}
