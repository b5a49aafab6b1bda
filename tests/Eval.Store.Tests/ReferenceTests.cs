using System.Collections.Generic;
using System.IO;
using Firn.Eval.Errors;
using Firn.Eval.Store.Files;
using Xunit;

namespace Firn.Eval.Store.Tests;

/// <summary>What strings and values out of the store refer to.</summary>
public sealed class ReferenceTests
{
    private const string Derivation = "derivation { name = \"x\"; system = \"s\"; builder = \"b\"; outputs = [ \"out\" \"dev\" ]; }";

    [Fact]
    public void A_file_of_the_store_read_refers_to_what_occurs_in_it()
    {
        using Session session = new();
        string inner = session.Text("builtins.toFile \"inner\" \"y\"");
        Assert.Equal(inner, session.Context("builtins.readFile (builtins.toFile \"outer\" \"<${builtins.toFile \"inner\" \"y\"}>\")"));
        Assert.Equal("", session.Context("builtins.readFile (builtins.toFile \"plain\" \"z\")"));

        // A reference of the object that is not in this file is none of the string.
        Assert.Equal("", session.Context($"builtins.readFile {session.Write("f", inner)}"));
    }

    [Fact]
    public void A_store_derivation_is_imported_as_its_set()
    {
        using Session session = new();
        string imported = $"(import ({Derivation}).drvPath)";
        Assert.Equal("all dev drvPath name out outPath outputName type", session.Text($"toString (builtins.attrNames {imported})"));
        Assert.Equal(session.Text($"({Derivation}).dev.outPath"), session.Text($"{imported}.outPath"));
        Assert.Equal(session.Context($"({Derivation}).out.outPath"), session.Context($"{imported}.dev.out.outPath"));
        Assert.Equal(session.Context($"({Derivation}).drvPath"), session.Context($"{imported}.drvPath"));
        Assert.Equal("x", session.Text($"(scopedImport {{ }} ({Derivation}).drvPath).name"));
    }

    [Fact]
    public void The_search_path_may_be_an_archive()
    {
        using Session session = new();
        session.Write("tree/top/f", "hi");
        string archive = session.Root + "/a.tar";
        System.Formats.Tar.TarFile.CreateFromDirectory(session.Root + "/tree", archive, false);
        Assert.Equal("hi", session.Text($"builtins.readFile (builtins.findFile [ {{ prefix = \"p\"; path = \"file://{archive}\"; }} ] \"p/f\")"));
        EvalError error = Assert.Throws<EvalError>(() => session.Evaluate("builtins.findFile [ { prefix = \"p\"; path = \"file:///none.tar\"; } ] \"p/f\""));
        Assert.Equal("file 'p/f' was not found in the Nix search path (add it using $NIX_PATH or -I)", error.Message);
        Assert.Equal(
            ["warning: Nix search path entry 'file:///none.tar' cannot be downloaded, ignoring", "warning: Nix search path entry 'file:///none.tar' does not exist, ignoring"],
            session.Io.Messages);
    }

    [Theory]
    [InlineData("channel:nixos-23.11", "https://channels.nixos.org/nixos-23.11/nixexprs.tar.xz")]
    [InlineData("https://x/y", "https://x/y")]
    public void Channels_are_short_for_urls(string text, string url) => Assert.Equal(url, PseudoUrl.Resolve(text));

    [Theory]
    [InlineData("builtins.storePath \"/nix/store/00000000000000000000000000000000-none\"")]
    [InlineData("builtins.appendContext \"\" { \"/nix/store/00000000000000000000000000000000-none\" = { path = true; }; }")]
    public void What_is_referred_to_has_to_be_there(string expression)
    {
        using Session session = new();
        Assert.Equal(
            "path '/nix/store/00000000000000000000000000000000-none' is required, but there is no substituter that can build it",
            Assert.Throws<EvalError>(() => session.Evaluate(expression)).Message);
    }

    [Theory]
    [InlineData("{ }", "attribute 'fromPath' is missing in call to 'fetchClosure'")]
    [InlineData("{ fromPath = \"/nix/store/00000000000000000000000000000000-x\"; }", "attribute 'fromStore' is missing in call to 'fetchClosure'")]
    [InlineData("{ fromPath = \"/tmp\"; fromStore = \"http://x\"; }", "path '/tmp' is not in the Nix store")]
    [InlineData("{ fromPath = \"/nix/store/00000000000000000000000000000000-x\"; fromStore = \"ssh://x\"; }", "'fetchClosure' only supports http:// and https:// stores")]
    [InlineData("{ fromPath = \"/nix/store/00000000000000000000000000000000-x\"; fromStore = \"http://x?a=b\"; }", "'fetchClosure' does not support URL query parameters (in 'http://x?a=b')")]
    [InlineData("{ fromPath = \"/nix/store/00000000000000000000000000000000-x\"; inputAddressed = true; toPath = \"\"; }", "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them")]
    public void Arguments_of_fetchClosure_are_checked(string arguments, string message)
    {
        using Session session = new("fetch-closure");
        Assert.Equal(message, Assert.Throws<EvalError>(() => session.Evaluate($"builtins.fetchClosure {arguments}")).Message);
    }

    [Fact]
    public void A_restricted_evaluation_lists_no_folder_but_the_allowed()
    {
        AccessPolicy access = new(pure: false, []);
        using Session session = new(access);
        Assert.Equal(
            "access to absolute path '/' is forbidden in restricted mode",
            Assert.Throws<EvalError>(() => session.Evaluate("builtins.readDir /.")).Message);
        string allowed = Path.GetDirectoryName(session.Write("some/where/f", "x"))!;
        session.Write("some/hidden", "x");
        access.Allow(allowed);
        Assert.Equal("where", session.Text($"toString (builtins.attrNames (builtins.readDir {session.Root}/some))"));
        Assert.Equal("f", session.Text($"toString (builtins.attrNames (builtins.readDir {allowed}))"));
        Assert.Equal("lambda", session.Text("builtins.typeOf (import <nix/fetchurl.nix>)"));
    }
}
