using System.Collections.Generic;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Xunit;

namespace Firn.Flakes.Tests;

/// <summary>References as users write them, and back. What is expected is what Nix 2.34 answers.</summary>
public sealed class FlakeReferenceTests
{
    private const string Rev = "a3a3dda3bacf61e8a39258a0ed9c924eeca8e293";

    private readonly List<string> _warnings = [];

    private InputSchemes Schemes => new(new HashSet<string> { "flakes" }, trustForges: true, _warnings.Add);

    [Theory]
    [InlineData("nixpkgs", """{"id":"nixpkgs","type":"indirect"}""")]
    [InlineData("nixpkgs/unstable/" + Rev, """{"id":"nixpkgs","ref":"unstable","rev":"a3a3dda3bacf61e8a39258a0ed9c924eeca8e293","type":"indirect"}""")]
    [InlineData("github:owner/repo/main?dir=a/b", """{"dir":"a/b","owner":"owner","ref":"main","repo":"repo","type":"github"}""")]
    [InlineData("gitlab:g/p/feature/x", """{"owner":"g","ref":"feature/x","repo":"p","type":"gitlab"}""")]
    [InlineData("sourcehut:~u/r/" + Rev, """{"owner":"~u","repo":"r","rev":"a3a3dda3bacf61e8a39258a0ed9c924eeca8e293","type":"sourcehut"}""")]
    [InlineData("/a/b?dir=c&lastModified=7", """{"dir":"c","lastModified":7,"path":"/a/b","type":"path"}""")]
    [InlineData("git+https://h/r?shallow=1&ref=v1&other=2", """{"ref":"v1","shallow":true,"type":"git","url":"https://h/r?other=2"}""")]
    [InlineData("git+file:/r", """{"type":"git","url":"file:/r"}""")]
    [InlineData("https://h/x", """{"type":"tarball","url":"https://h/x"}""")]
    [InlineData("file+https://h/x?revCount=3", """{"revCount":3,"type":"file","url":"https://h/x"}""")]
    [InlineData("tarball+https://h/x?q=a b", """{"type":"tarball","url":"https://h/x?q=a%20b"}""")]
    [InlineData("hg+https://h/r?ref=stable&z=1", """{"ref":"stable","type":"hg","url":"https://h/r?z=1"}""")]
    public void A_reference_is_taken_apart(string text, string json) =>
        Assert.Equal(json, FlakeReference.Parse(Schemes, text).ToAttributes().ToJson());

    [Theory]
    [InlineData("nixpkgs#x", "unexpected fragment 'x' in flake reference 'nixpkgs#x'")]
    [InlineData("./here", "flake reference './here' is not an absolute path")]
    [InlineData("github:a", "flake reference 'github:a' is not an absolute path")]
    [InlineData("path://host/a", "path URL 'path://host/a' should not have an authority ('host')")]
    [InlineData("/a?b=c", "path URL 'path:///a?b=c' has unsupported parameter 'b'")]
    [InlineData("file+git://h/a", "input 'file+git://h/a' is unsupported; did you mean 'git+file' instead of 'file+git'?")]
    public void What_is_none_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<FetchException>(() => FlakeReference.Parse(Schemes, text)).Message);

    [Fact]
    public void Kinds_need_their_feature()
    {
        InputSchemes none = new(new HashSet<string>(), trustForges: true, _warnings.Add);
        FetchException error = Assert.Throws<FetchException>(() => FlakeReference.Parse(none, "github:a/b"));
        Assert.Equal("experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it", error.Message);
    }

    [Fact]
    public void Parameters_without_a_value_are_told_about()
    {
        Assert.Equal("x/y+z", FlakeReference.Parse(Schemes, "github:a/b?ref=x%2fy+z&odd").Input.Ref);
        Assert.Equal(["dubious URI query 'odd' is missing equal sign '=', ignoring"], _warnings);
    }

    [Theory]
    [InlineData("github:owner/repo/main?dir=a/b")]
    [InlineData("flake:nixpkgs/unstable/" + Rev)]
    [InlineData("path:/a%20b?lastModified=12")]
    [InlineData("git+https://example.org/x?a=b&exportIgnore=1&lfs=1&ref=x&shallow=1&submodules=1")]
    [InlineData("git+ssh://git@github.com/a/b")]
    [InlineData("https://u:p@127.0.0.1:8080/a.tar?x=1")]
    [InlineData("http://[::1]:80/a.tar")]
    public void Text_and_attributes_are_the_same_thing(string text)
    {
        FlakeReference reference = FlakeReference.Parse(Schemes, text);
        Assert.Equal(text, reference.ToString());
        Assert.Equal(text, FlakeReference.FromAttributes(Schemes, reference.ToAttributes()).ToString());
    }
}
