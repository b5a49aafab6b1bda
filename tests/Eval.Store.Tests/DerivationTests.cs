using System.Linq;
using Firn.Eval.Errors;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Store.Tests;

public sealed class DerivationTests
{
    // What the tests share. Paths below are those that Nix 2.34 computes.
    private const string Library = """
        let
          d = a: derivation ({ system = "x86_64-linux"; builder = "/bin/sh"; } // a);
          fixed = d { name = "fixed"; outputHash = "sha256-n68DEe0DjlPchxYlRRHS1bQSJd2cs6ico2rmd2pAaOI="; outputHashMode = "recursive"; };
          fixed2 = d { name = "fixed"; args = ["other"]; outputHash = "sha256-n68DEe0DjlPchxYlRRHS1bQSJd2cs6ico2rmd2pAaOI="; outputHashMode = "recursive"; };
          flat = d { name = "flat"; outputHash = "4ee4ff320eb52e02053b1fca38bcf1d3dac5dc4f"; outputHashAlgo = "sha1"; };
          many = d { name = "many"; outputs = [ "out" "dev" "lib" ]; x = "tab\there \"quote\" back\\slash\nnew\rret"; inherit fixed fixed2 flat; };
          top = d { name = "top"; args = [ "-c" "echo ${many.dev} ${many}" ]; src = builtins.toFile "a.txt" "firn"; lib = many.lib; };
          floating = d { name = "floating"; __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputs = ["out" "x"]; };
          deferred = d { name = "deferred"; inherit floating; };
          impure = d { name = "impure"; __impure = true; inherit floating; };
          structured = d { name = "structured"; __structuredAttrs = true; outputs = [ "out" "bin" ]; a = [ 1 2.5 null true { b = many; } ]; };
        in
        """ + "\n";

    [Theory]
    [InlineData("fixed", "/nix/store/j5hc172k9rxanmhxavf89mvw0ld4pb36-fixed.drv")]
    [InlineData("flat", "/nix/store/7jhwg2n3bv01ywjnxwbjd44fhqg1174c-flat.drv")]
    [InlineData("many", "/nix/store/l6nz5r2pmmki9m3f8c466nxr71h5i9db-many.drv")]
    [InlineData("top", "/nix/store/q9f66qxjyw6jbyzkpyfkg91gkkj0zac8-top.drv")]
    [InlineData("floating", "/nix/store/n6xwgvf3in9q798i0c30yxjl5kc79h5m-floating.drv")]
    [InlineData("deferred", "/nix/store/ad62i8y0kgyhyrhxx3m3dfmindyaji00-deferred.drv")]
    [InlineData("impure", "/nix/store/2l3vi983y8kgy80fsq778scypzyclxcd-impure.drv")]
    [InlineData("structured", "/nix/store/pwd3ay7c13vyg4sr5gk65a6l4a382m66-structured.drv")]
    public void Derivations_of_every_kind_have_the_known_paths(string name, string path)
    {
        using Session writing = new(false, null, "ca-derivations", "impure-derivations");
        Assert.Equal(path, writing.Text(Library + name + ".drvPath"));
        Assert.StartsWith("Derive([", writing.Drv(Library + name));
        using Session reading = new(true, null, "ca-derivations", "impure-derivations");
        Assert.Equal(path, reading.Text(Library + name + ".drvPath"));
        reading.Store.Flush();
        Assert.False(System.IO.Directory.Exists(reading.Root + "/store/nix/store") && System.IO.Directory.EnumerateFileSystemEntries(reading.Root + "/store/nix/store").Any());
    }

    [Fact]
    public void A_derivation_is_a_set_with_its_attributes_and_outputs()
    {
        using Session session = new();
        VAttrs set = (VAttrs)session.Evaluate(Library + "many");
        string[] names = [.. Enumerable.Range(0, set.Count).Select(i => session.Evaluator.Symbols.TextOf(set.At(i).Name)).Order()];
        Assert.Equal(["all", "builder", "dev", "drvAttrs", "drvPath", "fixed", "fixed2", "flat", "lib", "name", "out", "outPath", "outputName", "outputs", "system", "type", "x"], names.Order(System.StringComparer.Ordinal));
        Assert.Equal("out", session.Text(Library + "many.outputName"));
        Assert.Equal("lib", session.Text(Library + "many.dev.lib.outputName"));
        Assert.Equal("derivation", session.Text(Library + "many.lib.type"));
        Assert.Equal("/nix/store/vjsami8jd29nkiz52fs51m3nb6i0s872-many-lib", session.Text(Library + "many.out.lib.outPath"));
        Assert.Equal("many", session.Text(Library + "many.drvAttrs.name"));
        Assert.Equal(3, ((VList)session.Evaluate(Library + "many.all")).Count);
        Assert.Equal("/nix/store/8739jwsx0n5dixhi6jx9h036zz1lghn3-many", session.Text(Library + "\"${many}\""));
    }

    [Fact]
    public void Contexts_say_what_strings_refer_to()
    {
        using Session session = new(false, null, "ca-derivations");
        Assert.Equal("/nix/store/l6nz5r2pmmki9m3f8c466nxr71h5i9db-many.drv (deep)", session.Context(Library + "many.drvPath"));
        Assert.Equal("/nix/store/l6nz5r2pmmki9m3f8c466nxr71h5i9db-many.drv^dev", session.Context(Library + "many.dev.outPath"));
        Assert.Equal("/nix/store/n6xwgvf3in9q798i0c30yxjl5kc79h5m-floating.drv^out", session.Context(Library + "floating.outPath"));
        Assert.Equal("/18sxz2jdaj28wyliifb91jbpibnfg4zxd32jl4n00za3fv2yfp93", session.Text(Library + "floating.outPath"));
    }

    [Fact]
    public void Nothing_is_computed_before_a_path_is_needed()
    {
        using Session session = new();
        Assert.Equal("derivation", session.Text("(derivation { name = assert false; 1; }).type"));
        Assert.Equal("x", session.Text("(derivation { name = \"x\"; a = assert false; 1; }).name"));
    }

    [Fact]
    public void A_deep_reference_takes_the_whole_graph()
    {
        using Session session = new();
        string drv = session.Drv(Library + "d { name = \"deep\"; graph = top.drvPath; }");
        Assert.Contains("q9f66qxjyw6jbyzkpyfkg91gkkj0zac8-top.drv\",[\"out\"]", drv);
        Assert.Contains("l6nz5r2pmmki9m3f8c466nxr71h5i9db-many.drv\",[\"dev\",\"lib\",\"out\"]", drv);
        Assert.Contains("\"/nix/store/qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt\"", drv);
        Assert.Equal("/nix/store/dddfhkxdj4s3kipy8hxphz1a4vmnw3ax-deep.drv", session.Text(Library + "(d { name = \"deep\"; graph = top.drvPath; }).drvPath"));
    }

    [Theory]
    [InlineData("{ }", "attribute 'name' missing")]
    [InlineData("{ name = \"x\"; }", "required attribute 'builder' missing")]
    [InlineData("{ name = \"x\"; builder = \"b\"; }", "required attribute 'system' missing")]
    [InlineData("{ name = \"a b\"; }", "invalid derivation name: name 'a b' contains illegal character ' '. Please pass a different 'name'.")]
    [InlineData("{ name = \"\"; }", "invalid derivation name: name must not be empty. Please pass a different 'name'.")]
    [InlineData("{ name = \"x.drv\"; builder = \"b\"; system = \"s\"; }", "derivation names are allowed to end in '.drv' only if they produce a single derivation file")]
    [InlineData("{ name = \"x\"; outputs = [ ]; }", "derivation cannot have an empty set of outputs")]
    [InlineData("{ name = \"x\"; outputs = [ \"a\" \"a\" ]; }", "duplicate derivation output 'a'")]
    [InlineData("{ name = \"x\"; outputs = [ \"drvPath\" ]; }", "invalid derivation output name 'drvPath'")]
    [InlineData("{ name = \"x\"; outputHashMode = \"odd\"; }", "invalid value 'odd' for 'outputHashMode' attribute")]
    [InlineData("{ name = \"x\"; builder = \"b\"; system = \"s\"; outputs = [ \"a\" \"b\" ]; outputHash = \"\"; outputHashAlgo = \"sha256\"; }", "multiple outputs are not supported in fixed-output derivations")]
    [InlineData("{ name = \"x\"; builder = \"b\"; system = \"s\"; outputHash = \"abc\"; }", "hash 'abc' does not include a type, nor is the type otherwise known from context")]
    [InlineData("{ name = \"x\"; builder = \"b\"; system = \"s\"; outputHash = \"\"; }", "empty hash requires explicit hash algorithm")]
    [InlineData("{ name = \"x\"; __contentAddressed = true; }", "experimental Nix feature 'ca-derivations' is disabled; add '--extra-experimental-features ca-derivations' to enable it")]
    [InlineData("{ name = \"x\"; __impure = true; }", "experimental Nix feature 'impure-derivations' is disabled; add '--extra-experimental-features impure-derivations' to enable it")]
    [InlineData("{ name = \"x\"; __structuredAttrs = true; f = x: x; }", "cannot convert a function to JSON")]
    [InlineData("{ name = \"x\"; f = x: x; }", "cannot coerce a function to a string: «lambda f @ «string»:1:36»")]
    public void A_bad_attribute_is_refused(string attributes, string message)
    {
        using Session session = new();
        EvalError error = Assert.Throws<EvalError>(() => session.Evaluate($"derivationStrict {attributes}"));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Nulls_may_be_left_out()
    {
        using Session session = new();
        Assert.Contains("(\"a\",\"\")", session.Drv("derivation { name = \"x\"; builder = \"b\"; system = \"s\"; a = null; }"));
        string drv = session.Drv("derivation { name = \"x\"; builder = \"b\"; system = \"s\"; a = null; __ignoreNulls = true; }");
        Assert.DoesNotContain("(\"a\"", drv);
        Assert.DoesNotContain("ignoreNulls", drv);
    }

    [Fact]
    public void An_empty_hash_counts_as_zeroes()
    {
        using Session session = new();
        string drv = session.Drv("derivation { name = \"x\"; builder = \"b\"; system = \"s\"; outputHash = \"\"; outputHashAlgo = \"sha256\"; }");
        Assert.Contains(new string('0', 64), drv);
        Assert.Equal(["warning: found empty hash, assuming 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"], session.Io.Messages);
    }
}
