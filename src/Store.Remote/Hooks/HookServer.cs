using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Build;
using Firn.Build.Scheduling;
using Firn.Fetchers;
using Firn.Formats;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Machines;
using Firn.Store.Remote.Wire;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Hooks;

/// <summary>A machine that is connected.</summary>
/// <param name="Store">Its store.</param>
/// <param name="Builder">Builds in it.</param>
public sealed record MachineLink(IStore Store, IDerivationBuilder Builder);

/// <summary>What stands behind the program that distributes builds.</summary>
public sealed record HookServices
{
    /// <summary>The store that is built for.</summary>
    public required IStore Store { get; init; }

    public required IReadOnlyList<Machine> Machines { get; init; }

    public required MachineSlots Slots { get; init; }

    /// <summary>Whether whoever asks could build for a system with features, if it had a place for it.</summary>
    public required Func<string, IReadOnlyCollection<string>, bool> CouldBuildThere { get; init; }

    /// <summary>Whether this machine runs programs of a system.</summary>
    public required Func<string, bool> RunsHere { get; init; }

    /// <summary>Connects to a machine.</summary>
    public required Func<Machine, MachineLink> Open { get; init; }

    /// <summary>What a program that should have connected had to say; called after that failed.</summary>
    public required Func<string> SaidInstead { get; init; }

    /// <summary>Takes a line of the protocol.</summary>
    public required Action<string> Reply { get; init; }

    /// <summary>Called when a build is accepted, after which nothing of its log may be taken here.</summary>
    public Action Accepted { get; init; } = static () => { };

    /// <summary>Let machines take what they can from their own substituters (<c>builders-use-substitutes</c>).</summary>
    public bool UseSubstitutes { get; init; }

    /// <summary>Whether directories of failed builds are left.</summary>
    public bool KeepFailed { get; init; }

    /// <summary>Whether realisations are kept (<c>ca-derivations</c>).</summary>
    public bool ContentAddressed { get; init; }

    public required IActivityLog Activities { get; init; }

    /// <summary>Takes warnings.</summary>
    public required Action<string> Warn { get; init; }
}

/// <summary>
/// Distributes builds to machines: is offered builds until one is accepted, which it then has built and brought back.
/// An exception is a build that failed, or an offer that nobody could answer.
/// </summary>
/// <param name="from">Where offers come from, behind the settings.</param>
/// <remarks>docs/remote-building.md</remarks>
public sealed class HookServer(WireReader from, HookServices services)
{
    // Then somebody who holds the upload lock is taken to be stuck.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(15);

    private readonly List<Machine> _usable = [.. services.Machines];

    private StoreDir Dir => services.Store.StoreDir;

    /// <exception cref="StoreException">A store failed, or does not believe the other.</exception>
    /// <exception cref="BuildException">The build failed.</exception>
    /// <exception cref="OperationCanceledException">The build was given up; nothing of it runs any more.</exception>
    public void Run(CancellationToken cancel)
    {
        if (services.Machines.Count == 0)
        {
            services.Reply("# decline-permanently");
            return;
        }
        while (!from.AtEnd() && from.Text() == "try")
        {
            bool canStartThere = from.Bool();
            string system = from.Text();
            StorePath derivation = from.Path(Dir);
            SortedSet<string> features = from.Texts();
            if (Find(canStartThere, system, derivation, features, cancel) is not var (machine, link, place)) continue;
            using (place)
            using (link.Store)
            {
                services.Accepted();
                services.Reply("# accept\n" + machine.Url);
                SortedSet<StorePath> inputs = from.Paths(Dir);
                SortedSet<string> outputs = from.Texts();
                Build(machine, link, derivation, inputs, outputs, cancel);
            }
            return;
        }
    }

    private (Machine, MachineLink, IDisposable)? Find(bool canStartThere, string system, StorePath derivation, SortedSet<string> features, CancellationToken cancel)
    {
        bool couldBuildThere = services.CouldBuildThere(system, features);
        while (true)
        {
            List<Machine> fitting = _usable.FindAll(machine => machine.IsFor(system) && machine.Fits(features));
            if (services.Slots.TryTake(fitting, cancel) is not var (machine, place))
            {
                if (fitting.Count > 0 && !(canStartThere && couldBuildThere))
                {
                    services.Reply("# postpone");
                    return null;
                }
                string text = NotFound(system, derivation, features);
                services.Activities.Log(couldBuildThere ? Verbosity.Chatty : Verbosity.Warning, text);
                services.Reply("# decline");
                return null;
            }
            try
            {
                using Activity activity = Begin($"connecting to '{machine.Url}'");
                MachineLink link = services.Open(machine);
                link.Store.Connect();
                return (machine, link, place);
            }
            catch (Exception e) when (e is StoreException or FormatsException or FetchException or IOException or UnauthorizedAccessException)
            {
                place.Dispose();
                cancel.ThrowIfCancellationRequested();
                string said = services.SaidInstead().TrimEnd('\n', '\r', ' ');
                services.Activities.Log(Verbosity.Error, $"cannot build on '{machine.Url}': {e.Message}{(said.Length > 0 ? ": " + said : "")}");
                _usable.Remove(machine);
            }
        }
    }

    private string NotFound(string system, StorePath derivation, SortedSet<string> features)
    {
        var text = new System.Text.StringBuilder("Failed to find a machine for remote build!\n");
        text.Append($"derivation: {derivation.BaseName}\nrequired (system, features): ({system}, [{string.Join(", ", features)}])\n");
        text.Append($"{services.Machines.Count} available machines:\n(systems, maxjobs, supportedFeatures, mandatoryFeatures)");
        foreach (Machine machine in services.Machines)
        {
            text.Append($"\n([{string.Join(", ", machine.Systems)}], {machine.MaxJobs}, ")
                .Append($"[{string.Join(", ", machine.SupportedFeatures)}], [{string.Join(", ", machine.MandatoryFeatures)}])");
        }
        return text.ToString();
    }

    private Activity Begin(string text) => services.Activities.Begin(Verbosity.Talkative, ActivityType.Unknown, text);

    private void Build(Machine machine, MachineLink link, StorePath path, SortedSet<StorePath> inputs, SortedSet<string> wanted, CancellationToken cancel)
    {
        var copying = new CopyOptions { CheckSignatures = false, Substitute = services.UseSubstitutes, Activities = services.Activities };
        using (IDisposable? upload = TakeUpload(machine, cancel))
        using (Activity activity = Begin($"copying dependencies to '{machine.Url}'"))
        using (activity.Enter())
        {
            PathCopier.Copy(services.Store, link.Store, inputs, copying);
        }
        cancel.ThrowIfCancellationRequested();

        var files = new DerivationFiles(services.Store, Dir);
        Derivation derivation = files.Read(path);
        bool byContent = derivation.Type is DerivationType.Fixed or DerivationType.Floating or DerivationType.Impure;
        BuildResult result;
        // Who does not trust us wants to see all that leads to an input-addressed derivation. A protocol that does not
        // say whether it trusts is one that does.
        if (link.Store.Trusted != false || byContent || link.Builder is not IBuilder whole)
        {
            Derivation basic = derivation.InputDerivations.IsEmpty ? derivation : derivation.WithSources(inputs);
            result = link.Builder.BuildDerivation(path, basic, BuildMode.Normal, cancel);
        }
        else
        {
            PathCopier.CopyClosure(services.Store, link.Store, [path], copying);
            result = whole.Realise([new DerivedPath.Built(path)], BuildMode.Normal, cancel)[0];
        }
        cancel.ThrowIfCancellationRequested();
        if (!result.Succeeded) throw Failure(machine, path, derivation, result);
        Bring(machine, link, path, derivation, files, result, wanted, copying with { Substitute = false });
    }

    private IDisposable? TakeUpload(Machine machine, CancellationToken cancel)
    {
        using Activity activity = Begin($"waiting for the upload lock to '{machine.Url}'");
        IDisposable? held = services.Slots.TakeUpload(machine, s_patience, cancel);
        if (held is null) services.Activities.Log(Verbosity.Error, $"somebody is hogging the upload lock for '{machine.Url}', continuing...");
        return held;
    }

    private BuildException Failure(Machine machine, StorePath path, Derivation derivation, BuildResult result)
    {
        if (services.KeepFailed)
        {
            services.Warn("The failed build directory was kept on the remote builder due to `--keep-failed`."
                + (services.RunsHere(derivation.Platform) ? " You can re-run the command with `--builders ''` to disable remote building for this invocation." : ""));
        }
        return new BuildException(result.Status, $"build of '{Dir.Print(path)}' on '{machine.Url}' failed: {result.Error}");
    }

    private void Bring(
        Machine machine, MachineLink link, StorePath path, Derivation derivation, DerivationFiles files, BuildResult result, SortedSet<string> wanted, CopyOptions copying)
    {
        var missing = new SortedSet<StorePath>();
        var realisations = new List<Realisation>();
        foreach ((string name, StorePath? known) in derivation.OutputPaths(Dir))
        {
            if (known is { } output)
            {
                if (!services.Store.IsValid(output)) missing.Add(output);
            }
            else if (services.ContentAddressed && wanted.Contains(name))
            {
                Realisation made = Made(files.RealisationHash(path), name, result);
                if (services.Store is IRealisations kept && kept.FindRealisation(made.Id) is not null) continue;
                realisations.Add(made);
                if (!services.Store.IsValid(made.OutPath)) missing.Add(made.OutPath);
            }
        }
        if (missing.Count > 0)
        {
            using Activity activity = Begin($"copying outputs from '{machine.Url}'");
            using IDisposable entered = activity.Enter();
            // Whoever offered the build has locked them.
            (services.Store as IInheritedLocks)?.InheritLocks(missing);
            PathCopier.Copy(link.Store, services.Store, missing, copying);
        }
        PathCopier.CopyRealisations(services.Store, realisations, copying);
    }

    private Realisation Made(Hash derivation, string output, BuildResult result)
    {
        var id = new DerivationOutputId(derivation, output);
        return result.Realisations.FirstOrDefault(r => r.Id.OutputName == output)
            ?? (result.Outputs.TryGetValue(output, out StorePath there) ? new Realisation { Id = id, OutPath = there }
                : throw new BuildException(BuildStatus.MiscFailure, $"the machine does not say what it made of output '{output}'"));
    }
}
