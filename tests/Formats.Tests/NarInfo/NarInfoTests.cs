using System;
using System.Text;
using Firn.Formats.NarInfo;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.NarInfo;

public sealed class NarInfoTests
{
    private const string Text = """
        StorePath: /nix/store/3kw3is46j44qcbdjpn0pzyaf3wp3gyig-nt
        URL: nar/0ni42i1fnqf0wfng3fx0igni7qydmafk2pk7ygcpg0f5s6q8w3v1.nar
        Compression: none
        FileHash: sha256:0ni42i1fnqf0wfng3fx0igni7qydmafk2pk7ygcpg0f5s6q8w3v1
        FileSize: 1048
        NarHash: sha256:0ni42i1fnqf0wfng3fx0igni7qydmafk2pk7ygcpg0f5s6q8w3v1
        NarSize: 1048
        References: 
        Sig: test-1:FdGU+NoV3OIcVyBWbt4H/nb7tLYQZPJwmEoNivtuCYfnds+xw8aaFGk8Q40T0MhiKnzCx21YD79CiTopSARMBQ==
        CA: fixed:r:sha256:0ni42i1fnqf0wfng3fx0igni7qydmafk2pk7ygcpg0f5s6q8w3v1

        """;

    // Made for this test.
    private const string Secret = "test-1:GlCyCeUTcIYY+IQQhVNqlWfuAu0TLrRdPg49Y382oxLL9fFGuasCmawrU/3KSU5knEGgC3GYfIM7A17CdxY1ag==";
    private const string Public = "test-1:y/XxRrmrApmsK1P9yklOZJxBoAtxmHyDOwNewncWNWo=";

    private static NarInfoFile Parse(string text) => NarInfoFile.Parse(text, "x.narinfo", StoreDir.Default);

    [Fact]
    public void A_file_reads_and_prints_back() => Assert.Equal(Text, Parse(Text).ToText(StoreDir.Default));

    [Fact]
    public void Signatures_are_checked_and_made()
    {
        NarInfoFile info = Parse(Text);
        byte[] fingerprint = info.ToFingerprint(StoreDir.Default);
        SecretKey secret = SecretKey.Parse(Secret + "\n");
        PublicKey key = PublicKey.Parse(Public);
        Assert.Equal(Public, secret.PublicKey.ToString());
        Assert.Equal(info.Signatures[0], secret.Sign(fingerprint));
        Assert.True(key.Verify(fingerprint, info.Signatures[0]));
        Assert.False(key.Verify((info with { NarSize = 1049 }).ToFingerprint(StoreDir.Default), info.Signatures[0]));
        Assert.False(key.Verify(fingerprint, info.Signatures[0] with { KeyName = "test-2" }));
        Assert.False(key.Verify(fingerprint, new Signature("test-1", "AAAA")));
    }

    [Fact]
    public void A_new_key_signs_what_it_verifies()
    {
        SecretKey key = SecretKey.Parse(SecretKey.Generate("k").ToSecretText());
        Assert.True(key.PublicKey.Verify("abc"u8, key.Sign("abc"u8)));
        Assert.False(key.PublicKey.Verify("abd"u8, key.Sign("abc"u8)));
    }

    [Fact]
    public void The_fingerprint_names_the_references()
    {
        StorePath path = new("3kw3is46j44qcbdjpn0pzyaf3wp3gyig-nt"), other = new("00000000000000000000000000000000-a");
        Assert.Equal(
            "1;/nix/store/3kw3is46j44qcbdjpn0pzyaf3wp3gyig-nt;sha256:0ni42i1fnqf0wfng3fx0igni7qydmafk2pk7ygcpg0f5s6q8w3v1;1048;/nix/store/00000000000000000000000000000000-a,/nix/store/3kw3is46j44qcbdjpn0pzyaf3wp3gyig-nt",
            Encoding.UTF8.GetString((Parse(Text) with { References = [other, path] }).ToFingerprint(StoreDir.Default)));
    }

    [Theory]
    [InlineData("x", "expecting ':' at line 1")]
    [InlineData("URL: a\nx: y", "expecting '\\n' at line 2")]
    [InlineData("URL: a\n", "StorePath missing")]
    [InlineData("NarHash: sha256:x\n", "bad hash at line 1")]
    [InlineData("NarSize: -1\n", "invalid NarSize at line 1")]
    [InlineData("FileSize: x\n", "invalid FileSize at line 1")]
    [InlineData("StorePath: /nix/store/3kw3is46j44qcbdjpn0pzyaf3wp3gyig-nt\n", "NarHash missing")]
    public void A_bad_file_is_refused(string text, string reason) =>
        Assert.Equal("NAR info file 'x.narinfo' is corrupt: " + reason, Assert.Throws<FormatsException>(() => Parse(text)).Message);

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("a:")]
    [InlineData("a:!")]
    [InlineData(":AAAA")]
    public void Bad_keys_and_signatures_are_refused(string text)
    {
        Assert.Equal("key is corrupt", Assert.Throws<FormatsException>(() => PublicKey.Parse(text)).Message);
        Assert.Equal("signature is corrupt", Assert.Throws<FormatsException>(() => Signature.Parse(text)).Message);
        Assert.Equal("secret key is not valid", Assert.Throws<FormatsException>(() => SecretKey.Parse("a:AAAA")).Message);
    }

    [Fact]
    public void Damaged_files_never_do_worse_than_being_refused()
    {
        Random random = new(9);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Text.ToCharArray();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                text[random.Next(text.Length)] = ":\n /a0=\0"[random.Next(8)];
            }

            try
            {
                string printed = Parse(new string(text, 0, random.Next(4) == 0 ? random.Next(text.Length) : text.Length)).ToText(StoreDir.Default);
                Assert.Equal(printed, Parse(printed).ToText(StoreDir.Default));
            }
            catch (FormatsException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 3000);
    }
}
