using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build.Builtins;
using Firn.Build.Preparation;
using Firn.Build.Events;
using Firn.Build.Logs;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Logging;
using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store;

namespace Firn.Build.Execution;

/// <summary>The build of one derivation whose inputs are valid, from locks to registration. Runs on a thread of its own.</summary>
/// <param name="derivationHash">What realisations of its outputs are known by; null where none are kept.</param>
internal sealed partial class DerivationBuild(
    BuildContext context, int number, StorePath path, Derivation derivation, Hash? derivationHash, IReadOnlyCollection<StorePath> inputs, BuildMode mode)
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(300);

    private readonly BuildStore _store = context.Store;
    private readonly BuildSettings _settings = context.Settings;
    private long _start;
    private IDisposable? _entered;

    private StoreDir Dir => _store.Infos.StoreDir;

    /// <summary>When the builder began, or null where none had to.</summary>
    public DateTimeOffset? Started { get; private set; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>What it cost, where a control group counted it.</summary>
    public CpuTimes? Cpu { get; private set; }

    /// <summary>The path of each output, after a build that succeeded.</summary>
    public IReadOnlyDictionary<string, StorePath> Outputs { get; private set; } = ImmutableDictionary<string, StorePath>.Empty;

    /// <summary>Builds.</summary>
    /// <param name="cancel">Ends the build.</param>
    /// <param name="interrupted">The caller's will alone: what is to be done with a build that succeeded is done whatever else failed.</param>
    /// <exception cref="BuildException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It was ended; nothing of it is left.</exception>
    public BuildStatus Run(CancellationToken cancel, CancellationToken interrupted)
    {
        DerivationOptions options = DerivationOptions.Of(path, derivation, Dir);
        foreach (string warning in options.Warnings)
        {
            context.Events.Post(new BuildEvent.Warning(warning));
        }

        RefuseForeign(options);
        if (context.Outer.Contains(path))
        {
            throw new BuildException(BuildStatus.MiscFailure, $"derivation '{Dir.Print(path)}' cannot be built while its own build waits for it");
        }

        List<(string Name, StorePath? Path)> outputs = [.. derivation.OutputPaths(Dir)];
        _store.TempRoots.AddTempRoots([path, .. outputs.Select(o => o.Path).OfType<StorePath>()]);
        using IOutputLock held = Lock(Locked(outputs), cancel);
        // Whoever waits for them sees that the files are gone and makes new ones.
        held.DeleteOnRelease();
        Dictionary<string, StorePath> valid = Valid(outputs);
        if (mode == BuildMode.Normal && valid.Count == outputs.Count)
        {
            Outputs = valid;
            return BuildStatus.AlreadyValid;
        }

        DeleteInvalid(outputs, valid);
        Make(() => Build(options, outputs, valid, cancel), interrupted);
        return BuildStatus.Built;
    }

    /// <summary>Makes the outputs, and tells how that ends once it has been told that it began.</summary>
    /// <param name="interrupted">As for <see cref="Run(CancellationToken, CancellationToken)"/>.</param>
    private void Make(Func<IReadOnlyDictionary<string, StorePath>> make, CancellationToken interrupted)
    {
        bool succeeded = false;
        ulong size = 0;
        try
        {
            Outputs = make();
            Realise(Outputs);
            size = Outputs.Values.Aggregate(0UL, (sum, output) => sum + (_store.Infos.Find(output)?.NarSize ?? 0));
            succeeded = true;
        }
        finally
        {
            if (Started is not null)
            {
                Elapsed = Stopwatch.GetElapsedTime(_start);
                context.Events.Post(new BuildEvent.Finished(number, path, derivation.Name, succeeded, Elapsed) { Size = size });
                _entered?.Dispose();
            }
        }

        PostBuildHook.Run(context, number, path, Outputs.Values, interrupted);
    }

    /// <summary>What excludes others that build the same: the derivation's own path where that of an output is not known yet.</summary>
    private StorePath[] Locked(List<(string Name, StorePath? Path)> outputs) => [.. outputs.Select(o => o.Path ?? new StorePath(path.BaseName + "." + o.Name))];

    /// <summary>Deletes what is left over from a build that was cut off.</summary>
    private void DeleteInvalid(List<(string Name, StorePath? Path)> outputs, Dictionary<string, StorePath> valid)
    {
        foreach ((string name, StorePath? output) in outputs)
        {
            if (output is { } known && !valid.ContainsKey(name))
            {
                _store.Trees.Delete(_store.Paths.RealPath(known));
            }
        }
    }

    /// <summary>The builder is about to be started: what could have kept it from that has not.</summary>
    /// <param name="machine">The machine that builds; empty for this one.</param>
    private void TellStart(string machine = "")
    {
        // A second try, without namespaces, is the same build.
        if (Started is not null)
        {
            return;
        }

        Started = DateTimeOffset.UtcNow;
        _start = Stopwatch.GetTimestamp();
        context.Events.Post(new BuildEvent.Started(number, path, derivation.Name, mode, machine.Length == 0 && IsDownload(derivation)) { Machine = machine });
        _entered = context.Events.Enter(number);
    }

    /// <summary>The outputs that are there, with their paths.</summary>
    private Dictionary<string, StorePath> Valid(List<(string Name, StorePath? Path)> outputs)
    {
        Dictionary<string, StorePath> valid = new(StringComparer.Ordinal);
        foreach ((string name, StorePath? path) in outputs)
        {
            if (derivation.Type != DerivationType.Impure && (path ?? Realised(name)) is { } known && _store.Infos.IsValid(known))
            {
                valid[name] = known;
            }
        }

        return valid;
    }

    /// <summary>With the signatures of the machine's keys.</summary>
    internal static Realisation Signed(Realisation realisation, BuildSettings settings) =>
        settings.SecretKeys().Aggregate(realisation, static (signed, key) => signed.Sign(key));

    private StorePath? Realised(string output) =>
        derivationHash is { } hash ? _store.Realisations?.FindRealisation(new DerivationOutputId(hash, output))?.OutPath : null;

    private void Realise(IReadOnlyDictionary<string, StorePath> outputs)
    {
        if (derivationHash is not { } hash || _store.Realisations is not { } realisations || derivation.Type == DerivationType.Impure || mode == BuildMode.Check)
        {
            return;
        }

        foreach ((string name, StorePath path) in outputs)
        {
            DerivationOutputId id = new(hash, name);
            if (realisations.FindRealisation(id)?.OutPath != path)
            {
                realisations.RegisterRealisation(Signed(new Realisation { Id = id, OutPath = path }, _settings));
            }
        }
    }

    /// <summary>Whether a derivation only downloads something, with no program run.</summary>
    public static bool IsDownload(Derivation derivation) => derivation.Builder.AsSpan().SequenceEqual("builtin:fetchurl"u8);

    /// <summary>The paths of the outputs, as messages list them.</summary>
    public static string KnownOutputs(Derivation derivation, StoreDir dir)
    {
        StringBuilder text = new();
        foreach (StorePath output in derivation.OutputPaths(dir).Select(o => o.Path).OfType<StorePath>().Order())
        {
            text.Append(text.Length == 0 ? "\nOutput paths:" : "").Append("\n  ").Append(dir.Print(output));
        }

        return text.ToString();
    }

    private void RefuseForeign(DerivationOptions options)
    {
        if (WhyNotHere(options) is { } reasons)
        {
            throw new BuildException(BuildStatus.InputRejected, $"Cannot build '{Dir.Print(path)}'.{reasons}");
        }
    }

    /// <summary>Why this machine cannot build it, a line for each reason; null where it can.</summary>
    private string? WhyNotHere(DerivationOptions options)
    {
        string message = "";
        if (ExternalBuild.For(_settings, derivation) is not null)
        {
            return null;
        }

        if (!derivation.IsBuiltin && derivation.Platform != _settings.System && !_settings.ExtraPlatforms.Contains(derivation.Platform))
        {
            message += $"\nReason: platform mismatch\nRequired system: '{derivation.Platform}'\nCurrent system: '{_settings.System}'";
        }

        // What is an experiment of the program itself is there when it is on.
        string[] experiments = ["ca-derivations"];
        List<string> required = [.. options.Features, .. derivation.Type == DerivationType.Floating ? experiments : []];
        List<string> available = [.. _settings.SystemFeatures, .. experiments.Where(_settings.Features.Contains)];
        if (!required.All(available.Contains))
        {
            message += $"\nReason: missing system features\nRequired features: {{{List(required)}}}\nAvailable features: {{{List(available)}}}";
        }

        static string List(List<string> features) => string.Join(", ", features.Distinct().Order(StringComparer.Ordinal));

        if (_settings.MaxJobs == 0)
        {
            message = "\nReason: local builds are disabled (max-jobs = 0)"
                + "\nHint: set 'max-jobs' to a non-zero value to enable local builds, or configure remote builders via 'builders'" + message;
        }

        return message.Length > 0 ? message : null;
    }

    private string WaitingFor(StorePath[] paths) => "waiting for lock on " + string.Join(", ", paths.Select(p => $"'{_store.Paths.RealPath(p)}'"));

    private IOutputLock Lock(StorePath[] paths, CancellationToken cancel)
    {
        IOutputLock? held = _store.Locks.TryLock(paths);
        if (held is null)
        {
            context.Events.Post(new BuildEvent.Waiting(WaitingFor(paths)) { Build = number });
            while (held is null)
            {
                if (cancel.WaitHandle.WaitOne(s_retry))
                {
                    cancel.ThrowIfCancellationRequested();
                }

                held = _store.Locks.TryLock(paths);
            }

            context.Events.Post(new BuildEvent.WaitingEnded(number));
        }

        return held;
    }

    private IReadOnlyDictionary<string, StorePath> Build(
        DerivationOptions options, List<(string Name, StorePath? Path)> outputs, Dictionary<string, StorePath> valid, CancellationToken cancel)
    {
        SortedSet<StorePath> closure = _store.Infos.Closure(inputs);
        BuilderMessages messages = new(context.Events, number, derivation.Name);
        LogTail tail = new(
            _settings.LogLines,
            line => context.Events.Post(new BuildEvent.LogLine(number, derivation.Name, line)),
            messages.Take);
        try
        {
            return Build(options, outputs, valid, closure, tail, namespaces: true, cancel);
        }
        catch (NoNamespacesException) when (BuildPlace.MayGoWithout(context, derivation.IsBuiltin))
        {
            if (_settings.SandboxFallback)
            {
                context.Events.Post(new BuildEvent.Warning("auto-disabling sandboxing because the prerequisite namespaces are not available"));
            }

            return Build(options, outputs, valid, closure, tail, namespaces: false, cancel);
        }
        catch (NoNamespacesException e)
        {
            throw new BuildException(BuildStatus.MiscFailure,
                $"this system does not support the kernel namespaces that are required for sandboxing; use '--no-sandbox' to disable sandboxing ({e.Message})");
        }
        finally
        {
            messages.End();
        }
    }

    private IReadOnlyDictionary<string, StorePath> Build(
        DerivationOptions options,
        List<(string Name, StorePath? Path)> outputs,
        Dictionary<string, StorePath> valid,
        SortedSet<StorePath> closure,
        LogTail tail,
        bool namespaces,
        CancellationToken cancel)
    {
        bool copy = derivation.Type is DerivationType.Fixed or DerivationType.Impure && !context.TrustsOpenFiles;
        using BuildPlace place = BuildPlace.Make(context, path, derivation, options, outputs, closure, namespaces, cancel);
        TellStart();
        string? url;
        SortedSet<StorePath> known = closure;
        BuildLogFile log = new(_settings.LogDir, path, _settings.CompressLog);
        using (log)
        {
            void Sink(ReadOnlySpan<byte> bytes)
            {
                log.Write(bytes);
                tail.Write(bytes);
            }

            url = Run(place, Sink, tail, ref known, cancel);
            tail.Flush();
        }

        if (log.Failure is { } lost)
        {
            throw new BuildException(BuildStatus.TransientFailure, $"writing the log of '{Dir.Print(path)}': {lost.Message}");
        }

        OutputRegistration registration = new(context, path, derivation, options, mode)
        {
            User = place.User,
            Copy = copy,
            InPlace = place.InPlace,
            OutputDirectory = place.OutputDirectory,
            WorkingDirectory = place.WorkingDirectory,
            Cancel = cancel,
            Url = url,
            Before = mode == BuildMode.Check ? valid : null,
        };
        IReadOnlyDictionary<string, StorePath> made = registration.Register(
            place.Planned, mode == BuildMode.Normal ? valid : ImmutableDictionary<string, StorePath>.Empty, place.Outputs, known);
        place.Succeeded = true;
        return mode == BuildMode.Check && valid.Count > 0 ? valid : made;
    }

    /// <summary>Runs the builder; returns where the contents came from, where that is known.</summary>
    /// <param name="known">What outputs may refer to; a build that builds adds to it.</param>
    private string? Run(BuildPlace place, LogSink sink, LogTail tail, ref SortedSet<StorePath> known, CancellationToken cancel)
    {
        BuiltinMessages messages = new((url, received, total) => context.Events.Post(new BuildEvent.Downloaded(number, url, received, total)));
        BuildRequest request = place.Request with { Messages = messages.Take };
        if (!derivation.IsBuiltin)
        {
            context.Events.Post(new BuildEvent.Note($"executing builder '{Encoding.UTF8.GetString(derivation.Builder)}'") { Level = Verbosity.Chatty });
        }

        CancellationTokenRegistration registration = default;
        BuildExit exit;
        using RecursiveBuild? recursive = place.RecursiveSocket is { } socket ? new RecursiveBuild(context, path, known, place, socket) : null;
        try
        {
            exit = RunningBuild.Run(context.Launcher(), request, sink, running =>
            {
                recursive?.Attach(running);
                registration = cancel.Register(running.Cancel);
            });
        }
        finally
        {
            registration.Dispose();
        }

        if (recursive is not null)
        {
            known = recursive.End();
        }

        if (request.ControlGroup is not null && exit.End != BuildEnd.NotStarted)
        {
            Cpu = new CpuTimes(exit.User, exit.System);
            context.Events.Post(new BuildEvent.Note(
                $"builder for '{Dir.Print(path)}' ended with code {exit.Code}, user CPU {exit.User.TotalSeconds:F3}s, system CPU {exit.System.TotalSeconds:F3}s") { Level = Verbosity.Debug });
        }

        foreach (string warning in exit.Warnings)
        {
            context.Events.Post(new BuildEvent.Warning(warning));
        }

        cancel.ThrowIfCancellationRequested();
        if (exit.NamespacesRefused)
        {
            throw new NoNamespacesException(exit.Message!);
        }

        if (exit.End == BuildEnd.NotStarted && exit.Message!.StartsWith("executing ", StringComparison.Ordinal))
        {
            // As if the builder itself had said so.
            sink(Encoding.UTF8.GetBytes($"error: {exit.Message}\n"));
            exit = exit with { End = BuildEnd.Exited, Code = 1 };
        }

        tail.Flush();
        if (exit.Succeeded)
        {
            return messages.Url is { } from ? from : derivation.Variable("url"u8) is { } url ? Encoding.UTF8.GetString(url) : null;
        }

        string what = $"building derivation '{Dir.Print(path)}'";
        throw exit.End switch
        {
            BuildEnd.TimedOut => new BuildException(BuildStatus.TimedOut, $"timed out after {_settings.Timeout.TotalSeconds} seconds"),
            BuildEnd.Silent => new BuildException(BuildStatus.TimedOut, $"timed out after {_settings.MaxSilentTime.TotalSeconds} seconds"),
            BuildEnd.LogTooLong => new BuildException(BuildStatus.LogLimitExceeded, $"{what} killed after writing more than {_settings.MaxLogSize} bytes of log output"),
            BuildEnd.NotStarted => new BuildException(BuildStatus.MiscFailure, $"while setting up the build environment for '{Dir.Print(path)}': {exit.Message}"),
            _ => BuilderFailed(How(exit.End == BuildEnd.Signaled, exit.Code), tail),
        };
    }

    private static string How(bool signaled, int code) => signaled ? $"failed due to signal {code} ({Posix.SignalName(code)})" : $"failed with exit code {code}";

    private BuildException BuilderFailed(string how, LogTail tail)
    {
        StringBuilder text = new($"Cannot build '{Dir.Print(path)}'.\nReason: builder {how}.{KnownOutputs(derivation, Dir)}");
        if (!_settings.LogShown && tail.Lines.Count > 0)
        {
            text.Append("\nLast ").Append(tail.Lines.Count).Append(" log lines:\n");
            foreach (string line in tail.Lines)
            {
                text.Append("> ").Append(line).Append('\n');
            }

            text.Append("For full logs, run:\n  ").Append(_settings.NixCommand ? "nix log " : "nix-store -l ").Append(Dir.Print(path));
        }

        bool full = _store.Building is not null && (DiskIsFull(_store.Paths.RealStoreDir) || DiskIsFull(_settings.BuildDir));
        if (full)
        {
            text.Append("\nnote: build failure may have been caused by lack of free disk space");
        }

        bool transient = full || derivation.Type is DerivationType.Fixed or DerivationType.Impure;
        return new BuildException(transient ? BuildStatus.TransientFailure : BuildStatus.PermanentFailure, text.ToString());
    }

    private static bool DiskIsFull(string path) => Directory.Exists(path) && new DriveInfo(path).AvailableFreeSpace < 8L << 20;

    /// <summary>The kernel refused the namespaces of a sandbox; nothing has run.</summary>
    private sealed class NoNamespacesException(string message) : Exception(message);
}
