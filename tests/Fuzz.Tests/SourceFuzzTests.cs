using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>
/// Damaged sources: each has a value, which can be shown in every way, or an error of the language with a report.
/// </summary>
public sealed partial class SourceFuzzTests
{
    private const int Count = 10000;

    private static readonly List<byte[]> s_words = Mutator.Words(
        "(", ")", "{", "}", "[", "]", "${", "\"", "''", "'''", "''${", "''\\", "\\", "/*", "*/", "#", "\n", "\r", ";", ":", "@", ".", "...", "..", ",", "?", "=", "==", "!=",
        "<", "<=", ">", ">=", "+", "++", "-", "*", "/", "//", "&&", "||", "->", "!", "|>", "<|", " ", "let ", " in ", "rec ", "with ", "inherit ", "assert ", "if ", " then ", " else ", " or ",
        "null", "true", "builtins.", "toString ", "map ", "import ", "throw ", "derivation ", "__functor", "__toString", "outPath", "x", "a.b.c", "x: ", "{ a, b ? 1, ... }@c: ",
        "<nixpkgs>", "./a", "/b/c", "~/d", "http://e", "1.5", ".5e3", "0", "9223372036854775807", "9223372036854775808", "1e999", "\0", "\uFEFF", "é", "$", "$$", "_", "'", "-1");

    [Fact]
    public void Damaged_sources_have_a_value_or_an_error()
    {
        List<byte[]> samples = Samples();
        Assert.InRange(samples.Count, 500, 100000);
        Mutator mutator = new(FuzzSettings.Seed, samples, s_words);
        Watch.Run(Enumerable.Range(0, FuzzSettings.Count(Count)).Select(_ => mutator.Next()), Check);
    }

    /// <summary>
    /// The files of a folder, damaged, given to the built program: <c>FIRN_SOURCES</c> names the folder and
    /// <c>FIRN_BIN</c> the commands. Without them the samples are evaluated here, a few times.
    /// </summary>
    [Fact]
    public void Damaged_files_of_a_folder_end_the_program_cleanly()
    {
        string? folder = Environment.GetEnvironmentVariable("FIRN_SOURCES");
        List<byte[]> samples = folder is null
            ? Samples()
            : [.. Directory.EnumerateFiles(folder, "*.nix", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Assert.NotEmpty(samples);
        Mutator mutator = new(FuzzSettings.Seed + 1, samples, s_words);
        string? bin = folder is null ? null : Environment.GetEnvironmentVariable("FIRN_BIN");
        int count = folder is null ? 100 : FuzzSettings.Count(100);
        for (int i = 0; i < count; i++)
        {
            byte[] source = mutator.Next();
            if (bin is null)
            {
                Check(source);
            }
            else
            {
                ProgramRun.Check(Path.Combine(bin, "nix-instantiate"), source);
            }
        }
    }

    private static void Check(byte[] source)
    {
        SourceRun run = new(source);
        if (IsSmall(source))
        {
            run.Evaluate();
        }
        else
        {
            run.Parse();
        }
    }

    /// <summary>Whether a source asks for no more than a test can give: a huge list is made if one is asked for.</summary>
    private static bool IsSmall(byte[] source)
    {
        string text = Encoding.Latin1.GetString(source);
        return !Builders().IsMatch(text) || !Numbers().IsMatch(text);
    }

    [GeneratedRegex("genList|genericClosure|foldl'|replicate")]
    private static partial Regex Builders();

    [GeneratedRegex("[0-9]{5}")]
    private static partial Regex Numbers();

    private static List<byte[]> Samples()
    {
        List<byte[]> samples = [];
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "sources"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (file.EndsWith(".nix", StringComparison.Ordinal))
            {
                samples.Add(bytes);
                continue;
            }

            // Blocks of an expression and what it gives, or an expression a line.
            string text = Encoding.UTF8.GetString(bytes);
            IEnumerable<string> expressions = text.Contains("\n=>\n", StringComparison.Ordinal)
                ? text.Split("\n%%\n").Select(static block => block.Split("\n=>\n")[0])
                : text.Split('\n').Where(static line => !line.StartsWith('#'));
            samples.AddRange(expressions.Select(Encoding.UTF8.GetBytes));
        }

        return samples;
    }
}
