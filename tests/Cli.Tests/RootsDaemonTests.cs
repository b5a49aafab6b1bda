using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>The daemon that tells collectors what running processes use.</summary>
public sealed class RootsDaemonTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public RootsDaemonTests()
    {
        // No root of its own for the store: a program in it has to run under its path.
        foreach ((string name, string directory) in (ReadOnlySpan<(string, string)>)[("NIX_STORE_DIR", "s/store"), ("NIX_STATE_DIR", "s/state"), ("NIX_LOG_DIR", "s/log")])
        {
            _firn.Variables[name] = Path.Combine(_firn.Directory, directory);
        }

        Directory.CreateDirectory(Path.Combine(_firn.Directory, "s/store"));
        _firn.Variables["NIX_REMOTE"] = "local";
        File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command local-overlay-store\n");
    }

    private string Socket => Path.Combine(_firn.Directory, "s/state/gc-roots-socket/socket");

    public void Dispose() => _firn.Dispose();

    [Fact]
    public void Collectors_learn_from_the_daemon_what_runs()
    {
        File.Copy("/bin/sleep", Path.Combine(_firn.Work, "sleeper"));
        string running = _firn.Succeeds(false, "nix-store", "--add", "sleeper"), idle = _firn.Succeeds(false, "nix-store", "--add", _firn.Write("idle", "idle"));
        using Process sleeper = Process.Start(running, "60"), daemon = _firn.Start(["nix", "store", "roots-daemon"]);
        try
        {
            for (int i = 0; !File.Exists(Socket) && i < 200; i++)
            {
                Thread.Sleep(50);
            }

            Assert.Equal(running + "\0", Ask());
            Assert.Equal($"\"{{censored}}\" -> {running}", _firn.Succeeds(false, "nix-store", "--store", "local?use-roots-daemon=true", "--gc", "--print-roots"));
            _firn.Succeeds(false, "nix", "store", "gc", "--store", "local?use-roots-daemon=true");
            Assert.True(File.Exists(running));
            Assert.False(File.Exists(idle));
        }
        finally
        {
            sleeper.Kill();
            daemon.Kill();
            sleeper.WaitForExit();
            daemon.WaitForExit();
        }
    }

    [Fact]
    public void A_collector_that_the_daemon_does_not_answer_deletes_nothing()
    {
        string idle = _firn.Succeeds(false, "nix-store", "--add", _firn.Write("idle", "idle"));
        Outcome outcome = _firn.Run("nix", "store", "gc", "--store", "local?use-roots-daemon=true");
        Assert.Equal(1, outcome.Status);
        Assert.Contains($"error: cannot connect to socket at '{Socket}': No such file or directory\n", outcome.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(idle));
    }

    [Fact]
    public void The_daemon_is_for_local_stores()
    {
        Outcome outcome = _firn.Run("nix", "store", "roots-daemon", "--store", "file:///cache");
        Assert.Equal(1, outcome.Status);
        Assert.Contains("error: Roots daemon only functions with a local store, not 'file:///cache'\n", outcome.Error, StringComparison.Ordinal);
    }

    private string Ask()
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        byte[] piece = new byte[4096];
        StringBuilder answer = new();
        for (int n; (n = socket.Receive(piece)) > 0;)
        {
            answer.Append(Encoding.UTF8.GetString(piece, 0, n));
        }

        return answer.ToString();
    }
}
