using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Syntax.Parsing;
using Xunit;

namespace Firn.Syntax.Tests.Parsing;

/// <summary>No source whatever makes the parser fail in another way than by a <see cref="ParseException"/>.</summary>
public sealed class RobustnessTests
{
    private static readonly string[] s_pieces =
    [
        "{", "}", "(", ")", "[", "]", "\"", "''", "${", ";", ":", "@", ",", ".", "=", "==", "<", ">=", "+", "-", "->", "//", "++",
        "||", "!", "?", "|>", " or ", " in ", "let ", "rec ", "with ", "assert ", "inherit ", "if ", " then ", " else ", "...", "a",
        "1", "1.5", "./a", "./a/", "~/b", "<c>", "a:b", "/e${", "\\", "'", "$", "%", "\n", "\r", "#", "/*", "*/", "/**", "\0", "''$", "'''",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mutated_sources_parse_or_are_refused(int seed)
    {
        Random random = new(seed);
        List<byte[]> sources = [];
        foreach (string kind in (string[])["ok", "err"])
        {
            foreach (string file in Directory.EnumerateFiles(Fixtures.Directory(kind), "*.nix"))
            {
                sources.Add(File.ReadAllBytes(file));
            }
        }

        int parsed = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] text = Mutate(random, sources[random.Next(sources.Count)]);
            try
            {
                TreePrinter.Print(Fixtures.Parse(text).Root);
                parsed++;
            }
            catch (ParseException e)
            {
                Assert.InRange(e.Position, -1, text.Length);
                Assert.NotEmpty(e.Message);
                if (e.Position >= 0)
                {
                    Assert.True(e.SourceText.GetLineColumn(e.Position).Column >= 1);
                }
            }
        }

        Assert.InRange(parsed, 100, 3900);
    }

    private static byte[] Mutate(Random random, byte[] source)
    {
        List<byte> text = [.. source];
        int changes = random.Next(1, 5);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(text.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                    break;
                case 1:
                    text.RemoveRange(at, Math.Min(random.Next(4), text.Count - at));
                    break;
                case 2:
                    text.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    int from = random.Next(text.Count + 1);
                    text.InsertRange(at, text.GetRange(from, Math.Min(random.Next(20), text.Count - from)));
                    break;
            }
        }

        return text.ToArray();
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("{a=", ";}")]
    [InlineData("x: ", "")]
    [InlineData("!", "")]
    [InlineData("\"${", "}\"")]
    [InlineData("if x then y else ", "")]
    [InlineData("x -> ", "")]
    [InlineData("a.b or ", "")]
    public void Deep_nesting_is_refused_cleanly(string open, string close)
    {
        StringBuilder text = new();
        const int Depth = 300_000;
        for (int i = 0; i < Depth; i++)
        {
            text.Append(open);
        }

        text.Append('1');
        for (int i = 0; i < Depth; i++)
        {
            text.Append(close);
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        Exception? error = null;
        Thread thread = new(() => error = Record.Exception(() => Fixtures.Parse(bytes)), 1 << 20);
        thread.Start();
        thread.Join();
        Assert.Equal("expression is nested too deeply", Assert.IsType<ParseException>(error).Message);
    }

    [Fact]
    public void Long_chains_of_left_operators_need_no_depth()
    {
        StringBuilder text = new("1");
        for (int i = 0; i < 100_000; i++)
        {
            text.Append(" + 1");
        }

        Assert.NotNull(Fixtures.Parse(Encoding.UTF8.GetBytes(text.ToString())).Root);
    }
}
