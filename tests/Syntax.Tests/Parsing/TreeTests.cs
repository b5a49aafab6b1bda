using System;
using System.Text;
using Firn.Syntax.Ast;
using Firn.Syntax.Parsing;
using Firn.Syntax.Text;
using Xunit;

namespace Firn.Syntax.Tests.Parsing;

/// <summary>What the printed form does not show: positions, names, comments, options.</summary>
public sealed class TreeTests
{
    private static Expr Parse(string text) => Fixtures.Parse(Encoding.UTF8.GetBytes(text)).Root;

    [Fact]
    public void Names_are_one_object_each_and_counted_without_gaps()
    {
        SyntaxTree tree = Fixtures.Parse("a: b: a.b a"u8.ToArray());
        for (int i = 0; i < tree.Names.Length; i++)
        {
            Assert.Equal(i, tree.Names[i].Index);
        }

        LambdaExpr outer = Assert.IsType<LambdaExpr>(tree.Root);
        LambdaExpr inner = Assert.IsType<LambdaExpr>(outer.Body);
        CallExpr call = Assert.IsType<CallExpr>(inner.Body);
        SelectExpr select = Assert.IsType<SelectExpr>(call.Function);
        Assert.Same(outer.Argument, Assert.IsType<VariableExpr>(select.Subject).Name);
        Assert.Same(inner.Argument, select.Path[0].Static);
        Assert.Same(outer.Argument, Assert.IsType<VariableExpr>(call.Arguments[0]).Name);
    }

    [Fact]
    public void Sources_of_one_table_share_their_names()
    {
        ParserOptions options = new() { BasePath = "/"u8.ToArray(), Names = new NameTable() };
        SyntaxTree first = NixParser.Parse(SourceText.FromString("x: y"u8.ToArray()), options);
        SyntaxTree second = NixParser.Parse(SourceText.FromString("z: y"u8.ToArray()), options);
        Name inFirst = Assert.IsType<VariableExpr>(Assert.IsType<LambdaExpr>(first.Root).Body).Name;
        LambdaExpr lambda = Assert.IsType<LambdaExpr>(second.Root);
        Assert.Same(inFirst, Assert.IsType<VariableExpr>(lambda.Body).Name);
        Assert.Equal(2, lambda.Argument!.Index);
        Assert.Same(lambda.Argument, second.Names[2]);
    }

    [Fact]
    public void A_set_that_ended_takes_later_definitions()
    {
        AttributesExpr outer = Assert.IsType<AttributesExpr>(Parse("{ a = { x = 1; y = 2; }; b.c.d = 3; a.z = 4; b.c.e = 5; b.f = { }; }"));
        AttributesExpr a = Assert.IsType<AttributesExpr>(outer.Attributes[0].Value);
        AttributesExpr b = Assert.IsType<AttributesExpr>(outer.Attributes[1].Value);
        AttributesExpr c = Assert.IsType<AttributesExpr>(b.Attributes[0].Value);
        Assert.Equal("x y z", Names(a));
        Assert.Equal("c f", Names(b));
        Assert.Equal("d e", Names(c));

        static string Names(AttributesExpr set) => string.Join(' ', Array.ConvertAll(set.Attributes.ToArray(), d => d.Name.ToString()));
    }

    [Fact]
    public void Many_names_stay_apart()
    {
        StringBuilder text = new("[");
        for (int i = 0; i < 5000; i++)
        {
            text.Append(" n").Append(i);
        }

        SyntaxTree tree = Fixtures.Parse(Encoding.ASCII.GetBytes(text.Append(" ]").ToString()));
        Assert.Equal(5000, tree.Names.Length);
        ReadOnlySpan<Expr> items = Assert.IsType<ListExpr>(tree.Root).Items;
        Assert.Equal("n4321", Assert.IsType<VariableExpr>(items[4321]).Name.ToString());
    }

    [Theory]
    [InlineData("a b", 0)]
    [InlineData(" (a b) c", 2)]
    [InlineData("a + b", 2)]
    [InlineData("a // b", 2)]
    [InlineData("a && b", 2)]
    [InlineData("a < b", 2)]
    [InlineData("a == b", -1)]
    [InlineData(" if a then b else c", 1)]
    [InlineData(" with a; b", 1)]
    [InlineData("  x: x", 2)]
    [InlineData(" a.b.c", 1)]
    [InlineData(" { }", 1)]
    [InlineData(" rec { }", 1)]
    [InlineData("1", -1)]
    [InlineData("\"a\"", -1)]
    [InlineData("\"${a}\"", 1)]
    [InlineData("!(a b)", 2)]
    [InlineData(" -a", 1)]
    [InlineData("let in a", -1)]
    public void A_position_is_where_messages_point(string text, int position) => Assert.Equal(position, Parse(text).Position);

    [Fact]
    public void Parts_of_a_sum_have_positions_of_their_own()
    {
        ConcatExpr sum = Assert.IsType<ConcatExpr>(Parse("(a b) + c"));
        Assert.Equal(ConcatKind.Add, sum.Concat);
        Assert.Equal(0, sum.Parts[0].Position);
        Assert.Equal(8, sum.Parts[1].Position);
    }

    [Fact]
    public void Functions_are_named_after_their_attribute()
    {
        AttributesExpr set = Assert.IsType<AttributesExpr>(Parse("{ f.g = x: { y }: y; }"));
        AttributesExpr inner = Assert.IsType<AttributesExpr>(set.Attributes[0].Value);
        LambdaExpr function = Assert.IsType<LambdaExpr>(inner.Attributes[0].Value);
        Assert.Equal("g", function.Name?.ToString());
        Assert.Equal("g", Assert.IsType<LambdaExpr>(function.Body).Name?.ToString());
    }

    [Fact]
    public void Merged_sets_keep_their_inherit_sources_apart()
    {
        AttributesExpr set = Assert.IsType<AttributesExpr>(Parse("x: { a = { inherit (x) p; }; a = { inherit (x.y) q r; }; }") is LambdaExpr { Body: AttributesExpr body } ? body : null);
        AttributesExpr merged = Assert.IsType<AttributesExpr>(set.Attributes[0].Value);
        Assert.Equal(2, merged.InheritSources.Length);
        Assert.Equal([0, 1, 1], [merged.Attributes[0].Source, merged.Attributes[1].Source, merged.Attributes[2].Source]);
        Assert.IsType<VariableExpr>(merged.InheritSources[0]);
        Assert.IsType<SelectExpr>(merged.InheritSources[1]);
    }

    [Fact]
    public void Only_the_first_literal_makes_a_merged_set_recursive()
    {
        AttributesExpr set = Assert.IsType<AttributesExpr>(Parse("{ a = rec { b = 1; }; a = { c = b; }; d = { x = 1; }; d = rec { y = 2; }; }"));
        Assert.True(Assert.IsType<AttributesExpr>(set.Attributes[0].Value).IsRecursive);
        Assert.False(Assert.IsType<AttributesExpr>(set.Attributes[1].Value).IsRecursive);
    }

    [Fact]
    public void A_documentation_comment_belongs_to_the_function_behind_it()
    {
        const string Text = "{\n  /** outer */\n  f = x: y: x;\n  /* plain */\n  g = x: x;\n  /** first */ /** second */\n  h = /** nearest */ x: x;\n}";
        AttributesExpr set = Assert.IsType<AttributesExpr>(Parse(Text));
        Assert.Equal("/** outer */", Comment(set, 0));
        Assert.Null(Assert.IsType<LambdaExpr>(set.Attributes[1].Value).DocComment);
        Assert.Equal("/** nearest */", Comment(set, 2));

        static string Comment(AttributesExpr set, int index)
        {
            DocComment comment = Assert.IsType<LambdaExpr>(set.Attributes[index].Value).DocComment!.Value;
            return Text[comment.Start..comment.End];
        }
    }

    [Fact]
    public void Pipes_are_calls_where_they_are_enabled()
    {
        ParserOptions options = Fixtures.Options with { PipeOperators = true };
        string Print(string text) => Encoding.UTF8.GetString(TreePrinter.Print(NixParser.Parse(SourceText.FromString(Encoding.UTF8.GetBytes(text)), options).Root));
        Assert.Equal("(f: (f 1))", Print("f: 1 |> f"));
        Assert.Equal("(f: (g: (g (f 1))))", Print("f: g: 1 |> f |> g"));
        Assert.Equal("(f: (g: (f (g 1))))", Print("f: g: f <| g <| 1"));
        Assert.Equal("(f: (f (1 + 2)))", Print("f: f <| 1 + 2"));
        ParseException error = Assert.Throws<ParseException>(() => Print("f: f <| 1 |> f"));
        Assert.Equal("syntax error, unexpected '|>', expecting end of file", error.Message);
    }

    [Fact]
    public void A_home_path_needs_a_home()
    {
        ParserOptions options = Fixtures.Options with { HomeDirectory = null };
        ParseException error = Assert.Throws<ParseException>(() => NixParser.Parse(SourceText.FromString("~/a"u8.ToArray()), options));
        Assert.Equal("the path '~/a' can not be resolved in pure mode", error.Message);
        Assert.Equal(SourceText.NoPosition, error.Position);
    }

    [Theory]
    [InlineData("http://x.y", "URL literals are discouraged. Consider using a string literal \"http://x.y\" instead (lint-url-literals)")]
    [InlineData("a/b", "relative path literal 'a/b' should be prefixed with '.' for clarity: './a/b' (lint-short-path-literals)")]
    [InlineData("/a/b", "absolute path literals are not portable. Consider replacing path literal '/a/b' by a string, relative path, or parameter (lint-absolute-path-literals)")]
    public void Discouraged_literals_are_warned_about(string text, string expected)
    {
        string? warning = null;
        ParserOptions options = Fixtures.Options with
        {
            UrlLiterals = LintLevel.Warn,
            ShortPathLiterals = LintLevel.Warn,
            AbsolutePathLiterals = LintLevel.Warn,
            Warn = (message, _) => warning = message,
        };
        NixParser.Parse(SourceText.FromString(Encoding.UTF8.GetBytes(text)), options);
        Assert.Equal(expected, warning);
    }

    [Fact]
    public void A_forbidden_literal_is_an_error()
    {
        ParserOptions options = Fixtures.Options with { UrlLiterals = LintLevel.Fatal };
        ParseException error = Assert.Throws<ParseException>(() => NixParser.Parse(SourceText.FromString("[ x:y ]"u8.ToArray()), options));
        Assert.StartsWith("URL literals are disallowed.", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Position);
    }

    [Theory]
    [InlineData("f: [ f or 1 ]", 1)]
    [InlineData("f: [ (f or) 1 ]", 0)]
    [InlineData("f: g: f g or", 1)]
    [InlineData("f: f or 1", 0)]
    public void A_legacy_or_that_will_change_is_warned_about(string text, int expected)
    {
        int warnings = 0;
        ParserOptions options = Fixtures.Options with { Warn = (_, _) => warnings++ };
        NixParser.Parse(SourceText.FromString(Encoding.UTF8.GetBytes(text)), options);
        Assert.Equal(expected, warnings);
    }

    [Fact]
    public void Bindings_can_be_parsed_alone()
    {
        SyntaxTree tree = NixParser.ParseBindings(SourceText.FromString("a = 1; inherit b;"u8.ToArray()), Fixtures.Options);
        Assert.Equal(2, Assert.IsType<AttributesExpr>(tree.Root).Attributes.Length);
        Assert.Throws<ParseException>(() => NixParser.ParseBindings(SourceText.FromString("1"u8.ToArray()), Fixtures.Options));
    }
}
