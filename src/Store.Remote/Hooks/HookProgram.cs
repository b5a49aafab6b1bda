using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Firn.Build;
using Firn.Build.Hooks;
using Firn.Formats;
using Firn.Formats.Logging;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Sandbox;
using Firn.Store.Remote.Wire;

namespace Firn.Store.Remote.Hooks;

/// <summary>How a program that knows other places is run.</summary>
public sealed record HookProgramOptions
{
    /// <summary>The program and its arguments (<c>build-hook</c>); it is looked for in <c>PATH</c> where it has no slash.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    public required StoreDir StoreDir { get; init; }

    /// <summary>The settings that it is to work with, by name.</summary>
    public required Func<IEnumerable<KeyValuePair<string, string>>> Settings { get; init; }

    /// <summary>How much it is to tell.</summary>
    public Verbosity Verbosity { get; init; } = Verbosity.Info;
}

/// <summary>Offers builds to a program, as the setting <c>build-hook</c> has them. Each that it accepts takes a process of its own.</summary>
/// <remarks>docs/remote-building.md, "The hook's protocol"</remarks>
public sealed class HookProgram(HookProgramOptions options) : IBuildHook
{
    private HookConnection? _idle;
    private bool _declinesAll;

    public HookAnswer Offer(BuildOffer offer, IHookOutput output, CancellationToken cancel)
    {
        if (_declinesAll) return new HookAnswer(HookReply.Decline);
        HookConnection connection = _idle ??= Start();
        using CancellationTokenRegistration stop = cancel.Register(connection.Program.Stop);
        bool lost = true;
        try
        {
            connection.To.Text("try");
            connection.To.Bool(offer.CanStartHere);
            connection.To.Text(offer.System);
            connection.To.Path(options.StoreDir, offer.Derivation);
            connection.To.Texts(offer.Features);
            connection.To.Flush();
            string reply = Reply(connection, output);
            switch (reply)
            {
                case "decline":
                    lost = false;
                    return new HookAnswer(HookReply.Decline);
                case "postpone":
                    lost = false;
                    return new HookAnswer(HookReply.Postpone);
                case "decline-permanently":
                    _declinesAll = true;
                    return new HookAnswer(HookReply.Decline);
                case "accept":
                    string machine = connection.Line(output) ?? throw Died(connection);
                    lost = false;
                    _idle = null;
                    return new HookAnswer(HookReply.Accept, new AcceptedBuild(connection, options.StoreDir, machine, output));
                default:
                    throw new BuildException(BuildStatus.MiscFailure, $"bad hook reply '{reply}'");
            }
        }
        catch (SandboxException)
        {
            cancel.ThrowIfCancellationRequested();
            // What it said last tells why it reads no more.
            while (connection.Line(output) is not null)
            {
                // Each goes to the user.
            }
            throw Died(connection);
        }
        catch (BuildException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        finally
        {
            if (lost)
            {
                _idle = null;
                connection.Dispose();
            }
        }
    }

    private static string Reply(HookConnection connection, IHookOutput output)
    {
        while (connection.Line(output) is { } line)
        {
            if (line.StartsWith("# ", StringComparison.Ordinal)) return line[2..];
            output.Line(line);
        }
        throw Died(connection);
    }

    private static BuildException Died(HookConnection connection)
    {
        ProgramExit exit = connection.Program.Wait();
        return new BuildException(BuildStatus.MiscFailure,
            $"build hook died unexpectedly: it {(exit.Signaled ? "was ended by signal" : "ended with exit code")} {exit.Code}");
    }

    private HookConnection Start()
    {
        string program = Find(options.Words[0]);
        List<string> arguments = [Path.GetFileName(program)];
        for (int i = 1; i < options.Words.Count; i++) arguments.Add(options.Words[i]);
        arguments.Add(((int)options.Verbosity).ToString(System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            var connection = new HookConnection(PipedProgram.Start(program, arguments));
            foreach (var (name, value) in options.Settings())
            {
                connection.To.Number(1);
                connection.To.Text(name);
                connection.To.Text(value);
            }
            connection.To.Number(0);
            return connection;
        }
        catch (SandboxException e)
        {
            throw new BuildException(BuildStatus.MiscFailure, e.Message);
        }
    }

    private static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal)) return name;
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(directory, name);
            if (File.Exists(candidate)) return candidate;
        }
        throw new BuildException(BuildStatus.MiscFailure, $"while resolving the 'build-hook' setting: could not find executable '{name}'");
    }

    public void Dispose()
    {
        _idle?.Dispose();
        _idle = null;
    }
}

/// <summary>A program that was started, and what it says cut into lines.</summary>
internal sealed class HookConnection : IDisposable
{
    private readonly byte[] _piece = new byte[16 * 1024];
    private readonly ByteBuffer _line = new();
    private int _next, _end;

    public HookConnection(PipedProgram program)
    {
        Program = program;
        To = new WireWriter(new Input(program));
    }

    public PipedProgram Program { get; }

    public WireWriter To { get; }

    /// <summary>The next line that is no message; null when there is none any more. Messages go where they belong.</summary>
    public string? Line(IHookOutput output)
    {
        while (true)
        {
            while (_next < _end)
            {
                if (Take() && !Tell(output)) return Finished();
            }
            _next = 0;
            _end = Program.Read(_piece, withLog: false, out _);
            if (_end == 0) return _line.Length > 0 && !Tell(output) ? Finished() : null;
        }
    }

    /// <summary>Takes all that comes until the program ends.</summary>
    /// <param name="cancel">From then on nobody wants to hear how what it does comes to its end.</param>
    public void Follow(IHookOutput output, CancellationToken cancel)
    {
        do
        {
            while (_next < _end && !cancel.IsCancellationRequested)
            {
                if (Take() && !Tell(output)) output.Line(Finished());
            }
            _next = 0;
            _end = Program.Read(_piece, withLog: true, out PipedSource source);
            if (_end > 0 && source == PipedSource.Log)
            {
                if (!cancel.IsCancellationRequested) output.Log(_piece.AsSpan(0, _end));
                _next = _end;
            }
        }
        while (_end > 0);
        if (_line.Length > 0 && !cancel.IsCancellationRequested && !Tell(output)) output.Line(Finished());
    }

    /// <summary>Takes bytes up to the end of a line; false where it is not there yet.</summary>
    private bool Take()
    {
        ReadOnlySpan<byte> left = _piece.AsSpan(_next, _end - _next);
        int end = left.IndexOf((byte)'\n');
        _line.Write(end < 0 ? left : left[..end]);
        _next += end < 0 ? left.Length : end + 1;
        return end >= 0;
    }

    private string Finished()
    {
        string text = Encoding.UTF8.GetString(_line.Span);
        _line.Clear();
        return text;
    }

    /// <summary>Tells of a line that is a message, which is gone then.</summary>
    private bool Tell(IHookOutput output)
    {
        if (!_line.Span.StartsWith(JsonLog.Prefix)) return false;
        byte[] json = _line.Span[JsonLog.Prefix.Length..].ToArray();
        try
        {
            output.Message(LogMessage.Parse(json));
        }
        catch (FormatsException e)
        {
            output.Message(new LogMessage.Text(Verbosity.Error, $"{e.Message} (from the build hook)"));
        }
        _line.Clear();
        return true;
    }

    public void Dispose() => Program.Dispose();

    private sealed class Input(PipedProgram program) : ForwardWriter
    {
        public override void Write(ReadOnlySpan<byte> buffer) => program.Send(buffer);
    }
}

/// <summary>A build that a process sees to.</summary>
internal sealed class AcceptedBuild(HookConnection connection, StoreDir dir, string machine, IHookOutput output) : IAcceptedBuild
{
    public string Machine => machine;

    public ProgramExit Run(IReadOnlyCollection<StorePath> inputs, IReadOnlyCollection<string> outputs, CancellationToken cancel)
    {
        using CancellationTokenRegistration stop = cancel.Register(connection.Program.Stop);
        try
        {
            connection.To.Paths(dir, inputs);
            connection.To.Texts(outputs);
            connection.To.Flush();
        }
        catch (SandboxException)
        {
            // It reads no more: how it ended, and what it said, tell why.
        }
        connection.Program.EndInput();
        connection.Follow(output, cancel);
        ProgramExit exit = connection.Program.Wait();
        cancel.ThrowIfCancellationRequested();
        return exit;
    }

    public void Dispose() => connection.Dispose();
}
