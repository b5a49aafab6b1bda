using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Firn.Build.Events;
using Firn.Build.Hooks;
using Firn.Build.Logs;
using Firn.Build.Preparation;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>What came of offering a build to other places.</summary>
internal enum OfferEnd
{
    /// <summary>It is this machine's.</summary>
    Declined,

    /// <summary>It is to be offered again.</summary>
    Postponed,

    /// <summary>Another process builds it.</summary>
    Locked,

    /// <summary>It goes on, or there was nothing to do.</summary>
    Taken,
}

// The build of a derivation in another place, with the same locks and the same ends.
internal sealed partial class DerivationBuild
{
    /// <summary>Whether this machine could build it.</summary>
    /// <exception cref="BuildException">An attribute of the derivation is not of its type.</exception>
    public bool MayRunHere => _store.Building is not null && WhyNotHere(DerivationOptions.Of(path, derivation, Dir)) is null;

    /// <summary>Whether it is not worth sending elsewhere where this machine can build it.</summary>
    public bool PrefersHere => DerivationOptions.Of(path, derivation, Dir).PreferLocalBuild;

    /// <summary>What a machine must have that builds it, sorted.</summary>
    public IReadOnlyList<string> Features
    {
        get
        {
            SortedSet<string> features = new(DerivationOptions.Of(path, derivation, Dir).Features, StringComparer.Ordinal);
            if (derivation.Type is not (DerivationType.InputAddressed or DerivationType.Fixed))
            {
                features.Add("ca-derivations");
            }

            return [.. features];
        }
    }

    /// <summary>What is said while another process builds it.</summary>
    public string LockMessage => WaitingFor(Locked([.. derivation.OutputPaths(Dir)]));

    /// <summary>Offers the build to other places and, where one takes it, stays with it to its end.</summary>
    /// <param name="canStartHere">Whether a place among this machine's own builds is free.</param>
    /// <param name="numbers">Makes numbers for what is told as events.</param>
    /// <param name="answered">Told once what comes of it.</param>
    /// <param name="cancel">Ends the build.</param>
    /// <param name="interrupted">The caller's will alone.</param>
    /// <returns>How it ended where it was taken, else nothing of meaning.</returns>
    /// <exception cref="BuildException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It was ended; nothing of it is left.</exception>
    public BuildStatus Offer(IBuildHook hook, bool canStartHere, Func<int> numbers, Action<OfferEnd> answered, CancellationToken cancel, CancellationToken interrupted)
    {
        List<(string Name, StorePath? Path)> outputs = [.. derivation.OutputPaths(Dir)];
        _store.TempRoots.AddTempRoots([path, .. outputs.Select(o => o.Path).OfType<StorePath>()]);
        // A store elsewhere has no locks; where it is in the end this machine's store that builds, they would be in the way.
        using IOutputLock? held = _store.Building is null ? null : _store.Locks.TryLock(Locked(outputs));
        if (held is null && _store.Building is not null)
        {
            answered(OfferEnd.Locked);
            return BuildStatus.Cancelled;
        }

        held?.DeleteOnRelease();
        Dictionary<string, StorePath> valid = Valid(outputs);
        if (valid.Count == outputs.Count)
        {
            Outputs = valid;
            answered(OfferEnd.Taken);
            return BuildStatus.AlreadyValid;
        }

        if (held is not null)
        {
            DeleteInvalid(outputs, valid);
        }

        BuilderMessages messages = new(context.Events, number, derivation.Name);
        LogTail tail = new(_settings.LogLines, line => context.Events.Post(new BuildEvent.LogLine(number, derivation.Name, line)), messages.Take);
        using HookRelay relay = new(context.Events, numbers);
        HookAnswer answer = hook.Offer(new BuildOffer(canStartHere, derivation.Platform, path, Features), relay, cancel);
        if (answer.Build is not { } accepted)
        {
            answered(answer.Reply == HookReply.Postpone ? OfferEnd.Postponed : OfferEnd.Declined);
            return BuildStatus.Cancelled;
        }

        using (accepted)
        {
            answered(OfferEnd.Taken);
            Make(() =>
            {
                TellStart(accepted.Machine);
                try
                {
                    return Follow(accepted, relay, tail, outputs, [.. outputs.Select(o => o.Name).Where(name => !valid.ContainsKey(name))], cancel);
                }
                finally
                {
                    messages.End();
                }
            }, interrupted);
        }

        return BuildStatus.Built;
    }

    private Dictionary<string, StorePath> Follow(
        IAcceptedBuild accepted, HookRelay relay, LogTail tail, List<(string Name, StorePath? Path)> outputs, List<string> wanted, CancellationToken cancel)
    {
        using (BuildLogFile log = new(_settings.LogDir, path, _settings.CompressLog))
        {
            long logged = 0;
            void Sink(ReadOnlySpan<byte> bytes)
            {
                logged += bytes.Length;
                if (_settings.MaxLogSize > 0 && logged > _settings.MaxLogSize)
                {
                    throw new BuildException(BuildStatus.LogLimitExceeded, $"building derivation '{Dir.Print(path)}' killed after writing more than {_settings.MaxLogSize} bytes of log output");
                }

                log.Write(bytes);
                tail.Write(bytes);
            }

            relay.Attach(number, derivation.Name, Sink, log.Write);
            ProgramExit exit = accepted.Run(_store.Infos.Closure(inputs), wanted, cancel);
            tail.Flush();
            if (!exit.Succeeded)
            {
                // What the place itself says went by already. Only it knows whether another try could help.
                throw new BuildException(BuildStatus.MiscFailure, BuilderFailed(How(exit.Signaled, exit.Code), tail).Message);
            }
        }

        (_store.Infos as IForgetful)?.Forget(outputs.Select(o => o.Path).OfType<StorePath>());
        Dictionary<string, StorePath> made = Valid(outputs);
        return made.Count == outputs.Count ? made : throw new BuildException(BuildStatus.MiscFailure, "some outputs are unexpectedly invalid");
    }
}
