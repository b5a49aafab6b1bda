using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Builds on other machines, with stores of this one in their place: each part by either implementation.</summary>
public sealed partial class RemoteBuildTests : IDisposable
{
    private const int Interrupt = 2, Kill = 9;

    // A processor's time in the life of a build: marks its processes.
    private const string Mark = "31.4159";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly FirnProcess _firn = new();

    public RemoteBuildTests()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf",
            "sandbox = true\nsandbox-paths = /bin/sh=/bin/busybox /bin/busybox\nexperimental-features = nix-command\nbuild-poll-interval = 1\n");
    }

    public void Dispose() => _firn.Dispose();

    private static string ReferenceBin => Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";

    private static string Bin(bool reference) => reference ? ReferenceBin : FirnProcess.Bin;

    /// <summary>The program that distributes builds, by the one word that all versions take.</summary>
    private string Hook(bool reference)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_firn.Work, reference ? "reference" : "ours")).FullName;
        string link = Path.Combine(directory, "build-remote");
        File.CreateSymbolicLink(link, Bin(reference) + "/nix");
        return link;
    }

    private string Store(string machine) => Path.Combine(_firn.Directory, machine);

    /// <summary>An entry for a machine that has the feature of its own name.</summary>
    private string Machine(string name, string scheme, bool reference, string? program = null) => scheme.Length == 0
        ? $"{Store(name)} - - 1 1 {name}"
        : $"{scheme}://localhost?remote-program={program ?? Bin(reference) + (scheme == "ssh" ? "/nix-store" : "/nix-daemon")}&remote-store={Store(name)}?system-features={name} - - 1 1 {name}";

    private string Write(string script, string name = "a", string more = "") => _firn.Write(name + ".nix", $$"""
        { salt ? "" }:
        derivation {
          name = "{{name}}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit salt; {{more}}
          args = [ "-c" "{{script}}" ];
        }
        """);

    private string[] Line(string file, string builders, params string[] more) =>
        [file, "--no-out-link", "--builders", builders, "--option", "max-jobs", "0", .. more];

    private bool IsThere(string machine, string path) => File.Exists(Store(machine) + path);

    [Theory]
    [InlineData(false, false, "", false)]
    [InlineData(false, false, "ssh", false)]
    [InlineData(false, false, "ssh", true)]
    [InlineData(false, false, "ssh-ng", false)]
    [InlineData(false, true, "", false)]
    [InlineData(false, true, "ssh", false)]
    [InlineData(false, true, "ssh-ng", false)]
    [InlineData(true, false, "", false)]
    [InlineData(true, false, "ssh", true)]
    [InlineData(true, false, "ssh-ng", false)]
    [InlineData(true, true, "ssh", false)]
    [InlineData(true, true, "ssh-ng", false)]
    public void ABuildIsMadeThereAndItsOutputBrought(bool mainReference, bool hookReference, string scheme, bool machineReference)
    {
        string file = Write("echo said; echo made > $out", more: "requiredSystemFeatures = [ \"m1\" ];");
        string output = _firn.Succeeds(mainReference, "nix-build", Line(file, Machine("m1", scheme, machineReference), "--build-hook", Hook(hookReference)));
        Assert.True(IsThere("m1", output));
        Assert.Equal("made\n", File.ReadAllText(Store("store") + output));
        _firn.Succeeds(false, "nix-store", "--verify-path", output);
        string derivation = _firn.Succeeds(false, "nix-store", "--query", "--deriver", output);
        Assert.Contains("said", scheme.Length == 0 && hookReference ? "said" : _firn.Succeeds(false, "nix-store", "--read-log", derivation), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Store("store") + "/nix/store", "*.lock"));
    }

    [Fact]
    public void InputsTravelAndTheMachineIsNamed()
    {
        string file = _firn.Write("two.nix", """
            let make = name: text: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" text ]; };
                input = make "input" "echo one > $out";
            in make "two" "read x < ${input}; echo $x two > $out"
            """);
        string output = _firn.Succeeds(false, "nix-build", Line(file, $"{Store("m1")} - - 1 1"));
        Assert.Equal("one two\n", File.ReadAllText(Store("store") + output));
        _firn.Succeeds(false, "nix-store", "--delete", output);
        Outcome again = _firn.Run("nix", ["build", "-f", file, "--no-link", "--log-format", "internal-json", "--builders", $"{Store("m2")} - - 1 1", "--max-jobs", "0"]);
        Assert.True(again.Status == 0, again.Error);
        Assert.Contains($"\",\"local://{Store("m2")}\",1,1]", again.Error, StringComparison.Ordinal);
        Assert.True(IsThere("m2", output));
    }

    [Fact]
    public void AMachineThatCannotBeReachedIsToldOnceAndLeftOut()
    {
        string file = Write("echo made > $out");
        string missing = "ssh://localhost?remote-program=/nowhere/nix-store - - 4 9";
        Outcome elsewhere = _firn.Run("nix-build", Line(file, $"{missing}; {Store("m2")} - - 1 1"));
        Assert.True(elsewhere.Status == 0, elsewhere.Error);
        Assert.Single(elsewhere.Error.Split("cannot build on 'ssh://localhost?remote-program=/nowhere/nix-store': unable to execute '/nowhere/nix-store': No such file or directory")[1..]);
        Assert.True(IsThere("m2", elsewhere.Output.TrimEnd()));

        Outcome here = _firn.Run("nix-build", file, "--no-out-link", "--argstr", "salt", "x", "--builders", missing, "--max-jobs", "1");
        Assert.True(here.Status == 0, here.Error);
        Assert.Contains("cannot build on", here.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNoMachineFitsItIsSaidWhatIsThere()
    {
        string file = Write("echo made > $out", more: "requiredSystemFeatures = [ \"other\" ];");
        Outcome outcome = _firn.Run("nix-build", Line(file, $"{Store("m1")} - - 3 1 foo,bar; {Store("m2")} some-system - 2 1 - baz"));
        Assert.Equal(100, outcome.Status);
        Assert.Contains("Failed to find a machine for remote build!", outcome.Error, StringComparison.Ordinal);
        foreach (string part in (ReadOnlySpan<string>)[
            "required (system, features): (x86_64-linux, [other])", "2 available machines:", "(systems, maxjobs, supportedFeatures, mandatoryFeatures)",
            "([x86_64-linux], 3, [bar, foo], [])", "([some-system], 2, [], [baz])", "local builds are disabled (max-jobs = 0)"])
        {
            Assert.Contains(part, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AFailureThereIsToldInFull()
    {
        string file = Write("echo because; exit 5");
        foreach (string scheme in (ReadOnlySpan<string>)["", "ssh", "ssh-ng"])
        {
            Outcome outcome = _firn.Run("nix-build", Line(file, Machine("m1", scheme, false).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal)));
            Assert.Equal(1, outcome.Status);
            Assert.Contains("builder failed with exit code 5", outcome.Error, StringComparison.Ordinal);
            Assert.Contains("because", outcome.Error, StringComparison.Ordinal);
            Assert.Contains("' failed: Cannot build '", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void MalformedMachinesAreAnErrorOfWhatIsBuiltAlone()
    {
        string file = Write("echo made > $out");
        Outcome outcome = _firn.Run("nix-build", file, "--no-out-link", "--builders", "m1 - - many");
        Assert.Equal(1, outcome.Status);
        Assert.Contains("bad machine specification: failed to convert column #3 in a row: 'm1 - - many' to 'unsigned int'", outcome.Error, StringComparison.Ordinal);
        _firn.Succeeds(false, "nix-build", file, "--no-out-link", "--builders", "");
        _firn.Succeeds(false, "nix-build", file, "--no-out-link", "--builders", "m1 - - many");
    }

    [Fact]
    public void MachinesMayStandInAFile()
    {
        File.WriteAllText(_firn.Directory + "/conf/machines", $"# ours\n{Store("m1")} - - 1 1 m1\n");
        string file = Write("echo made > $out", more: "requiredSystemFeatures = [ \"m1\" ];");
        Assert.True(IsThere("m1", _firn.Succeeds(false, "nix-build", file, "--no-out-link")));
    }

    [Fact]
    public void AHookThatDiesIsAnError()
    {
        Outcome outcome = _firn.Run("nix-build", Write("echo made > $out"), "--no-out-link", "--build-hook", "/bin/false");
        Assert.Equal(1, outcome.Status);
        Assert.Contains("build hook died unexpectedly: it ended with exit code 1", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheStoreItselfIsNoMachine()
    {
        Outcome outcome = _firn.Run("nix-build", Write("echo made > $out"), "--no-out-link", "--builders", $"{Store("store")} - - 1 1", "--max-jobs", "1");
        Assert.True(outcome.Status == 0, outcome.Error);
        Assert.Contains("it is the store that the build is for", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Several builds in each of several processes, on a machine that takes one at a time.</summary>
    [Fact]
    public void ProcessesShareThePlacesOfAMachine()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox = false\n");
        string busy = _firn.Work + "/busy", overlaps = _firn.Work + "/overlaps";
        string file = _firn.Write("many.nix", $$"""
            { salt }: builtins.genList (i: derivation {
              name = "n${toString i}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit salt;
              args = [ "-c" "/bin/busybox mkdir {{busy}} || echo x >> {{overlaps}}; /bin/busybox sleep 0.1; /bin/busybox rmdir {{busy}}; echo $salt > $out" ];
            }) 3
            """);
        List<Process> processes = [];
        for (int i = 0; i < 3; i++)
        {
            processes.Add(_firn.Start([Bin(i == 2) + "/nix-build", .. Line(file, Machine("m1", "ssh", false).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal), "--argstr", "salt", i.ToString(System.Globalization.CultureInfo.InvariantCulture))]));
        }

        foreach (Process process in processes)
        {
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, error);
            process.Dispose();
        }

        Assert.False(File.Exists(overlaps));
    }

    [Theory]
    [InlineData("", Interrupt)]
    [InlineData("", Kill)]
    [InlineData("ssh", Interrupt)]
    [InlineData("ssh", Kill)]
    [InlineData("ssh-ng", Interrupt)]
    [InlineData("ssh-ng", Kill)]
    public void WhatRunsThereEndsWithWhoeverWantsIt(string scheme, int signal)
    {
        string file = Write($"echo begun; /bin/busybox sleep {Mark}; echo made > $out");
        using Process build = _firn.Start(["nix-build", .. Line(file, Machine("m1", scheme, false).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal))]);
        Until(() => Marked().Count > 0, "the build begins");
        _ = SendSignal(build.Id, signal);
        build.StandardError.ReadToEnd();
        build.WaitForExit();
        Until(() => Marked().Count == 0, "the build there ends");
        // The place is free again, and so are the locks.
        string[] again = Line(Write("echo made > $out"), Machine("m1", scheme, false).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal));
        _firn.Succeeds(false, "nix-build", again);
        _firn.Succeeds(true, "nix-store", "--verify", "--check-contents");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Store("m1") + "/nix/var/nix/builds"));
    }

    [Theory]
    [InlineData("ssh", "was closed unexpectedly")]
    [InlineData("ssh-ng", "Nix daemon disconnected unexpectedly")]
    public void AConnectionThatDiesIsAFailure(string scheme, string message)
    {
        string pid = _firn.Work + "/pid";
        string program = _firn.Write("server", $"#!/bin/sh\necho $$ > {pid}\nexec {FirnProcess.Bin}/{(scheme == "ssh" ? "nix-store" : "nix-daemon")} \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string file = Write($"echo begun; /bin/busybox sleep {Mark}; echo made > $out");
        using Process build = _firn.Start(["nix-build", .. Line(file, Machine("m1", scheme, false, program).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal))]);
        Until(() => Marked().Count > 0, "the build begins");
        _ = SendSignal(int.Parse(File.ReadAllText(pid), System.Globalization.CultureInfo.InvariantCulture), Kill);
        string error = build.StandardError.ReadToEnd();
        build.WaitForExit();
        Assert.Equal(1, build.ExitCode);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Contains("Reason: builder failed with exit code 1.", error, StringComparison.Ordinal);
        Until(() => Marked().Count == 0, "the build there ends");
    }

    [Fact]
    public void ACacheCanBeBuiltForElsewhere()
    {
        string file = _firn.Write("two.nix", """
            let make = name: text: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" text ]; };
                input = make "input" "echo one > $out";
            in make "two" "read x < ${input}; echo $x two > $out"
            """);
        string cache = "file://" + Store("cache");
        string output = _firn.Succeeds(false, "nix-build", Line(file, $"{Store("m1")} - - 2 1", "--store", cache));
        Assert.Equal("one two", _firn.Succeeds(false, "nix", "store", "cat", "--store", cache, output));
    }

    [Fact]
    public void AMachineThatTrustsNobodyWantsEvidence()
    {
        string program = _firn.Write("server", $"#!/bin/sh\nexec {FirnProcess.Bin}/nix-daemon --force-untrusted \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string machine = Machine("m1", "ssh-ng", false, program).Replace(" 1 1 m1", " 1 1", StringComparison.Ordinal);
        string file = _firn.Write("two.nix", """
            rec {
              make = name: text: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" text ]; };
              input = make "input" "echo one > $out";
              top = make "top" "read x < ${input}; echo $x two > $out";
              fixed = derivation {
                name = "fixed"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo fixed > $out" ];
                outputHash = builtins.hashString "sha256" "fixed\n"; outputHashAlgo = "sha256"; outputHashMode = "flat";
              };
            }
            """);
        // Nothing input-addressed has to be sent for these.
        _firn.Succeeds(false, "nix-build", [.. Line(file, machine), "-A", "input"]);
        _firn.Succeeds(false, "nix-build", [.. Line(file, machine), "-A", "fixed"]);
        // A machine that knows nothing gets an input without a signature.
        string other = machine.Replace(Store("m1"), Store("m2"), StringComparison.Ordinal);
        Outcome refused = _firn.Run("nix-build", [.. Line(file, other), "-A", "top"]);
        Assert.Equal(1, refused.Status);
        Assert.Contains("because it lacks a signature by a trusted key", refused.Error, StringComparison.Ordinal);
    }

    private static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_limit, what);
            Thread.Sleep(20);
        }
    }

    /// <summary>Processes of the builds of these tests.</summary>
    private static List<int> Marked()
    {
        List<int> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(directory), out int pid) && File.ReadAllText(directory + "/cmdline").Contains("sleep\0" + Mark, StringComparison.Ordinal))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
