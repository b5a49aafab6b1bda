using System;
using System.Collections.Generic;
using System.IO;
using Firn.Build.Events;
using Firn.Formats;
using Firn.Formats.Sinks;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Client;

/// <summary>A connection to a server of the worker protocol, after the greeting.</summary>
internal sealed class ClientConnection : IDisposable
{
    /// <summary>Said where the server ends the connection inside of an answer.</summary>
    public const string Disconnected = "Nix daemon disconnected unexpectedly (maybe it crashed?)";

    private readonly StoreLink _link;
    private readonly MessageReader _messages;

    /// <exception cref="StoreException">Nobody answers, or it is no such server.</exception>
    public ClientConnection(RemoteOptions options)
    {
        _link = options.Connect();
        From = new WireReader(_link.From) { EndMessage = Disconnected };
        To = new WireWriter(_link.To);
        _messages = new MessageReader(From, To, options.StoreDir, options.Log);
        bool greeted = false;
        try
        {
            Greet();
            greeted = true;
        }
        catch (Exception e) when (e is StoreException or FormatsException or IOException)
        {
            throw new StoreException($"cannot open connection to remote store '{options.Reference.Render(withParameters: false)}': {e.Message}", e);
        }
        finally
        {
            if (!greeted) _link.Close();
        }
        if (options.Settings is { } settings) Set(settings());
    }

    public WireReader From { get; }

    public WireWriter To { get; }

    public ProtocolVersion Version { get; private set; }

    /// <summary>The version of the software there; null where it does not say.</summary>
    public string? ServerVersion { get; private set; }

    /// <summary>Whether it trusts this side; null where it does not say.</summary>
    public bool? Trusted { get; private set; }

    /// <summary>Whether the two sides have lost each other, so that nothing more can be asked.</summary>
    public bool IsBroken { get; private set; }

    private void Greet()
    {
        To.Number(WorkerProtocol.ClientMagic);
        To.Number(WorkerProtocol.Latest.Wire);
        To.Flush();
        if (From.Number() != WorkerProtocol.ServerMagic) throw new ProtocolException("nix-daemon protocol mismatch from");
        ProtocolVersion theirs = ProtocolVersion.Of(From.Small());
        if (theirs.Major != WorkerProtocol.Latest.Major) throw new ProtocolException("Nix daemon protocol version not supported");
        if (theirs < WorkerProtocol.Oldest) throw new ProtocolException("the Nix daemon version is too old");
        Version = ProtocolVersion.Min(theirs, WorkerProtocol.Latest);
        _messages.Version = Version;
        if (Version >= WorkerProtocol.Features)
        {
            To.Texts([]);
            To.Flush();
            From.Texts();
        }
        To.Number(0);
        To.Number(0);
        To.Flush();
        if (Version >= WorkerProtocol.VersionShown) ServerVersion = From.Text();
        if (Version >= WorkerProtocol.TrustShown)
        {
            Trusted = From.Number() switch
            {
                0 => null,
                1 => true,
                2 => false,
                _ => throw new ProtocolException("Invalid trusted status from remote"),
            };
        }
        Await(null);
    }

    private void Set(ClientOptions options)
    {
        To.Number((ulong)WorkerOperation.SetOptions);
        To.Bool(options.KeepFailed);
        To.Bool(options.KeepGoing);
        To.Bool(options.Fallback);
        To.Number((ulong)options.Verbosity);
        To.Number(options.MaxJobs);
        To.Number(options.MaxSilentTime);
        To.Bool(true);
        To.Number(options.ShowBuildOutput ? (ulong)StoreLogLevel.Error : 7);
        To.Number(0);
        To.Number(0);
        To.Number(options.Cores);
        To.Bool(options.Substitute);
        To.Number((ulong)options.Settings.Count);
        foreach (var (name, value) in options.Settings)
        {
            To.Text(name);
            To.Text(value);
        }
        Await(null);
    }

    /// <summary>Begins a request.</summary>
    public WireWriter Request(WorkerOperation operation)
    {
        To.Number((ulong)operation);
        return To;
    }

    /// <summary>Sends the request and takes messages until the answer follows.</summary>
    /// <exception cref="RemoteException">There is none.</exception>
    public WireReader Await(IBuildEvents? events)
    {
        To.Flush();
        while (_messages.Take(events))
        {
            // Each has gone where it belongs.
        }
        return From;
    }

    /// <summary>Sends contents, and takes messages meanwhile, so that neither side waits for the other for ever.</summary>
    /// <exception cref="RemoteException">The server wants no more of it, or has refused it in the end.</exception>
    public WireReader AwaitFramed(Action<IByteSink> write)
    {
        To.Flush();
        bool answered = false;
        var framed = new FramedWriter(To, () =>
        {
            while (!answered && (From.HasBuffered || _link.HasData())) answered = !_messages.Take(null);
        });
        // An answer in the middle leaves the server waiting for the rest, which it is not going to get.
        IsBroken = true;
        write(framed);
        framed.Finish();
        IsBroken = answered;
        while (!answered && _messages.Take(null))
        {
            // Each has gone where it belongs.
        }
        return From;
    }

    /// <summary>As <see cref="AwaitFramed"/> with a server that asks for each piece.</summary>
    public WireReader AwaitPulled(Stream contents)
    {
        To.Flush();
        while (_messages.Take(null, contents))
        {
            // Each has gone where it belongs.
        }
        return From;
    }

    public void Dispose() => _link.Close();
}
