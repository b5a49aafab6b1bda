using System;
using System.IO;
using System.Linq;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;
using Xunit;

namespace Firn.Syntax.Tests;

/// <summary>The sources below fixtures/ and how they are parsed.</summary>
internal static class Fixtures
{
    /// <summary>Where the fixtures lie in the repository, to write accepted results to; null where that is unknown.</summary>
    private static readonly string? s_source = FindSource();

    public static string Directory(string kind) => Path.Combine(AppContext.BaseDirectory, "fixtures", kind);

    public static TheoryData<string> Names(string kind)
    {
        TheoryData<string> names = [];
        foreach (string file in System.IO.Directory.EnumerateFiles(Directory(kind), "*.nix").Order(StringComparer.Ordinal))
        {
            names.Add(Path.GetFileNameWithoutExtension(file));
        }

        return names;
    }

    public static ParserOptions Options { get; } = new() { BasePath = "/base"u8.ToArray(), HomeDirectory = "/home/user"u8.ToArray() };

    public static SyntaxTree Parse(byte[] text) => NixParser.Parse(SourceText.FromString(text), Options);

    /// <summary>Compares with NAME.txt; with FIRN_ACCEPT_GOLDEN=1 writes it instead and fails, so that no run passes by accepting.</summary>
    public static void AssertGolden(string kind, string name, byte[] actual)
    {
        string file = Path.Combine(Directory(kind), name + ".txt");
        if (Environment.GetEnvironmentVariable("FIRN_ACCEPT_GOLDEN") == "1" && s_source is not null)
        {
            File.WriteAllBytes(Path.Combine(s_source, "fixtures", kind, name + ".txt"), [.. actual, (byte)'\n']);
            Assert.Fail("accepted; run again without FIRN_ACCEPT_GOLDEN");
        }

        Assert.Equal(File.ReadAllText(file), System.Text.Encoding.UTF8.GetString(actual) + "\n");
    }

    private static string? FindSource()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Firn.slnx")))
        {
            directory = directory.Parent;
        }

        return directory is null ? null : Path.Combine(directory.FullName, "tests", "Syntax.Tests");
    }
}
