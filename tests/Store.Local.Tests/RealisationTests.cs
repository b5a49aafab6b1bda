using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Store.Local.Tests;

public class RealisationTests
{
    private const string Expression = """
        derivation { name = "ca"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo contents > $out" ];
          __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; }
        """;

    private static readonly string[] s_features = ["--option", "experimental-features", "nix-command ca-derivations"];

    private static TempStore Make() => new(options => options with { ContentAddressedDerivations = true });

    private static DerivationOutputId Id(TempStore temp, StorePath derivation)
    {
        Derivation parsed = DerivationReader.Parse(temp.Store.ReadFile(derivation), derivation.DerivationName, temp.Store.StoreDir);
        DerivationHash hash = DerivationHash.Of(parsed, temp.Store.StoreDir, maskOutputs: true, _ => throw new InvalidOperationException("it has no inputs"));
        return new DerivationOutputId(hash.Hash, "out");
    }

    [Fact]
    public void TheReferenceKnowsWhatWeRegister()
    {
        using TempStore temp = Make();
        TempStore.Outcome made = temp.Reference("nix-instantiate", [.. s_features, "--expr", Expression]);
        Assert.True(made.Exit == 0, made.Error);
        StorePath derivation = temp.Store.AllValid().Single(path => path.IsDerivation);
        StorePath output = temp.AddText("output", "contents");
        DerivationOutputId id = Id(temp, derivation);
        temp.Store.RegisterRealisation(new Realisation { Id = id, OutPath = output, Signatures = ["key-1:" + Convert.ToBase64String(new byte[64])] });
        temp.Reopen();
        TempStore.Outcome told = temp.Reference("nix", [.. s_features, "realisation", "info", "--json", "--impure", "--expr", Expression]);
        Assert.True(told.Exit == 0, told.Error);
        JsonElement found = Assert.Single(JsonDocument.Parse(told.Out).RootElement.EnumerateArray());
        Assert.Equal(id.ToString(), found.GetProperty("id").GetString());
        Assert.Equal(output.BaseName, found.GetProperty("outPath").GetString());
        Assert.Equal("key-1", found.GetProperty("signatures")[0].GetString()!.Split(':')[0]);
        Assert.Equal(temp.Store.FindRealisation(id)!.OutPath, Realisation.Parse(Encoding.UTF8.GetBytes(found.GetRawText())).OutPath);
    }

    [Fact]
    public void RealisationsGoWithTheirPath()
    {
        using TempStore temp = Make();
        StorePath output = temp.AddText("output", "contents");
        var id = new DerivationOutputId(Hash.Sha256("drv"u8), "out");
        temp.Store.RegisterRealisation(new Realisation { Id = id, OutPath = output });
        temp.Reopen();
        Assert.Equal(output, temp.Store.FindRealisation(id)!.OutPath);
        temp.Store.Collect(new CollectorRequest(), new CollectorResult());
        Assert.Null(temp.Store.FindRealisation(id));
        temp.AssertSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatAFloatingDerivationMadeCountsAsItsOutput(bool keepOutputs)
    {
        using var temp = new TempStore(options => options with { ContentAddressedDerivations = true, KeepOutputs = keepOutputs });
        TempStore.Outcome made = temp.Reference("nix-instantiate", [.. s_features, "--expr", Expression]);
        Assert.True(made.Exit == 0, made.Error);
        StorePath derivation = temp.Store.AllValid().Single(path => path.IsDerivation);
        Assert.Empty(temp.Store.DerivationOutputs(derivation));
        StorePath output = temp.AddText("output", "contents");
        temp.Store.RegisterRealisation(new Realisation { Id = Id(temp, derivation), OutPath = output });
        Assert.Equal([new DerivationOutputPath("out", output)], temp.Store.DerivationOutputs(derivation));
        Assert.Contains(output, temp.Store.Closure([derivation], includeOutputs: true, includeDerivers: false));
        temp.Store.AddPermanentRoot(derivation, temp.Scratch("root"));
        temp.Reopen();
        temp.Store.Collect(new CollectorRequest(), new CollectorResult());
        Assert.True(temp.Store.IsValid(derivation));
        Assert.Equal(keepOutputs, temp.Store.IsValid(output));
    }

    [Fact]
    public void WithoutTheFeatureNothingIsKnown()
    {
        using var temp = new TempStore();
        StorePath output = temp.AddText("output", "contents");
        var realisation = new Realisation { Id = new DerivationOutputId(Hash.Sha256("drv"u8), "out"), OutPath = output };
        Assert.Null(temp.Store.FindRealisation(realisation.Id));
        StoreException e = Assert.Throws<StoreException>(() => temp.Store.RegisterRealisation(realisation));
        Assert.Contains("'ca-derivations' is disabled", e.Message);
    }
}
