using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Paths that come from other stores, and what happens where those fail or lie.</summary>
public sealed class SubstitutionTests
{
    /// <summary>A store to take from, whose answers a test may change.</summary>
    private sealed class Source(IStore store, string url = "test://cache") : ISubstituter
    {
        private readonly StoreSubstituter _honest = new(store);

        public Func<PathInfo, PathInfo?> Answer { get; init; } = info => info;

        public Func<StorePath, Stream?> Contents { get; init; } = _ => null;

        public int Opened;

        public string Url => url;

        public StoreDir StoreDir => store.StoreDir;

        public int Priority => 0;

        public bool TakenWithoutSignature { get; init; }

        public bool WantsMassQuery => true;

        public async Task<Substitute?> FindAsync(StorePath path, CancellationToken cancel)
        {
            await Task.Delay(1, cancel).ConfigureAwait(false);
            return store.Find(path) is { } info && Answer(info) is { } said ? new Substitute(said, 1000) : null;
        }

        public Stream OpenNar(PathInfo info, Action<long>? progress, CancellationToken cancel)
        {
            Interlocked.Increment(ref Opened);
            return Contents(info.Path) ?? _honest.OpenNar(info, progress, cancel);
        }
    }

    /// <summary>Two derivations, the second of which needs the first at run time, built in one workshop and missing in the other.</summary>
    private static (StorePath Input, StorePath Top) Prepare(Workshop built, Workshop missing)
    {
        (StorePath, StorePath) made = default;
        foreach (Workshop w in (Workshop[])[built, missing])
        {
            StorePath input = w.Script("input", "mkdir $out; echo built > $out/f");
            StorePath top = w.Script("top", "mkdir $out; echo $x > $out/x; echo top > $out/f", [("x", w.Print(w.OutputOf(input)))], inputs: [(input, "out")]);
            made = (input, top);
        }

        built.Build(made.Item2);
        return made;
    }

    private static bool Built(Workshop w) => w.Events.OfType<BuildEvent.Started>().Any();

    private static BuildResult Realise(Workshop w, StorePath top) => w.Builder.RealiseAll([new DerivedPath.Built(top)]).Single();

    [Fact]
    public void Outputs_come_with_their_closure_and_nothing_is_built()
    {
        using Workshop from = new(), to = new();
        (StorePath input, StorePath top) = Prepare(from, to);
        Source source = new(from.Store);
        to.Substituters.Add(source);
        MissingPaths missing = to.Builder.FindMissing([new DerivedPath.Built(top)]);
        Assert.Equal([to.OutputOf(input), to.OutputOf(top)], missing.WillSubstitute);
        Assert.Equal((2000UL, from.Store.Get(to.OutputOf(input)).NarSize + from.Store.Get(to.OutputOf(top)).NarSize), (missing.DownloadSize, missing.UnpackedSize));
        Assert.Empty(missing.WillBuild);
        BuildResult result = Realise(to, top);
        Assert.Equal(BuildStatus.Substituted, result.Status);
        Assert.False(Built(to));
        Assert.Equal([to.OutputOf(input)], to.Store.Get(to.OutputOf(top)).References);
        Assert.Equal(2, source.Opened);
        Assert.Equal(2, to.Events.OfType<BuildEvent.SubstitutionStarted>().Count());
        Assert.Equal(BuildStatus.AlreadyValid, Realise(to, top).Status);
        Assert.False(to.Store.Get(to.OutputOf(top)).Ultimate);
        Assert.False(to.Store.Verify(checkContents: true, null));
    }

    [Fact]
    public void Plain_paths_and_derivations_come_too()
    {
        using Workshop from = new(), to = new();
        (_, StorePath top) = Prepare(from, to);
        StorePath only = from.Script("only", "echo > $out");
        from.Build(only);
        to.Substituters.Add(new Source(from.Store));
        to.Builder.RealiseAll([new DerivedPath.Opaque(from.OutputOf(top)), new DerivedPath.Built(only)]);
        Assert.True(to.Store.IsValid(from.OutputOf(top)));
        Assert.True(to.Store.IsValid(only));
        Assert.True(to.Store.IsValid(from.OutputOf(only)));
        Assert.False(Built(to));
    }

    [Fact]
    public void What_no_store_has_is_built_of_inputs_that_one_has()
    {
        using Workshop from = new(), to = new();
        (StorePath input, StorePath top) = Prepare(from, to);
        to.Substituters.Add(new Source(from.Store) { Answer = info => info.Path == from.OutputOf(top) ? null : info });
        MissingPaths missing = to.Builder.FindMissing([new DerivedPath.Built(top)]);
        Assert.Equal([top], missing.WillBuild);
        Assert.Equal([to.OutputOf(input)], missing.WillSubstitute);
        Assert.Equal(BuildStatus.Built, Realise(to, top).Status);
        Assert.Equal([top], to.Events.OfType<BuildEvent.Started>().Select(s => s.Derivation));
    }

    [Theory]
    [InlineData("substitute")]
    [InlineData("attribute")]
    public void Substitution_can_be_refused(string by)
    {
        using Workshop from = new(), to = new(s => s with { Substitute = by != "substitute" });
        StorePath d = default;
        foreach (Workshop w in (Workshop[])[from, to]) d = w.Script("local", "echo > $out", by == "attribute" ? [("allowSubstitutes", "")] : null);
        from.Build(d);
        to.Substituters.Add(new Source(from.Store));
        Assert.Equal([d], to.Builder.FindMissing([new DerivedPath.Built(d)]).WillBuild);
        Assert.Equal(BuildStatus.Built, Realise(to, d).Status);
    }

    [Fact]
    public void Unsigned_paths_are_ignored_before_their_contents_are_read()
    {
        SecretKey key = SecretKey.Generate("good-1"), other = SecretKey.Generate("good-1");
        using Workshop from = new(), to = new(store: o => o with { RequireSignatures = true, TrustedKeys = () => [key.PublicKey] });
        (_, StorePath top) = Prepare(from, to);
        PathInfo Signed(PathInfo info, SecretKey by) => (info with { Signatures = [] }).WithSignatures(StoreDir.Default, [by]);
        Source unsigned = new(from.Store, "test://unsigned"), forged = new(from.Store, "test://forged") { Answer = info => Signed(info, other) };
        Source moved = new(from.Store, "test://moved") { Answer = info => Signed(info, key) with { References = [] } };
        to.Substituters.AddRange([unsigned, forged, moved]);
        Assert.Equal(BuildStatus.Built, Realise(to, top).Status);
        Assert.Equal((0, 0), (unsigned.Opened, forged.Opened));
        Assert.Contains(to.Events.OfType<BuildEvent.Warning>(), w => w.Message == $"ignoring substitute for '{to.Print(to.OutputOf(top))}' from 'test://unsigned', as it's not signed by any of the keys in 'trusted-public-keys'");
        using Workshop again = new(store: o => o with { RequireSignatures = true, TrustedKeys = () => [key.PublicKey] });
        Prepare(from, again);
        again.Substituters.AddRange([unsigned, new Source(from.Store) { Answer = info => Signed(info, key) }]);
        Assert.Equal(BuildStatus.Substituted, Realise(again, top).Status);
        using Workshop trusting = new(store: o => o with { RequireSignatures = true });
        Prepare(from, trusting);
        trusting.Substituters.Add(new Source(from.Store) { TakenWithoutSignature = true });
        Assert.Equal(BuildStatus.Substituted, Realise(trusting, top).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failed_transfer_fails_the_build_unless_told_to_fall_back(bool fallback)
    {
        using Workshop from = new(), to = new(s => s with { Fallback = fallback });
        (StorePath input, StorePath top) = Prepare(from, to);
        to.Substituters.Add(new Source(from.Store) { Contents = _ => new MemoryStream("not a nar"u8.ToArray()) });
        if (fallback)
        {
            Assert.Equal(BuildStatus.Built, Realise(to, top).Status);
        }
        else
        {
            BuildException e = to.Fail(top);
            Assert.StartsWith($"some substitutes for the outputs of derivation '{to.Print(top)}' failed (usually happens due to networking issues); try '--fallback'", e.Message, StringComparison.Ordinal);
            Assert.False(to.Store.IsValid(to.OutputOf(input)));
        }

        Assert.Contains(to.Events.OfType<BuildEvent.Error>(), e => e.Message.Contains("end-of-file", StringComparison.Ordinal) || e.Message.Contains("archive", StringComparison.Ordinal));
    }

    [Fact]
    public void The_next_store_is_asked_where_one_fails_or_lies()
    {
        using Workshop from = new(), to = new();
        (_, StorePath top) = Prepare(from, to);
        to.Substituters.AddRange(
        [
            new Source(from.Store) { Answer = _ => throw new StoreException("dead") },
            new Source(from.Store) { Answer = _ => throw new SubstituterDisabledException("test://off") },
            new Source(from.Store) { Answer = info => info with { Path = new StorePath("00000000000000000000000000000000-other") } },
            new Source(from.Store) { Answer = info => info with { NarHash = Formats.Hashing.Hash.Sha256([]) } },
            new Source(from.Store) { Answer = info => info with { References = [new StorePath("00000000000000000000000000000000-nowhere")] } },
            new Source(from.Store) { Contents = path => new SlowEnd() },
            new Source(from.Store),
        ]);
        Assert.Equal(BuildStatus.Substituted, Realise(to, top).Status);
        Assert.False(Built(to));
        Assert.False(to.Store.Verify(checkContents: true, null));
        Assert.Contains(to.Events.OfType<BuildEvent.Warning>(), w => w.Message == "dead");
    }

    [Fact]
    public void Contents_that_are_gone_are_as_if_never_offered()
    {
        using Workshop from = new(), to = new();
        (_, StorePath top) = Prepare(from, to);
        to.Substituters.Add(new Source(from.Store) { Contents = _ => throw new SubstituteGoneException("file 'x' does not exist in binary cache 'y'") });
        Assert.Equal(BuildStatus.Built, Realise(to, top).Status);
        Assert.Contains(to.Events.OfType<BuildEvent.Warning>(), w => w.Message.Contains("does not exist in binary cache", StringComparison.Ordinal));
    }

    [Fact]
    public void References_in_a_circle_do_not_hold_anything_up()
    {
        using Workshop from = new(), to = new();
        (StorePath input, StorePath top) = Prepare(from, to);
        StorePath a = from.OutputOf(input), b = from.OutputOf(top);
        to.Substituters.Add(new Source(from.Store) { Answer = info => info.Path == a ? info with { References = [b] } : info });
        Assert.Equal(BuildStatus.Built, Realise(to, top).Status);
        Assert.Contains(to.Events.OfType<BuildEvent.Warning>(), w => w.Message.Contains("refers to itself by way of others", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dead_store_alone_does_not_stop_a_build()
    {
        using Workshop to = new();
        StorePath d = to.Script("x", "echo > $out");
        to.Substituters.Add(new Source(to.Store) { Answer = _ => throw new StoreException("dead") });
        Assert.Equal(BuildStatus.Built, Realise(to, d).Status);
    }

    [Fact]
    public void Repairing_takes_from_a_store_what_is_damaged()
    {
        using Workshop from = new(), to = new();
        (StorePath input, StorePath top) = Prepare(from, to);
        to.Substituters.Add(new Source(from.Store));
        Realise(to, top);
        foreach (StorePath output in (StorePath[])[to.OutputOf(input), to.OutputOf(top)])
        {
            string f = to.Store.RealPath(output) + "/f";
            File.SetUnixFileMode(f, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(f, "damaged");
        }

        to.Builder.RealiseAll([new DerivedPath.Built(top)], BuildMode.Repair);
        Assert.False(to.Store.Verify(checkContents: true, null));
        to.Builder.RealiseAll([new DerivedPath.Opaque(to.OutputOf(input))], BuildMode.Repair);
        Assert.False(Built(to));
    }

    [Fact]
    public void Hundreds_of_paths_come_with_few_threads()
    {
        using Workshop from = new(), to = new(s => s with { MaxSubstitutionJobs = 4 });
        StorePath last = from.AddText("t0", "0");
        List<StorePath> all = [last];
        for (int i = 1; i < 300; i++)
        {
            last = from.Store.AddText("t" + i, System.Text.Encoding.UTF8.GetBytes(from.Print(all[i / 2])), [all[i / 2]]);
            all.Add(last);
        }

        int running = 0, most = 0;
        to.Substituters.Add(new Source(from.Store)
        {
            Contents = _ =>
            {
                int now = Interlocked.Increment(ref running);
                most = Math.Max(most, now);
                Thread.Sleep(1);
                Interlocked.Decrement(ref running);
                return null;
            },
        });
        to.Builder.RealiseAll([.. all.Select(p => new DerivedPath.Opaque(p))]);
        Assert.All(all, p => Assert.True(to.Store.IsValid(p)));
        Assert.InRange(most, 1, 4);
    }

    /// <summary>Fails after a while of reading.</summary>
    private sealed class SlowEnd : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new StoreException("Timeout was reached (28)");

        public override int Read(byte[] buffer, int offset, int count) => throw new StoreException("Timeout was reached (28)");
    }
}
