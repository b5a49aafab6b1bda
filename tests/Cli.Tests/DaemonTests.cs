using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Clients and daemons, of this implementation and of the reference one.</summary>
public sealed class DaemonTests : IDisposable
{
    private readonly FirnProcess _firn = new();
    private readonly List<Process> _daemons = [];

    private static string ReferenceBin => Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";

    private string Socket => Path.Combine(_firn.Directory, "socket");

    public DaemonTests()
    {
        foreach ((string name, string directory) in (ReadOnlySpan<(string, string)>)[("NIX_STORE_DIR", "s/store"), ("NIX_STATE_DIR", "s/state"), ("NIX_LOG_DIR", "s/log")])
        {
            _firn.Variables[name] = Path.Combine(_firn.Directory, directory);
        }

        Directory.CreateDirectory(Path.Combine(_firn.Directory, "s/store"));
        _firn.Variables["NIX_DAEMON_SOCKET_PATH"] = Socket;
        File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "sandbox = false\nexperimental-features = nix-command recursive-nix\n");
        _firn.Write("a.nix", """
            { n ? "1", fail ? false }:
            let
              make = name: script: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ]; };
              dep = make "dep" "echo dep${n} > $out";
            in
            make "top" "echo building top; ${if fail then "exit 3" else "read x < ${dep}; echo $x ${dep} > $out"}"
            """);
    }

    public void Dispose()
    {
        foreach (Process daemon in _daemons)
        {
            daemon.Kill(entireProcessTree: true);
            daemon.WaitForExit();
            daemon.Dispose();
        }

        _firn.Dispose();
    }

    private void StartDaemon(bool reference, params string[] arguments)
    {
        // Named as a store, lest it find a socket and ask itself.
        _firn.Variables["NIX_REMOTE"] = "local";
        Process daemon = _firn.Start([reference ? Path.Combine(ReferenceBin, "nix-daemon") : "nix-daemon", .. arguments]);
        daemon.OutputDataReceived += static (_, _) => { };
        daemon.ErrorDataReceived += static (_, _) => { };
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        _daemons.Add(daemon);
        for (int i = 0; !File.Exists(Socket) && i < 200; i++)
        {
            Thread.Sleep(50);
        }

        Assert.True(File.Exists(Socket), "the daemon does not listen");
        _firn.Variables["NIX_REMOTE"] = "unix://" + Socket;
    }

    private Outcome Run(bool reference, string command, params ReadOnlySpan<string> arguments) => _firn.Run(reference, command, arguments);

    private string Succeeds(bool reference, string command, params ReadOnlySpan<string> arguments) => _firn.Succeeds(reference, command, arguments);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void ADaemonServesWhatCommandsNeed(bool referenceDaemon, bool referenceClient)
    {
        StartDaemon(referenceDaemon);
        bool client = referenceClient;
        string expression = Path.Combine(_firn.Work, "a.nix");
        Outcome built = Run(client, "nix-build", expression, "-o", Path.Combine(_firn.Work, "result"));
        Assert.True(built.Status == 0, built.Error);
        Assert.Contains("building top", built.Error, StringComparison.Ordinal);
        string top = built.Output.Trim();
        string dep = File.ReadAllText(top).Trim().Split(' ')[1];
        Assert.Equal(new[] { dep, top }.Order(StringComparer.Ordinal), Succeeds(client, "nix-store", "-qR", top).Split('\n').Order(StringComparer.Ordinal));
        Assert.Contains(top, Succeeds(client, "nix-store", "-q", "--referrers", dep), StringComparison.Ordinal);
        Assert.EndsWith("-top.drv", Succeeds(client, "nix-store", "-q", "--deriver", top), StringComparison.Ordinal);
        Assert.Contains(_firn.Work + "/result", Succeeds(client, "nix-store", "-q", "--roots", dep), StringComparison.Ordinal);
        string tree = Directory.CreateDirectory(Path.Combine(_firn.Work, "tree/d")).FullName;
        File.WriteAllText(Path.Combine(tree, "f"), new string('x', 300_000));
        string added = Succeeds(client, "nix-store", "--add", Path.Combine(_firn.Work, "tree"));
        Assert.Equal(300_000, new FileInfo(added + "/d/f").Length);
        Assert.Equal(added, Succeeds(client, "nix-store", "--add", Path.Combine(_firn.Work, "tree")));
        Succeeds(client, "nix-store", "--verify", "--check-contents");
        Outcome failed = Run(client, "nix-build", expression, "--no-out-link", "--arg", "fail", "true");
        Assert.Equal(1, failed.Status);
        Assert.Contains("failed with exit code 3", failed.Error, StringComparison.Ordinal);
        Assert.Contains(added, Succeeds(client, "nix-store", "--gc", "--print-dead"), StringComparison.Ordinal);
        Succeeds(client, "nix-store", "--gc");
        Assert.False(Directory.Exists(added));
        Assert.True(File.Exists(top));
        Succeeds(client, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--to", Path.Combine(_firn.Directory, "copy"), top);
    }

    [Fact]
    public void ADaemonLetsUntrustedClientsDoNoHarm()
    {
        StartDaemon(reference: false, "--force-untrusted");
        Succeeds(reference: false, "nix-build", Path.Combine(_firn.Work, "a.nix"), "--no-out-link");
        Assert.Contains("Trusted: 0", Run(reference: false, "nix", "store", "info").Error + Run(reference: false, "nix", "store", "info").Output, StringComparison.Ordinal);
        Outcome repair = Run(reference: false, "nix-store", "--verify", "--repair");
        Assert.Contains("you are not privileged to repair paths", repair.Error, StringComparison.Ordinal);
        Outcome option = Run(reference: false, "nix-build", Path.Combine(_firn.Work, "a.nix"), "--no-out-link", "--argstr", "n", "2", "--option", "post-build-hook", "/bin/false");
        Assert.True(option.Status == 0, option.Error);
        Assert.Contains("ignoring the client-specified setting 'post-build-hook', because it is a restricted setting and you are not a trusted user", option.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh://machine")]
    [InlineData("ssh-ng://machine")]
    public void TheReferenceImplementationCopiesThroughSsh(string url)
    {
        string bin = Directory.CreateDirectory(Path.Combine(_firn.Directory, "ssh")).FullName;
        string far = Path.Combine(_firn.Directory, "far");
        // Runs the command here, with another store.
        File.WriteAllText(Path.Combine(bin, "ssh"), $$"""
            #!/bin/bash
            command=() host=
            for a; do
              case "$a" in
                *LocalCommand=echo\ started*) echo started;;
                --) ;;
                -*) [ ${#command[@]} -gt 0 ] && command+=("$a");;
                *) if [ -z "$host" ]; then host=$a; else command+=("$a"); fi;;
              esac
            done
            exec env -u NIX_STATE_DIR -u NIX_LOG_DIR NIX_REMOTE='local?root={{far}}' PATH={{FirnProcess.Bin}}:$PATH sh -c "${command[*]}"
            """);
        File.SetUnixFileMode(Path.Combine(bin, "ssh"), (UnixFileMode)0x1ed);
        _firn.Variables["NIX_REMOTE"] = "local";
        string top = Succeeds(reference: false, "nix-build", Path.Combine(_firn.Work, "a.nix"), "--no-out-link");
        _firn.Variables["PATH"] = bin + ":" + Environment.GetEnvironmentVariable("PATH");
        Succeeds(reference: true, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--to", url, top);
        _firn.Variables["NIX_REMOTE"] = "local?root=" + far;
        string[] closure = Succeeds(reference: true, "nix", "--extra-experimental-features", "nix-command", "path-info", "--store", url, "-r", top).Split('\n');
        Assert.Equal(2, closure.Length);
        Assert.Contains(top, closure);
    }

    [Fact]
    public void BuildsMayBuild()
    {
        _firn.Variables["NIX_REMOTE"] = "local";
        string secret = Succeeds(reference: false, "nix-store", "--add", _firn.Write("secret", "secret"));
        string expression = _firn.Write("recursive.nix", $$"""
            derivation {
              name = "recursive";
              system = "x86_64-linux";
              builder = "/bin/sh";
              requiredSystemFeatures = [ "recursive-nix" ];
              input = builtins.toFile "input" "an input";
              PATH = "{{FirnProcess.Bin}}:/bin:/usr/bin";
              HOME = "/none";
              NIX_CONF_DIR = "{{_firn.Directory}}/conf";
              NIX_STORE_DIR = "{{_firn.Variables["NIX_STORE_DIR"]}}";
              args = [ "-c" ''
                set -e
                nix-store --check-validity $input
                if nix-store --check-validity {{secret}}; then exit 11; fi
                if nix-store --export {{secret}} > /dev/null; then exit 12; fi
                echo added > added
                added=$(nix-store --add ./added)
                made=$(nix-build --no-out-link -E 'derivation { name = "inner"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo made > $out" ]; }')
                mkdir $out
                ln -s $added $out/added
                ln -s $made $out/made
              '' ];
            }
            """);
        string top = Succeeds(reference: false, "nix-build", expression, "--no-out-link");
        Assert.Equal("added\n", File.ReadAllText(top + "/added"));
        Assert.Equal("made\n", File.ReadAllText(top + "/made"));
        string closure = Succeeds(reference: false, "nix-store", "-qR", top);
        Assert.Contains("-added", closure, StringComparison.Ordinal);
        Assert.Contains("-inner", closure, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, closure, StringComparison.Ordinal);
    }
}
