using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build.Events;
using Firn.Build.Hooks;
using Firn.Formats.Derivations;
using Firn.Formats.Logging;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Builds that are offered to a place elsewhere, which here is another store of this machine.</summary>
public sealed class HookTests : IDisposable
{
    private readonly Workshop _there = new();
    private readonly List<Workshop> _here = [];

    public void Dispose()
    {
        _here.ForEach(here => here.Dispose());
        _there.Dispose();
    }

    private Workshop Here(Place place, Func<BuildSettings, BuildSettings>? adapt = null)
    {
        Workshop here = new(adapt, openHook: () => place);
        place.Bind(here, _there);
        _here.Add(here);
        return here;
    }

    [Fact]
    public void WhatIsTakenIsBuiltThere()
    {
        Place place = new();
        Workshop here = Here(place);
        StorePath input = here.AddText("note", "noted\n");
        StorePath derivation = here.Script("a", $"cat {here.Print(input)} > $out; echo said", sources: [input]);
        BuildResult result = Assert.Single(here.Build(derivation));
        Assert.Equal(BuildStatus.Built, result.Status);
        Assert.Equal("noted\n", here.Text(here.OutputOf(derivation)));
        Assert.True(_there.Store.IsValid(here.OutputOf(derivation)));
        Assert.Equal("place", Assert.Single(here.Events.OfType<BuildEvent.Started>()).Machine);
        Assert.Equal("said", here.Log);
        Assert.True(place.IsClosed);
        Assert.Empty(here.Leftovers());
    }

    [Fact]
    public void WhatIsDeclinedIsBuiltHere()
    {
        Workshop here = Here(new Place { Answers = _ => HookReply.Decline });
        StorePath derivation = here.Script("a", "echo x > $out");
        here.Build(derivation);
        Assert.False(_there.Store.IsValid(here.OutputOf(derivation)));
        Assert.Equal("", Assert.Single(here.Events.OfType<BuildEvent.Started>()).Machine);
    }

    [Fact]
    public void AFailureThereIsOneHere()
    {
        Workshop here = Here(new Place());
        StorePath derivation = here.Script("a", "echo why; exit 3");
        BuildException error = here.Fail(derivation);
        Assert.Contains($"Cannot build '{here.Print(derivation)}'.\nReason: builder failed with exit code 1.", error.Message, StringComparison.Ordinal);
        Assert.Contains("> why", error.Message, StringComparison.Ordinal);
        Assert.Equal((BuildStatus.MiscFailure, 1), (error.Status, error.ExitCode));
        Assert.Empty(here.Leftovers());
    }

    [Fact]
    public void OutputsThatDoNotComeAreAFailure()
    {
        Workshop here = Here(new Place { Brings = false });
        Assert.Equal("some outputs are unexpectedly invalid", here.Fail(here.Script("a", "echo x > $out")).Message);
    }

    [Fact]
    public void ThisMachineWorksWhileOthersAreAwaited()
    {
        // One build is for the place alone, and taken only when the other, which is built here, is done.
        ManualResetEventSlim otherDone = new();
        Place place = new() { Answers = offer => !offer.Features.Contains("there") ? HookReply.Decline : otherDone.IsSet ? HookReply.Accept : HookReply.Postpone };
        Workshop here = Here(place, s => s with { MaxJobs = 1, PollInterval = TimeSpan.FromHours(1) });
        StorePath awaited = here.Script("awaited", "echo x > $out", [("requiredSystemFeatures", "there")]);
        StorePath other = here.Script("other", "echo y > $out");
        here.Happened = happened =>
        {
            if (happened is BuildEvent.Finished { Name: "other" })
            {
                otherDone.Set();
            }
        };
        here.Build(awaited, other);
        Assert.True(_there.Store.IsValid(here.OutputOf(awaited)));
        Assert.False(_there.Store.IsValid(here.OutputOf(other)));
        Assert.Contains(here.Events.OfType<BuildEvent.Waiting>(), w => w.Message == $"waiting for a machine to build '{here.Print(awaited)}'");
        Assert.Single(here.Events.OfType<BuildEvent.WaitingEnded>());
    }

    [Fact]
    public void APostponedBuildLetsGoOfItsLocks()
    {
        Workshop here = null!;
        StorePath derivation = default;
        bool free = false;
        int asked = 0;
        Place place = new()
        {
            Answers = _ =>
            {
                asked++;
                return free ? HookReply.Accept : HookReply.Postpone;
            },
        };
        here = Here(place, s => s with { MaxJobs = 0, PollInterval = TimeSpan.FromMilliseconds(1) });
        derivation = here.Script("a", "echo x > $out");
        here.Happened = happened =>
        {
            if (happened is BuildEvent.Waiting)
            {
                using IOutputLock? held = here.Store.TryLock([here.OutputOf(derivation)]);
                Assert.NotNull(held);
                free = true;
            }
        };
        here.Build(derivation);
        Assert.Equal(2, asked);
    }

    [Fact]
    public void ManyPostponedBuildsAreNotAllAskedAgain()
    {
        int asked = 0;
        Place place = new()
        {
            Answers = _ =>
            {
                asked++;
                return asked == 1 ? HookReply.Accept : HookReply.Postpone;
            },
        };
        using CancellationTokenSource cancel = new();
        Workshop here = Here(place, s => s with { MaxJobs = 0, PollInterval = TimeSpan.FromHours(1) });
        int waiting = 0;
        here.Happened = happened =>
        {
            // Nine wait at once after the first was taken, and again after it is done.
            if (happened is BuildEvent.Waiting && ++waiting == 9 && here.Events.OfType<BuildEvent.Finished>().Any())
            {
                cancel.Cancel();
            }

            if (happened is BuildEvent.Finished)
            {
                cancel.CancelAfter(TimeSpan.FromMilliseconds(500));
            }
        };
        StorePath[] all = [.. Enumerable.Range(0, 10).Select(i => here.Script("n" + i, "echo x > $out"))];
        Assert.Throws<OperationCanceledException>(() => here.Builder.RealiseAll([.. all.Select(d => new DerivedPath.Built(d))], BuildMode.Normal, cancel.Token));
        // One that is taken, and one of the others before its end and one after.
        Assert.InRange(asked, 2, 4);
    }

    [Fact]
    public void LocalBuildsArePreferredWhereTheDerivationSaysSo()
    {
        Place place = new();
        Workshop here = Here(place);
        here.Build(here.Script("a", "echo x > $out", [("preferLocalBuild", "1")]));
        Assert.Empty(place.Offers);
        StorePath foreign = here.Script("b", "echo x > $out", [("preferLocalBuild", "1"), ("requiredSystemFeatures", "there")]);
        here.Build(foreign);
        Assert.True(_there.Store.IsValid(here.OutputOf(foreign)));
    }

    [Fact]
    public void ChecksAreMadeHere()
    {
        Place place = new();
        Workshop here = Here(place);
        StorePath derivation = here.Script("a", "echo x > $out");
        here.Build(derivation);
        place.Offers.Clear();
        here.Builder.RealiseAll([new DerivedPath.Built(derivation)], BuildMode.Check);
        Assert.Empty(place.Offers);
    }

    [Fact]
    public void AnOfferSaysWhatTheBuildNeeds()
    {
        Place place = new() { Answers = _ => HookReply.Decline };
        Workshop here = Here(place, s => s with { MaxJobs = 0 });
        StorePath derivation = here.Script("a", "echo x > $out", [("requiredSystemFeatures", "b a")], platform: "other-system");
        BuildException error = here.Fail(derivation);
        Assert.Contains("local builds are disabled (max-jobs = 0)", error.Message, StringComparison.Ordinal);
        Assert.Contains("Required system: 'other-system'", error.Message, StringComparison.Ordinal);
        BuildOffer offer = Assert.Single(place.Offers);
        Assert.Equal((false, "other-system", derivation), (offer.CanStartHere, offer.System, offer.Derivation));
        Assert.Equal(["a", "b"], offer.Features);
    }

    [Fact]
    public void OneFreePlaceIsPromisedOnce()
    {
        Place place = new() { Answers = offer => offer.CanStartHere ? HookReply.Decline : HookReply.Accept };
        Workshop here = Here(place, s => s with { MaxJobs = 1 });
        StorePath gate = here.Script("a", "echo x > $out"), second = here.Script("b", "echo x > $out");
        here.Build(gate, second);
        Assert.Contains(place.Offers, offer => offer.CanStartHere);
        Assert.Equal(2, here.Events.OfType<BuildEvent.Started>().Count());
    }

    [Fact]
    public void GivingUpEndsWhatRunsThere()
    {
        Workshop here = Here(new Place());
        using CancellationTokenSource cancel = new();
        here.Happened = happened =>
        {
            if (happened is BuildEvent.LogLine)
            {
                cancel.Cancel();
            }
        };
        StorePath derivation = here.Script("a", "echo begun; sleep 1000");
        Assert.Throws<OperationCanceledException>(() => here.Builder.Realise([new DerivedPath.Built(derivation)], BuildMode.Normal, cancel.Token));
        Assert.Empty(here.Leftovers());
    }

    [Fact]
    public void MessagesOfTheHookBecomeEvents()
    {
        Place place = new()
        {
            Says =
            [
                new LogMessage.Text(Verbosity.Warning, "mind"),
                new LogMessage.Start(77, Verbosity.Talkative, ActivityType.Build, "elsewhere", []),
                new LogMessage.Result(77, ResultType.BuildLogLine, [LogField.Of("a line")]),
                new LogMessage.Result(77, ResultType.SetPhase, [LogField.Of("buildPhase")]),
                new LogMessage.Result(78, ResultType.BuildLogLine, [LogField.Of("of nothing")]),
                new LogMessage.Stop(77),
            ],
        };
        Workshop here = Here(place);
        StorePath derivation = here.Script("a", "echo x > $out");
        here.Build(derivation);
        Assert.Equal("mind", Assert.Single(here.Events.OfType<BuildEvent.Note>(), n => n.Level == Verbosity.Warning).Message);
        int number = Assert.Single(here.Events.OfType<BuildEvent.ActivityStarted>()).Number;
        Assert.All(here.Events.OfType<BuildEvent.ActivityResult>(), r => Assert.Equal(number, r.Number));
        Assert.Equal(2, here.Events.OfType<BuildEvent.ActivityResult>().Count());
        Assert.Equal(number, Assert.Single(here.Events.OfType<BuildEvent.ActivityStopped>()).Number);
        // Both are in the log that is kept.
        Assert.Equal("a line\n@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\n", Encoding.UTF8.GetString(here.Store.FindLog(derivation)!));
    }

    /// <summary>Builds in another store, and copies.</summary>
    private sealed class Place : IBuildHook
    {
        private Workshop _here = null!, _there = null!;

        public Func<BuildOffer, HookReply> Answers { get; init; } = static _ => HookReply.Accept;

        public bool Brings { get; init; } = true;

        public IReadOnlyList<LogMessage> Says { get; init; } = [];

        public List<BuildOffer> Offers { get; } = [];

        public bool IsClosed { get; private set; }

        public void Bind(Workshop here, Workshop there) => (_here, _there) = (here, there);

        public HookAnswer Offer(BuildOffer offer, IHookOutput output, CancellationToken cancel)
        {
            Offers.Add(offer);
            HookReply reply = Answers(offer);
            return reply == HookReply.Accept ? new HookAnswer(reply, new Accepted(this, offer.Derivation, output)) : new HookAnswer(reply);
        }

        public void Dispose() => IsClosed = true;

        private sealed class Accepted(Place place, StorePath path, IHookOutput output) : IAcceptedBuild
        {
            public string Machine => "place";

            public ProgramExit Run(IReadOnlyCollection<StorePath> inputs, IReadOnlyCollection<string> outputs, CancellationToken cancel)
            {
                foreach (LogMessage message in place.Says)
                {
                    output.Message(message);
                }

                Workshop here = place._here, there = place._there;
                Copy(here, there, inputs);
                Derivation derivation = here.Read(path).WithSources(inputs);
                there.Happened = happened =>
                {
                    if (happened is BuildEvent.LogLine line)
                    {
                        output.Log([.. line.Line.Span, (byte)'\n']);
                    }
                };
                // Features are the place's own affair.
                BuildResult result = new Builder(there.Builder.Context with { Settings = there.Settings with { SystemFeatures = ["there"] } })
                    .BuildDerivation(path, derivation, BuildMode.Normal, cancel);
                if (!result.Succeeded)
                {
                    return new ProgramExit(1, false);
                }

                if (place.Brings)
                {
                    here.Store.InheritLocks([.. result.Outputs.Values]);
                    Copy(there, here, [.. result.Outputs.Values]);
                }

                return new ProgramExit(0, false);
            }

            private static void Copy(Workshop from, Workshop to, IReadOnlyCollection<StorePath> paths) =>
                Firn.Store.Transfer.PathCopier.Copy(from.Store, to.Store, paths, new Firn.Store.Transfer.CopyOptions { CheckSignatures = false });

            public void Dispose()
            {
            }
        }
    }
}
