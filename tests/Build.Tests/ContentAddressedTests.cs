using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build.Events;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Derivations whose output paths are known only after they, or their inputs, are built.</summary>
public sealed class ContentAddressedTests
{
    private static readonly DerivationOutput s_floating = new DerivationOutput.Floating(ContentAddressMethod.NixArchive, HashAlgorithm.Sha256);
    private static readonly DerivationOutput s_impure = new DerivationOutput.Impure(ContentAddressMethod.NixArchive, HashAlgorithm.Sha256);
    private static readonly DerivationOutput s_text = new DerivationOutput.Floating(ContentAddressMethod.Text, HashAlgorithm.Sha256);

    private static Workshop Make(params string[] less) => new(s => s with
    {
        Features = new HashSet<string>(new[] { "ca-derivations", "impure-derivations", "dynamic-derivations" }.Except(less)),
    });

    private static string Placeholder(StorePath derivation, string output = "out") => Placeholders.Render(Placeholders.Downstream(derivation, output));

    private static int Builds(Workshop w) => w.Events.OfType<BuildEvent.Started>().Count();

    [Fact]
    public void An_output_is_named_by_its_contents_and_may_name_itself()
    {
        using Workshop w = Make();
        string script = "mkdir $out; echo $out > $out/self; ln -s $out/self $out/link";
        StorePath a = w.Script("a", script, output: s_floating), b = w.Script("a", script, [("x", "1")], output: s_floating);
        StorePath first = w.Build(a).Single().Outputs["out"];
        PathInfo info = w.Store.Find(first)!;
        Assert.Equal([first], info.References);
        Assert.Equal(w.Print(first) + "\n", w.Text(first, "self"));
        Assert.Equal(first, w.Dir.MakeFromContentAddress("a", info.ContentAddress!.Value, [], self: true));
        Assert.Equal(first, w.Build(b).Single().Outputs["out"]);
        Assert.Equal(2, Builds(w));
        Assert.Empty(w.Leftovers());
        Assert.False(w.Store.Verify(checkContents: true, null));
        w.Build(a, b);
        Assert.Equal(2, Builds(w));
    }

    [Fact]
    public void Outputs_that_name_each_other_are_corrected_in_order()
    {
        using Workshop w = Make();
        StorePath d = w.Script("m", "echo $lib $out > $out; echo $out $lib2 > $dev; echo lib > $lib; echo $lib > $lib2", outputs: ["out", "dev", "lib", "lib2"], output: s_floating);
        IReadOnlyDictionary<string, StorePath> made = w.Build(d).Single().Outputs;
        Assert.Equal($"{w.Print(made["lib"])} {w.Print(made["out"])}\n", w.Text(made["out"]));
        Assert.Equal($"{w.Print(made["out"])} {w.Print(made["lib2"])}\n", w.Text(made["dev"]));
        Assert.Equal(new[] { made["lib"], made["out"] }.Order(), w.Store.Find(made["out"])!.References);
        Assert.Equal(new[] { made["lib2"], made["out"] }.Order(), w.Store.Find(made["dev"])!.References);
        Assert.Equal(4, made.Values.Distinct().Count());
        StorePath circle = w.Script("c", "echo $b > $a; echo $a > $b", outputs: ["a", "b"], output: s_floating);
        Assert.StartsWith("cycle detected in build of", w.Fail(circle).Message);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void What_follows_is_not_built_again_where_the_inputs_came_out_the_same()
    {
        using Workshop w = Make();
        StorePath a = w.Script("a", "echo same > $out", output: s_floating), a2 = w.Script("a", "echo same > $out; : changed", output: s_floating);
        StorePath b = w.Script("b", "cat $a > $out; echo $a >> $out", [("a", Placeholder(a))], inputs: [(a, "out")]);
        StorePath b2 = w.Script("b", "cat $a > $out; echo $a >> $out", [("a", Placeholder(a2))], inputs: [(a2, "out")]);
        Assert.NotEqual(b, b2);
        StorePath made = w.Build(b).Single().Outputs["out"];
        Assert.Equal([w.Build(a).Single().Outputs["out"]], w.Store.Find(made)!.References);
        Assert.Null(w.Store.Find(made)!.ContentAddress);
        Assert.Equal(2, Builds(w));
        BuildResult again = w.Build(b2).Single();
        Assert.Equal(BuildStatus.ResolvesToAlreadyValid, again.Status);
        Assert.Equal(made, again.Outputs["out"]);
        Assert.Equal(3, Builds(w));
        StorePath resolved = w.Events.OfType<BuildEvent.Resolved>().Last(r => r.Derivation == b2).As;
        Assert.True(w.Store.IsValid(resolved));
        Assert.Empty(w.Read(resolved).InputDerivations);
    }

    [Fact]
    public void Realisations_are_kept_for_the_derivation_and_for_what_it_resolved_to()
    {
        using Workshop w = Make();
        StorePath a = w.Script("a", "echo a > $out", output: s_floating);
        StorePath b = w.Script("b", "cat $a > $out", [("a", Placeholder(a))], inputs: [(a, "out")], output: s_floating);
        StorePath made = w.Build(b).Single().Outputs["out"];
        DerivationHash Of(StorePath path, bool mask) => DerivationHash.Of(w.Read(path), w.Dir, mask, p => Of(p, false));
        StorePath resolved = w.Events.OfType<BuildEvent.Resolved>().Single().As;
        Assert.Equal(made, w.Store.FindRealisation(new DerivationOutputId(Of(b, true).Hash, "out"))!.OutPath);
        Assert.Equal(made, w.Store.FindRealisation(new DerivationOutputId(Of(resolved, true).Hash, "out"))!.OutPath);
        Assert.Equal(resolved, w.Store.Find(made)!.Deriver);
    }

    [Theory]
    [InlineData(ContentAddressMethod.Flat, HashAlgorithm.Sha1, "fixed:sha1:")]
    [InlineData(ContentAddressMethod.NixArchive, HashAlgorithm.Sha512, "fixed:r:sha512:")]
    [InlineData(ContentAddressMethod.Text, HashAlgorithm.Sha256, "text:sha256:")]
    public void Every_method_and_algorithm_has_its_path(ContentAddressMethod method, HashAlgorithm algorithm, string address)
    {
        using Workshop w = Make();
        StorePath made = w.Build(w.Script("x", "echo x > $out", output: new DerivationOutput.Floating(method, algorithm))).Single().Outputs["out"];
        Assert.StartsWith(address, w.Store.Find(made)!.ContentAddress.ToString());
        StorePath directory = w.Script("y", "mkdir $out", output: new DerivationOutput.Floating(method, algorithm));
        if (method != ContentAddressMethod.NixArchive)
        {
            Assert.Contains("should be a non-executable regular file", w.Fail(directory).Message);
        }
    }

    [Fact]
    public void An_impure_derivation_is_built_every_time_and_nothing_pure_may_need_it()
    {
        using Workshop w = Make();
        StorePath d = w.Script("now", "cat /proc/sys/kernel/random/uuid > $out", output: s_impure);
        StorePath user = w.Script("user", "cat $d > $out", [("d", Placeholder(d))], inputs: [(d, "out")], output: s_impure);
        StorePath one = w.Build(d).Single().Outputs["out"], two = w.Build(d).Single().Outputs["out"];
        Assert.NotEqual(one, two);
        StorePath three = w.Build(user).Single().Outputs["out"];
        Assert.NotEqual(w.Text(one), w.Text(three));
        StorePath pure = w.Script("pure", "cat $d > $out", [("d", Placeholder(d))], inputs: [(d, "out")]);
        Assert.Equal($"pure derivation '{w.Print(pure)}' depends on impure derivation '{w.Print(d)}'", w.Fail(pure).Message);
        StorePath known = w.Script("known", "cat $d > /dev/null; echo x > $out", [("d", Placeholder(d))], inputs: [(d, "out")],
            output: new DerivationOutput.Fixed(new ContentAddress(ContentAddressMethod.Flat, Hash.Sha256("x\n"u8))));
        Assert.Equal("x\n", w.Text(w.Build(known).Single().Outputs["out"]));
    }

    [Fact]
    public void A_derivation_can_be_the_output_of_another()
    {
        using Workshop w = Make();
        StorePath inner = w.Script("inner", "echo inside > $out");
        StorePath maker = w.Script("inner.drv", "cat $text > $out", [("text", w.Print(w.AddText("text", Encoding.UTF8.GetString(w.Store.ReadFile(inner)))))],
            sources: [w.AddText("text", Encoding.UTF8.GetString(w.Store.ReadFile(inner)))], output: s_text);
        BuildResult result = w.Builder.RealiseAll([new DerivedPath.BuiltOfBuilt(maker, ["out"], ["out"])]).Single();
        Assert.Equal(w.OutputOf(inner), result.Outputs["out"]);
        Assert.Equal("inside\n", w.Text(result.Outputs["out"]));

        Hash placeholder = Placeholders.Downstream(Placeholders.Downstream(maker, "out"), "out");
        Derivation user = w.Read(w.Script("user", "cat $d > $out", [("d", Placeholders.Render(placeholder))], output: s_floating));
        Derivation dynamic = new()
        {
            Name = user.Name,
            Outputs = user.Outputs,
            InputDerivations = [new InputDerivation(maker, new OutputSelection([], [("out", new OutputSelection(["out"]))]))],
            InputSources = user.InputSources,
            Platform = user.Platform,
            Builder = user.Builder,
            Arguments = user.Arguments,
            Environment = user.Environment,
        };
        StorePath path = w.Store.AddText("user.drv", DerivationWriter.ToBytes(dynamic, w.Dir), dynamic.References);
        Assert.Equal("inside\n", w.Text(w.Build(path).Single().Outputs["out"]));
    }

    [Fact]
    public void Each_kind_wants_its_feature()
    {
        using Workshop none = Make("ca-derivations", "impure-derivations");
        Assert.Contains("'ca-derivations' is disabled", none.Fail(none.Script("a", "echo > $out", output: s_floating)).Message);
        Assert.Contains("'impure-derivations' is disabled", none.Fail(none.Script("a", "echo > $out", output: s_impure)).Message);
    }

    [Fact]
    public void A_check_tells_when_the_contents_come_out_otherwise()
    {
        using Workshop w = Make();
        StorePath same = w.Script("same", "echo $out > $out", output: s_floating), other = w.Script("other", "cat /proc/sys/kernel/random/uuid > $out", output: s_floating);
        w.Build(same, other);
        StorePath made = w.Builder.RealiseAll([new DerivedPath.Built(same)], BuildMode.Check).Single().Outputs["out"];
        Assert.True(w.Store.IsValid(made));
        Assert.Contains("may not be deterministic", w.Fail(other, BuildMode.Check).Message);
        Assert.Empty(w.Leftovers());
    }
}
