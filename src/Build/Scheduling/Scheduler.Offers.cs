using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Firn.Build.Events;
using Firn.Build.Execution;
using Firn.Build.Hooks;
using Firn.Formats.Derivations;

namespace Firn.Build.Scheduling;

// Builds that other places may take. A thread is taken while an offer is open, and by each build that was accepted.
internal sealed partial class Scheduler
{
    // How often a lock that another process holds is looked at.
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(300);

    private readonly Places _offers = new(1);

    /// <summary>In which turn builds that need the same were postponed: to offer another one in that turn is in vain.</summary>
    private readonly Dictionary<string, int> _postponed = new(StringComparer.Ordinal);
    private IBuildHook? _hook;
    private TaskCompletionSource<bool>? _nextTurn;
    private int _turns;

    private int NextNumber() => Interlocked.Increment(ref _number);

    /// <summary>Whether a build is one for other places. What is checked or repaired is what lies here.</summary>
    private bool MayTravel(Goal goal, BuildMode mode, Func<DerivationBuild> make)
    {
        if (_context.OpenHook is null || mode != BuildMode.Normal || !Store.Infos.IsValid(goal.Path))
        {
            return false;
        }

        DerivationBuild build = make();
        return !build.PrefersHere || !build.MayRunHere;
    }

    /// <summary>Offers a build until a place takes it or it turns out to be this machine's.</summary>
    /// <param name="places">Those of this machine.</param>
    /// <returns>How it ended, or null where it is to be built here; and whether one of this machine's places is taken for it.</returns>
    private async Task<(Outcome? End, bool Placed)> OfferAsync(Goal goal, Derivation derivation, int number, Places places, Func<DerivationBuild> make)
    {
        DerivationBuild build = make();
        bool isHere = build.MayRunHere;
        string kind = derivation.Platform + " " + string.Join(' ', build.Features);
        string? waits = null;
        try
        {
            while (true)
            {
                (OfferEnd end, bool placed, Task<BuildStatus>? run) = await AskAsync(build, derivation.Name, isHere ? places : null, kind);
                switch (end)
                {
                    case OfferEnd.Taken:
                        Waits(null);
                        Outcome outcome = await FollowAsync(goal, build, run!);
                        Wake();
                        return (outcome, false);
                    case OfferEnd.Declined:
                        return (null, placed);
                    case OfferEnd.Locked:
                        Waits(build.LockMessage);
                        await _loop.OutsideAsync(PauseAsync(s_lookAgain));
                        break;
                    default:
                        Waits($"waiting for a machine to build '{Dir.Print(goal.Path)}'");
                        await _loop.OutsideAsync(NextTurn());
                        break;
                }
            }
        }
        finally
        {
            Waits(null);
        }

        void Waits(string? why)
        {
            if (why == waits)
            {
                return;
            }

            if (waits is not null)
            {
                _context.Events.Post(new BuildEvent.WaitingEnded(number));
            }

            if (why is not null)
            {
                _context.Events.Post(new BuildEvent.Waiting(why) { Build = number });
            }

            waits = why;
        }
    }

    /// <summary>Offers a build once, when nobody else does.</summary>
    /// <param name="here">Where it could be built on this machine; null where it could not.</param>
    /// <param name="kind">What it needs.</param>
    /// <returns>The answer; whether a place here is taken for it, which only a declined one keeps; and the build that was taken.</returns>
    private async Task<(OfferEnd End, bool Placed, Task<BuildStatus>? Run)> AskAsync(DerivationBuild build, string name, Places? here, string kind)
    {
        await _offers.TakeAsync(name);
        bool placed = false, keeps = false;
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            // Held while the offer is open, so that two builds do not count on the same one.
            placed = here?.TryTake() ?? false;
            if (!placed && _postponed.TryGetValue(kind, out int turn) && turn == _turns)
            {
                return (OfferEnd.Postponed, false, null);
            }

            _hook ??= _context.OpenHook!();
            TaskCompletionSource<OfferEnd> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<BuildStatus> run = _threads.Run(() => build.Offer(_hook, placed, NextNumber, answer.SetResult, _stop.Token, _cancel));
            await _loop.OutsideAsync(Task.WhenAny(answer.Task, run));
            OfferEnd end = answer.Task.IsCompleted ? answer.Task.Result : OfferEnd.Declined;
            if (end != OfferEnd.Taken)
            {
                // Until it has let go of its locks, and for the error where there was no answer.
                await _loop.OutsideAsync(run);
            }

            if (end == OfferEnd.Postponed)
            {
                _postponed[kind] = _turns;
            }

            keeps = placed && end == OfferEnd.Declined;
            return (end, keeps, run);
        }
        finally
        {
            if (placed && !keeps)
            {
                here!.Release();
            }

            _offers.Release();
        }
    }

    /// <summary>A place may be free: what was postponed is offered again.</summary>
    private void Wake()
    {
        _turns++;
        TaskCompletionSource<bool>? turn = _nextTurn;
        _nextTurn = null;
        turn?.TrySetResult(true);
    }

    /// <summary>Ends when a build does, and after a while in any case: other processes use the same machines.</summary>
    private Task<bool> NextTurn()
    {
        if (_nextTurn is null)
        {
            _nextTurn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = EndAsync(_nextTurn);
        }

        return _nextTurn.Task;

        async Task EndAsync(TaskCompletionSource<bool> turn)
        {
            await Task.WhenAny(turn.Task, PauseAsync(Settings.PollInterval));
            if (ReferenceEquals(turn, _nextTurn))
            {
                Wake();
            }
        }
    }

    /// <returns>Whether the time has passed; false where everything is to stop.</returns>
    private async Task<bool> PauseAsync(TimeSpan time)
    {
        Task pause = Task.Delay(time, _stop.Token);
        await Task.WhenAny(pause);
        return pause.IsCompletedSuccessfully;
    }
}
