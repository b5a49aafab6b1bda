using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Eval.Builtins.Json;
using Firn.Eval.Builtins.Sorting;
using Firn.Eval.Builtins.Toml;
using Firn.Eval.Builtins.Versions;
using Xunit;

namespace Firn.Eval.Tests.Builtins;

/// <summary>The algorithms behind builtins, without values.</summary>
public sealed class AlgorithmTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Sorting_is_stable_and_correct(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(0, 200);
            (int Key, int Place)[] items = new (int, int)[count];
            for (int i = 0; i < count; i++)
            {
                // Runs of both directions, as they are what the algorithm looks for.
                int key = random.Next(4) switch { 0 => i, 1 => -i, 2 => random.Next(10), _ => 5 };
                items[i] = (key, i);
            }

            (int Key, int Place)[] expected = items.OrderBy(static i => i.Key).ThenBy(static i => i.Place).ToArray();
            PeekSort.Sort(items, static (a, b) => a.Key < b.Key);
            Assert.Equal(expected, items);
        }
    }

    [Fact]
    public void Sorting_by_no_order_gives_a_permutation()
    {
        Random random = new(7);
        for (int count = 0; count < 300; count++)
        {
            int[] items = Enumerable.Range(0, count).ToArray();
            PeekSort.Sort(items, (_, _) => random.Next(2) == 0);
            Assert.Equal(Enumerable.Range(0, count), items.Order());
        }
    }

    [Theory]
    [InlineData("1.0", "1.0.0", -1)]
    [InlineData("1.0-1", "1.0.1", 0)]
    [InlineData("1.0pre1", "1.0", -1)]
    [InlineData("1.0pre1", "1.0rc1", -1)]
    [InlineData("1.0a", "1.0.1", -1)]
    [InlineData("10", "9", 1)]
    [InlineData("", "", 0)]
    [InlineData("a", "1", -1)]
    public void Versions_are_ordered(string first, string second, int expected)
    {
        Assert.Equal(expected, PackageVersion.Compare(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(second)));
        Assert.Equal(-expected, PackageVersion.Compare(Encoding.UTF8.GetBytes(second), Encoding.UTF8.GetBytes(first)));
    }

    [Theory]
    [InlineData("a = 1\n[a]")]
    [InlineData("[a]\nb = 1\n[a.b]")]
    [InlineData("[[a]]\n[a]")]
    [InlineData("a = [1]\n[[a]]")]
    [InlineData("a = {b = 1}\na.c = 2")]
    [InlineData("[a.b]\nc = 1\n[a]\nb.d = 2")]
    [InlineData("a = {b = 1,}")]
    [InlineData("a = {b = 1\n}")]
    [InlineData("a = 01")]
    [InlineData("a = 1__0")]
    [InlineData("a = _1")]
    [InlineData("a = 1.")]
    [InlineData("a = .1")]
    [InlineData("a = 0xg")]
    [InlineData("a = +0x1")]
    [InlineData("a = 0x8000000000000000")]
    [InlineData("a = \"\n\"")]
    [InlineData("a = \"\\x\"")]
    [InlineData("a = \"\\ud800\"")]
    [InlineData("a = 'x")]
    [InlineData("a = \"\"\"x")]
    [InlineData("a = [1")]
    [InlineData("a = truex")]
    [InlineData("a 1")]
    [InlineData("= 1")]
    [InlineData("a = 1 b = 2")]
    [InlineData("[a")]
    [InlineData("[[a]")]
    [InlineData("a = 2021-02-30")]
    [InlineData("a = 25:00:00")]
    [InlineData("a = 1\u0001")]
    public void Wrong_toml_is_refused(string text) =>
        Assert.Throws<TomlException>(() => TomlParser.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("1979-05-27t07:32:00.5z", "1979-05-27T07:32:00.500Z")]
    [InlineData("1979-05-27 07:32:00.1234-07:30", "1979-05-27T07:32:00.123400-07:30")]
    [InlineData("1979-05-27T07:32:00+00:00", "1979-05-27T07:32:00Z")]
    [InlineData("1979-05-27", "1979-05-27")]
    [InlineData("07:32:00.000", "07:32:00")]
    [InlineData("07:32:00.1234567891", "07:32:00.123456789")]
    public void Toml_times_have_one_form(string text, string expected)
    {
        TomlTable table = TomlParser.Parse(Encoding.UTF8.GetBytes("a = " + text));
        Assert.Equal(expected, Assert.IsType<TomlTimestamp>(table.Items["a"u8.ToArray()]).Value);
    }

    [Fact]
    public void Random_bytes_are_refused_cleanly()
    {
        Random random = new(11);
        string[] pieces = ["[", "]", "{", "}", "\"", "'", "=", ".", ",", "a", "1", "\n", "#", "\\u", "-", "e", ":", "true", "\"\"\"", "'''", "\0", "\r\n"];
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            StringBuilder text = new();
            for (int j = random.Next(1, 12); j > 0; j--)
            {
                text.Append(pieces[random.Next(pieces.Length)]);
            }

            byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
            try
            {
                TomlParser.Parse(bytes);
            }
            catch (TomlException)
            {
                refused++;
            }

            JsonReader reader = new(bytes);
            for (int steps = 0; reader.Token is not (JsonToken.End or JsonToken.Invalid) || steps == 0; steps++)
            {
                reader.Next();
                Assert.True(steps <= bytes.Length + 1);
            }
        }

        Assert.InRange(refused, 1000, 2999);
    }

    [Theory]
    [InlineData(1.0, "1.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e15, "1e+15")]
    [InlineData(123456789012345.0, "123456789012345.0")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(double.NaN, "null")]
    public void Floats_are_written_as_json(double number, string expected) => Assert.Equal(expected, JsonText.Float(number));
}
