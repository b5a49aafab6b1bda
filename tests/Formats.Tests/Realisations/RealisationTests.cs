using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Realisations.Tests;

public class RealisationTests
{
    private static readonly StorePath s_path = new("00000000000000000000000000000000-name");

    [Fact]
    public void JsonHasSortedMembersAndIsReadBack()
    {
        var realisation = new Realisation { Id = new DerivationOutputId(Hash.Sha256(""u8), "out"), OutPath = s_path };
        SecretKey key = SecretKey.Generate("test-1");
        Realisation signed = realisation.Sign(key);
        string head = "{\"dependentRealisations\":{},\"id\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855!out\",\"outPath\":\"00000000000000000000000000000000-name\"";
        Assert.Equal(head + "}", Encoding.UTF8.GetString(signed.Fingerprint()));
        Assert.Equal(head + ",\"signatures\":[\"" + signed.Signatures[0] + "\"]}", Encoding.UTF8.GetString(signed.ToJson()));
        Realisation back = Realisation.Parse(signed.ToJson());
        Assert.Equal((signed.Id, signed.OutPath, signed.Signatures[0]), (back.Id, back.OutPath, back.Signatures[0]));
        Assert.Equal(1, back.CountSignatures([key.PublicKey]));
        Assert.Equal(0, back.CountSignatures([SecretKey.Generate("test-1").PublicKey]));
        Assert.Equal(0, (back with { OutPath = new StorePath("00000000000000000000000000000000-other") }).CountSignatures([key.PublicKey]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"id\":\"out\",\"outPath\":\"00000000000000000000000000000000-name\"}")]
    [InlineData("{\"id\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855!out\",\"outPath\":\"/x\"}")]
    [InlineData("{\"id\":null,\"outPath\":\"00000000000000000000000000000000-name\"}")]
    [InlineData("{\"id\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855!out\"")]
    public void WhatIsNoneIsRefused(string json) =>
        Assert.ThrowsAny<FormatsException>(() => Realisation.Parse(Encoding.UTF8.GetBytes(json)));
}
