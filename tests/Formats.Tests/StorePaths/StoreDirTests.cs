using System;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.StorePaths;

public sealed class StoreDirTests
{
    private static readonly StoreDir s_dir = StoreDir.Default;

    // SHA-256 of the NAR of a file with the contents "firn".
    private static readonly Hash s_nar = Hash.ParsePrefixed("sha256:eaff00051b3cdbf91fef060292c2e5cf5a82890c70c045b678599779d5028b05");

    [Fact]
    public void Added_files_have_the_known_paths()
    {
        Assert.Equal("s0i45qhrfp331jgmgcj4y06i5wn22yas-fmt-x", s_dir.MakeFromContentAddress("fmt-x", new(ContentAddressMethod.NixArchive, s_nar)).BaseName);
        Assert.Equal("c479jm1z0hsvjmm2r6599q915ljlq0jq-fmt-x", s_dir.MakeFromContentAddress("fmt-x", new(ContentAddressMethod.Flat, Hash.Of(HashAlgorithm.Sha1, "firn"u8))).BaseName);
        Assert.Equal("vcfzmifr5w54kcnn588mf250igpfaqbf-fmt-x", s_dir.MakeFromContentAddress("fmt-x", new(ContentAddressMethod.Flat, Hash.Sha256("firn"u8))).BaseName);
    }

    [Fact]
    public void Texts_have_the_known_paths()
    {
        StorePath first = s_dir.MakeText("a.txt", Hash.Sha256("firn"u8), []);
        Assert.Equal("qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt", first.BaseName);
        byte[] text = [.. "see "u8, .. System.Text.Encoding.ASCII.GetBytes(s_dir.Print(first))];
        Assert.Equal("71h8kdnwl54p3a67kllxlhbmxlssjxsp-b.txt", s_dir.MakeText("b.txt", Hash.Sha256(text), [first]).BaseName);
    }

    [Theory]
    [InlineData(".-x", "path '{0}-.-x' is not a valid store path: name '.-x' is not valid: first dash-separated component must not be '.'")]
    [InlineData("..-x", "path '{0}-..-x' is not a valid store path: name '..-x' is not valid: first dash-separated component must not be '..'")]
    [InlineData("..", "path '{0}-..' is not a valid store path: name '..' is not valid")]
    [InlineData("", "path '{0}-' is not a valid store path: name must not be empty")]
    [InlineData("a b", "path '{0}-a b' is not a valid store path: name 'a b' contains illegal character ' '")]
    public void A_bad_name_is_refused(string name, string message)
    {
        string digits = new('0', 32);
        string expected = message.Replace("{0}", digits, StringComparison.Ordinal);
        Assert.Equal(expected, Assert.Throws<BadStorePathException>(() => new StorePath(new byte[20], name)).Message);
        if (name.Length > 0)
        {
            Assert.Equal(expected, Assert.Throws<BadStorePathException>(() => s_dir.Parse($"/nix/store/{digits}-{name}")).Message);
        }
    }

    [Fact]
    public void Names_may_be_211_characters_long()
    {
        Assert.Null(StorePathName.Fault(new string('a', 211)));
        Assert.NotNull(StorePathName.Fault(new string('a', 212)));
        Assert.Null(StorePathName.Fault("..x"));
        Assert.Null(StorePathName.Fault(".x-+?=_"));
    }

    [Theory]
    [InlineData("/tmp", "path \"/tmp\" is not in the Nix store")]
    [InlineData("/nix/store", "path \"/nix/store\" is not in the Nix store")]
    [InlineData("/nix/store/x", "'x' is too short to be a valid store path")]
    [InlineData("/nix/store/e0000000000000000000000000000000-x", "store path 'e0000000000000000000000000000000-x' contains illegal base-32 character 'e'")]
    [InlineData("/nix/store/00000000000000000000000000000000-x/y", "path \"/nix/store/00000000000000000000000000000000-x/y\" is not in the Nix store")]
    public void What_is_no_store_path_is_refused(string path, string message)
    {
        Assert.Equal(message, Assert.Throws<BadStorePathException>(() => s_dir.Parse(path)).Message);
        Assert.False(s_dir.TryParse(path, out _));
    }

    [Fact]
    public void Paths_are_made_canonical_first()
    {
        StorePath path = s_dir.Parse("//nix/./store/../store/00000000000000000000000000000000-x/");
        Assert.Equal("00000000000000000000000000000000-x", path.BaseName);
        Assert.Equal((path, "/y/z"), s_dir.Split("/nix/store/00000000000000000000000000000000-x/y//z"));
        Assert.Equal((path, ""), s_dir.Split("/nix/store/00000000000000000000000000000000-x/"));
        Assert.Equal("/", StoreDir.Canonical("/../."));
    }

    [Theory]
    [InlineData("fixed:r:sha256:1qk881m7grkalffaicwwvlji5d6ms88la98nhzf573h3xl8h7bwz", ContentAddressMethod.NixArchive)]
    [InlineData("fixed:sha1:9zfcbnnky6y3ijhz7c2h4bmm1qrgzr2f", ContentAddressMethod.Flat)]
    [InlineData("text:sha256:1qk881m7grkalffaicwwvlji5d6ms88la98nhzf573h3xl8h7bwz", ContentAddressMethod.Text)]
    [InlineData("fixed:git:sha1:9zfcbnnky6y3ijhz7c2h4bmm1qrgzr2f", ContentAddressMethod.Git)]
    public void Content_addresses_read_back(string text, ContentAddressMethod method)
    {
        ContentAddress address = ContentAddress.Parse(text);
        Assert.Equal(method, address.Method);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("abc", "not a content address because it is not in the form '<prefix>:<rest>': abc")]
    [InlineData("other:sha1:9zfcbnnky6y3ijhz7c2h4bmm1qrgzr2f", "content address prefix 'other' is unrecognized. Recogonized prefixes are 'text' or 'fixed'")]
    [InlineData("fixed:text:sha1:x", "unknown hash algorithm 'text', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")]
    [InlineData("fixed:r:sha1", "content address hash must be in form '<algo>:<hash>', but found: fixed:r:sha1")]
    public void A_bad_content_address_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<FormatsException>(() => ContentAddress.Parse(text)).Message);
}
