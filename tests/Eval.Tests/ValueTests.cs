using System;
using System.Text;
using System.Threading.Tasks;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Printing;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Tests;

public sealed class ValueTests
{
    private static ContextElement Path(string name) => ContextElement.Opaque(Encoding.UTF8.GetBytes("/nix/store/" + name));

    [Fact]
    public void ContextsAreSortedSets()
    {
        ContextElement a = Path("a");
        ContextElement b = Path("b.drv");
        ContextElement output = ContextElement.Built(b.Path, "out"u8.ToArray());
        StringContext context = StringContext.Of([output, b, a, ContextElement.DerivationDeep(b.Path), Path("a")])!;
        Assert.Equal(
            ["/nix/store/a", "/nix/store/b.drv", "/nix/store/b.drv (deep)", "/nix/store/b.drv^out"],
            System.Array.ConvertAll(context.Elements.ToArray(), e => e.Display()));
    }

    [Fact]
    public void TheUnionWithAPartOfItselfIsTheSameContext()
    {
        StringContext small = StringContext.Of(Path("a"));
        StringContext large = StringContext.Of([Path("a"), Path("b")])!;
        Assert.Same(large, StringContext.Union(small, large));
        Assert.Same(large, StringContext.Union(large, small));
        Assert.Same(small, StringContext.Union(null, small));
    }

    [Fact]
    public void TheUnionHasEachElementOnceInOrder()
    {
        ContextElement[] many = new ContextElement[300];
        for (int i = 0; i < many.Length; i++)
        {
            many[i] = Path((2 * i).ToString("d4"));
        }

        foreach (int[] few in (int[][])[[1], [0], [700], [0, 1, 2, 3, 599, 600], [17, 18, 19, 301]])
        {
            ContextElement[] added = Array.ConvertAll(few, i => Path(i.ToString("d4")));
            StringContext expected = StringContext.Of([.. many, .. added])!;
            StringContext left = StringContext.Of(many)!, right = StringContext.Of(added)!;
            Assert.Equal(expected.Elements.ToArray(), StringContext.Union(left, right)!.Elements.ToArray());
            Assert.Equal(expected.Elements.ToArray(), StringContext.Union(right, left)!.Elements.ToArray());
        }
    }

    [Fact]
    public void TheUnionHasWhatEitherHasOnceAndSorted()
    {
        StringContext left = StringContext.Of([Path("a"), Path("c"), Path("d")])!;
        StringContext right = StringContext.Of([Path("b"), Path("c"), Path("e")])!;
        Assert.Equal(
            ["/nix/store/a", "/nix/store/b", "/nix/store/c", "/nix/store/d", "/nix/store/e"],
            Array.ConvertAll(StringContext.Union(left, right)!.Elements.ToArray(), e => e.Display()));
    }

    [Fact]
    public void OutputsOfOutputsAreTold()
    {
        ContextElement inner = ContextElement.Built("/nix/store/x.drv"u8.ToArray(), "drv"u8.ToArray());
        Assert.Equal("/nix/store/x.drv^drv^out", ContextElement.Built(inner, "out"u8.ToArray()).Display());
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("//a/./b/../c/", "/a/c")]
    [InlineData("/../..", "/")]
    [InlineData("/a/..b/.c", "/a/..b/.c")]
    public void PathsBecomeCanonical(string path, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(CanonPath.Make(Encoding.UTF8.GetBytes(path))));

    [Theory]
    [InlineData(0.1, "0.1", "0.100000")]
    [InlineData(1.0, "1", "1.000000")]
    [InlineData(1e6, "1e+06", "1000000.000000")]
    [InlineData(123456.0, "123456", "123456.000000")]
    [InlineData(999999.5, "1e+06", "999999.500000")]
    [InlineData(0.00001234567, "1.23457e-05", "0.000012")]
    [InlineData(-2.5, "-2.5", "-2.500000")]
    public void NumbersAreWrittenAsCWritesThem(double number, string general, string precise)
    {
        Assert.Equal(general, FloatText.General(number));
        Assert.Equal(precise, FloatText.Fixed(number));
    }

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("0.1", "0.1")]
    [InlineData("1.0e20", "1e+20")]
    [InlineData("123456789.125", "123456789.125")]
    [InlineData("1.0e-7", "1e-07")]
    [InlineData("0.001", "0.001")]
    [InlineData("[ 1 true null \"a\\\"\\n\" { b = 1; a = [ ]; } ]", "[1,true,null,\"a\\\"\\n\",{\"a\":[],\"b\":1}]")]
    [InlineData("{ outPath = \"x\"; y = 1; }", "\"x\"")]
    [InlineData("{ __toString = self: self.v; v = \"t\"; }", "\"t\"")]
    public void ValuesBecomeJson(string expression, string expected)
    {
        Evaluator ev = TestEvaluation.Make();
        Assert.Equal(expected, JsonPrinter.Print(ev, TestEvaluation.Evaluate(ev, expression), true, true).Text);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80 })]
    [InlineData(new byte[] { 0xFF, (byte)'b', 0xC3, 0x80, 0xE2, 0x82 })]
    [InlineData(new byte[] { 0xED, 0xB0, 0x80 })]
    public void MessagesKeepEveryByte(byte[] bytes) => Assert.Equal(bytes, MessageText.Encode(MessageText.Decode(bytes)));

    [Fact]
    public void FunctionsHaveNoJson()
    {
        Evaluator ev = TestEvaluation.Make();
        Value value = TestEvaluation.Evaluate(ev, "{ a = x: x; }");
        EvalError error = Assert.Throws<EvalError>(() => JsonPrinter.Print(ev, value, true, true));
        Assert.Equal("cannot convert a function to JSON", error.Message);
    }

    [Fact]
    public void ValuesBecomeXml()
    {
        Evaluator ev = TestEvaluation.Make();
        Value value = TestEvaluation.Evaluate(ev, "{ f = { a, b ? 1, ... }@c: a; l = [ 1 \"<\" null ]; g = x: x; }");
        Assert.Equal(
            """
            <?xml version='1.0' encoding='utf-8'?>
            <expr>
              <attrs>
                <attr name="f">
                  <function>
                    <attrspat ellipsis="1" name="c">
                      <attr name="a" />
                      <attr name="b" />
                    </attrspat>
                  </function>
                </attr>
                <attr name="g">
                  <function>
                    <varpat name="x" />
                  </function>
                </attr>
                <attr name="l">
                  <list>
                    <int value="1" />
                    <string value="&lt;" />
                    <null />
                  </list>
                </attr>
              </attrs>
            </expr>

            """,
            XmlPrinter.Print(ev, value, true, false).Text);
    }

    [Fact]
    public void ManyThreadsInternOneSymbolForOneName()
    {
        SymbolTable symbols = new();
        Symbol[][] found = new Symbol[4][];
        Parallel.For(0, found.Length, t =>
        {
            found[t] = new Symbol[20000];
            for (int i = 0; i < found[t].Length; i++)
            {
                found[t][i] = symbols.Intern(Encoding.UTF8.GetBytes($"name{i}"));
            }
        });
        for (int t = 1; t < found.Length; t++)
        {
            Assert.Equal(found[0], found[t]);
        }

        Assert.Equal("name777", symbols.TextOf(found[0][777]));
    }
}
