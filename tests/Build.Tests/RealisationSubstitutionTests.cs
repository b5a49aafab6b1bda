using System;
using System.Collections.Generic;
using System.Linq;
using Firn.Build.Events;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Realisations;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Outputs whose paths other stores have to tell.</summary>
public sealed class RealisationSubstitutionTests
{
    private static readonly DerivationOutput s_floating = new DerivationOutput.Floating(ContentAddressMethod.NixArchive, HashAlgorithm.Sha256);

    private static Workshop Make(params PublicKey[] keys) => new(
        s => s with { Features = new HashSet<string>(["ca-derivations", "dynamic-derivations"]) },
        store: o => o with { RequireSignatures = keys.Length > 0, TrustedKeys = () => keys });

    /// <summary>A derivation that refers to another; both have outputs named by their contents.</summary>
    private static (StorePath Input, StorePath Top) Scripts(Workshop w)
    {
        StorePath input = w.Script("input", "echo input > $out", output: s_floating);
        return (input, w.Script("top", "echo $x > $out", [("x", Placeholders.Render(Placeholders.Downstream(input, "out")))], inputs: [(input, "out")], output: s_floating));
    }

    private static int Builds(Workshop w) => w.Events.OfType<BuildEvent.Started>().Count();

    private static Realisation Realised(Workshop w, StorePath derivation) =>
        new RealisedOutputs(BuildStore.Of(w.Store), contentAddressed: true).Find(derivation, "out")!;

    [Fact]
    public void An_output_comes_from_the_store_that_knows_what_it_became()
    {
        using Workshop from = Make(), to = Make();
        (_, StorePath top) = Scripts(from);
        StorePath made = from.Build(top).Single().Outputs["out"];
        Scripts(to);
        to.Substituters.Add(new StoreSubstituter(from.Store));
        Assert.Equal(from.Store.Closure([made]).OrderBy(p => p.Name), to.Builder.FindMissing([new DerivedPath.Built(top)]).WillSubstitute);
        BuildResult result = to.Build(top).Single();
        Assert.Equal((BuildStatus.Substituted, made), (result.Status, result.Outputs["out"]));
        Assert.Equal(0, Builds(to));
        Assert.Equal(made, Realised(to, top).OutPath);
        Assert.Equal(BuildStatus.AlreadyValid, to.Build(top).Single().Status);
    }

    [Fact]
    public void Another_way_to_the_same_inputs_finds_the_output_of_the_resolved_derivation()
    {
        using Workshop from = Make(), to = Make();
        (_, StorePath top) = Scripts(from);
        from.Build(top);
        StorePath input = to.Script("input", ": otherwise; echo input > $out", output: s_floating);
        StorePath other = to.Script("top", "echo $x > $out", [("x", Placeholders.Render(Placeholders.Downstream(input, "out")))], inputs: [(input, "out")], output: s_floating);
        to.Substituters.Add(new StoreSubstituter(from.Store));
        Assert.Equal(Realised(from, top).OutPath, to.Build(other).Single().Outputs["out"]);
        Assert.Equal(["input"], to.Events.OfType<BuildEvent.Started>().Select(s => to.Read(s.Derivation).Name));
    }

    [Fact]
    public void A_realisation_is_believed_only_with_a_signature_of_a_trusted_key()
    {
        SecretKey key = SecretKey.Generate("test-1"), foreign = SecretKey.Generate("other-1");
        using Workshop from = Make(), to = Make(key.PublicKey);
        (_, StorePath top) = Scripts(from);
        StorePath evil = from.AddText("top", "something else");
        from.Build(top);
        StorePath made = Realised(from, top).OutPath;
        Scripts(to);
        Realisation forged = Realised(from, top) with { OutPath = evil };
        Telling source = new(from.Store) { Realisation = forged.Sign(foreign) };
        to.Substituters.Add(source);
        Assert.Equal(made, to.Build(top).Single().Outputs["out"]);
        Assert.Equal(2, Builds(to));
        Assert.Contains(to.Events.OfType<BuildEvent.Warning>(), w => w.Message.StartsWith("ignoring realisation of '", StringComparison.Ordinal));

        using Workshop again = Make(key.PublicKey);
        Scripts(again);
        source.Realisation = Realised(from, top).Sign(key);
        again.Substituters.Add(source);
        Assert.Equal(made, again.Build(top).Single().Outputs["out"]);
        Assert.Equal(source.Realisation.Signatures, Realised(again, top).Signatures);
    }

    [Fact]
    public void A_store_that_cannot_be_asked_fails_the_output_unless_it_may_be_built()
    {
        using Workshop to = Make();
        (_, StorePath top) = Scripts(to);
        to.Substituters.Add(new Telling(to.Store) { Failure = "it burns" });
        Assert.StartsWith("some substitutes for the outputs of derivation", to.Fail(top).Message);
        using Workshop other = new(s => s with { Features = new HashSet<string>(["ca-derivations"]), Fallback = true });
        Scripts(other);
        other.Substituters.Add(new Telling(other.Store) { Failure = "it burns" });
        Assert.Equal(BuildStatus.Built, other.Build(top).Single().Status);
    }

    [Fact]
    public void Derivations_may_be_kept_in_another_store_than_what_they_build()
    {
        using Workshop plans = Make(), to = Make();
        StorePath source = plans.AddText("source", "text");
        StorePath d = plans.Script("d", "cat $src > $out", [("src", plans.Print(source))], sources: [source]);
        List<StorePath> brought = [];
        Builder builder = new(
            BuildStore.Of(to.Store) with
            {
                Plans = new PlanStore(plans.Store, plans.Store, paths =>
                {
                    brought.AddRange(paths);
                    Firn.Store.Transfer.PathCopier.CopyClosure(plans.Store, to.Store, paths, new Firn.Store.Transfer.CopyOptions());
                }),
            },
            to.Settings, null!, () => System.IO.Path.Combine(AppContext.BaseDirectory, "firn-launcher"), _ => null, to);
        Assert.Equal([d], builder.FindMissing([new DerivedPath.Built(d)]).WillBuild);
        StorePath made = builder.RealiseAll([new DerivedPath.Built(d)]).Single().Outputs["out"];
        Assert.Equal("text", to.Text(made));
        Assert.False(to.Store.IsValid(d));
        Assert.Contains(source, brought);
        Assert.Equal(d, to.Store.Get(made).Deriver);
    }

    [Fact]
    public void Where_nothing_can_be_built_what_is_there_is_enough()
    {
        using Workshop from = Make();
        (StorePath input, StorePath top) = Scripts(from);
        from.Build(top);
        MemoryStore memory = new(from.Dir);
        StorePath unbuilt = from.Script("unbuilt", "echo > $out", output: s_floating);
        Firn.Store.Transfer.PathCopier.CopyClosure(from.Store, memory, [top, unbuilt, Realised(from, top).OutPath], new Firn.Store.Transfer.CopyOptions());
        memory.RegisterRealisation(Realised(from, top));
        Builder builder = new(BuildStore.OfPaths(memory), from.Settings, null!, () => "", _ => null, from);
        Assert.Equal(Realised(from, top).OutPath, builder.RealiseAll([new DerivedPath.Built(top)]).Single().Outputs["out"]);
        Assert.StartsWith("Unable to build with a primary store that isn't a local store",
            Assert.Throws<BuildException>(() => builder.RealiseAll([new DerivedPath.Built(unbuilt)])).Message);
    }

    /// <summary>Says what a test tells it to.</summary>
    private sealed class Telling(Firn.Store.Local.LocalStore store) : ISubstituter, IRealisationSource
    {
        private readonly StoreSubstituter _honest = new(store);

        public Realisation? Realisation { get; set; }

        public string? Failure { get; init; }

        public string Url => "test://cache";

        public StoreDir StoreDir => store.StoreDir;

        public int Priority => 0;

        public bool TakenWithoutSignature => false;

        public bool WantsMassQuery => true;

        public System.Threading.Tasks.Task<Substitute?> FindAsync(StorePath path, System.Threading.CancellationToken cancel) => _honest.FindAsync(path, cancel);

        public async System.Threading.Tasks.Task<Realisation?> FindRealisationAsync(DerivationOutputId output, System.Threading.CancellationToken cancel)
        {
            await System.Threading.Tasks.Task.Yield();
            return Failure is not null ? throw new StoreException(Failure) : Realisation?.Id == output ? Realisation : null;
        }

        public System.IO.Stream OpenNar(PathInfo info, Action<long>? progress, System.Threading.CancellationToken cancel) => _honest.OpenNar(info, progress, cancel);
    }
}
