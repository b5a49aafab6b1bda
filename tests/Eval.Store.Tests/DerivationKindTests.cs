using System;
using Firn.Eval.Errors;
using Xunit;

namespace Firn.Eval.Store.Tests;

/// <summary>Derivations of every kind. The paths, and so the bytes, are those of Nix 2.34.</summary>
public sealed class DerivationKindTests
{
    private static readonly string[] s_features = ["ca-derivations", "impure-derivations", "dynamic-derivations", "git-hashing"];

    [Theory]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __contentAddressed = true;""", "/nix/store/vxizaq22xpk65ck76h1z398ysqcn6l7l-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __contentAddressed = true; outputHashMode = "flat"; outputHashAlgo = "sha512";""", "/nix/store/v26bpaqy9s76pyy8a1yajg85ydvy98wk-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __contentAddressed = true; outputHashMode = "git"; outputHashAlgo = "sha1";""", "/nix/store/1g3wlfz14iy44nnynmgj8xzn8xlpp1p1-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __impure = true; outputs = [ "out" "a" ];""", "/nix/store/1fnsmjyg9kmpxxyp7jf78kmds9rzc40j-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = derivation { name = "q"; system = "s"; builder = "b"; __contentAddressed = true; outputs = [ "out" "lib" ]; };""", "/nix/store/m3hqyjpwmals77mhdzp8j44lbahxqvsx-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = derivation { name = "q"; system = "s"; builder = "b"; __impure = true; };""", "/nix/store/vbdvvyc865jxn6dxv6lh1l4rbrfxqr1v-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; x = derivation { name = "q"; system = "s"; builder = "b"; __impure = true; };""", "/nix/store/a7w07zizwkalhx8c5108cda4ldr3rplq-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = (derivation { name = "q"; system = "s"; builder = "b"; __contentAddressed = true; outputs = [ "out" "lib" ]; }).lib; outputs = [ "out" "dev" ];""", "/nix/store/yxl2h0qfrig5mdrr9kgl6bk8brws1585-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = builtins.outputOf (derivation { name = "q.drv"; system = "s"; builder = "b"; outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true; }).outPath "out";""", "/nix/store/lkbvyaqww5mrbb9cxxx87s9g12wd6scn-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = builtins.outputOf (builtins.outputOf (derivation { name = "q.drv"; system = "s"; builder = "b"; outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true; }).outPath "out") "foo"; y = builtins.outputOf (derivation { name = "q.drv"; system = "s"; builder = "b"; outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true; }).outPath "lib";""", "/nix/store/9qsrvp040ms77ypqff30xslj403axp6q-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; outputHashMode = "text";""", "/nix/store/hprm4drifc0cc385chyjzqc9xa2kjv00-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; outputHashMode = "nar"; outputHashAlgo = null;""", "/nix/store/cx9djpj0c9ryxilssyznlca5m1kkqki6-x.drv")]
    [InlineData("""name = "x.drv"; system = "s"; builder = "b"; outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true;""", "/nix/store/1cipx59q1fbhpj13gknn9a7m6z7vf8k3-x.drv.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __structuredAttrs = true; __contentAddressed = true; a = { z = 1; b = [ null 1.5 "q" ]; };""", "/nix/store/2i077cb18370bbdx4zkh05911869vvrd-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __ignoreNulls = true; args = null; a = null; c = [ null 1 ];""", "/nix/store/xwf9v4y7qa763pwgw0vdw5qjvrqf1n6n-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; x = (derivation { name = "q"; system = "s"; builder = "b"; outputs = [ "dev" "out" ]; }).drvPath;""", "/nix/store/989agkgbacnz5dnr62flyi5ds9jixhb8-x.drv")]
    [InlineData("""name = "x"; system = "s"; builder = "b"; __json = "{ \"b\" : 1.50, \"a\": \"\\u00e9\", \"n\": { \"z\": 18446744073709551615, \"y\": [ 1, 2 ] }}";""", "/nix/store/rvr93bmhbdvp96rxbp74w0b2pnbz7g5y-x.drv")]
    public void Each_kind_has_its_bytes(string attributes, string path)
    {
        using Session session = new(s_features);
        Assert.Equal(path, session.Text($"(derivation {{ {attributes} }}).drvPath"));
    }

    [Theory]
    [InlineData("__contentAddressed = true; __impure = true;", "derivation cannot be both content-addressed and impure")]
    [InlineData("outputs = [ \"a\" \"a\" ];", "duplicate derivation output 'a'")]
    [InlineData("outputs = [ \"drvPath\" ];", "invalid derivation output name 'drvPath'")]
    [InlineData("outputs = [ \"a b\" ];", "attribute '\"a b\"' missing")]
    [InlineData("outputHashMode = \"bogus\";", "invalid value 'bogus' for 'outputHashMode' attribute")]
    [InlineData("outputHash = \"\";", "empty hash requires explicit hash algorithm")]
    public void Attributes_that_do_not_fit_are_refused(string attributes, string message)
    {
        using Session session = new(s_features);
        EvalError error = Assert.Throws<EvalError>(() => session.Text($"(derivation {{ name = \"x\"; system = \"s\"; builder = \"b\"; {attributes} }}).outPath"));
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData("__contentAddressed = true;", "ca-derivations")]
    [InlineData("__impure = true;", "impure-derivations")]
    [InlineData("outputHashMode = \"git\";", "git-hashing")]
    public void Kinds_need_their_features(string attributes, string feature)
    {
        using Session session = new();
        EvalError error = Assert.Throws<EvalError>(() => session.Text($"(derivation {{ name = \"x\"; system = \"s\"; builder = \"b\"; {attributes} }}).drvPath"));
        Assert.Equal($"experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it", error.Message);
    }
}
