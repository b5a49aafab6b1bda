using System;
using System.IO;
using System.Linq;
using Firn.Build.Events;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Formats.Derivations;
using Firn.Store;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Real builds in the sandbox.</summary>
public sealed class BuildingTests
{
    [Fact]
    public void A_derivation_is_built_and_registered()
    {
        using Workshop w = new();
        StorePath d = w.Script("hello", "echo building; echo hi > $out");
        BuildResult result = w.Build(d).Single();
        Assert.Equal(BuildStatus.Built, result.Status);
        Assert.Equal("hi\n", w.Text(result.Outputs["out"]));
        PathInfo info = w.Store.Find(result.Outputs["out"])!;
        Assert.Equal(d, info.Deriver);
        Assert.True(info.Ultimate);
        Assert.Empty(info.References);
        Assert.Equal("building", w.Log);
        Assert.Equal("building\n", System.Text.Encoding.UTF8.GetString(w.Store.FindLog(d)!));
        Assert.Empty(w.Leftovers());
        Assert.Equal((UnixFileMode)0x124, File.GetUnixFileMode(w.Store.RealPath(result.Outputs["out"]))); // 0444
        Assert.Equal(BuildStatus.AlreadyValid, w.Build(d).Single().Status);
    }

    [Fact]
    public void References_are_found_among_inputs_and_the_output_itself()
    {
        using Workshop w = new();
        StorePath used = w.AddText("used", "u"), unused = w.AddText("unused", "n");
        StorePath a = w.Script("a", "mkdir $out; echo $used > $out/x; ln -s $out/x $out/self", [("used", w.Print(used)), ("unused", w.Print(unused))], sources: [used, unused]);
        StorePath b = w.Script("b", "cat $a/x > $out; echo $a >> $out", [("a", w.Print(w.OutputOf(a)))], inputs: [(a, "out")]);
        w.Build(b);
        Assert.Equal(new[] { w.OutputOf(a), used }.Order(), w.Store.Find(w.OutputOf(a))!.References);
        Assert.Equal(new[] { w.OutputOf(a), used }.Order(), w.Store.Find(w.OutputOf(b))!.References);
    }

    [Fact]
    public void The_builder_sees_its_inputs_and_nothing_else()
    {
        using Workshop w = new();
        StorePath secret = w.AddText("secret", "s");
        StorePath source = w.AddText("source", "s");
        StorePath d = w.Script("look", "l=$(ls /nix/store /); echo \"$l\" > $out; test ! -e " + w.Print(secret), sources: [source]);
        w.Build(d);
        Assert.Equal(
            "/:\nbuild\ndev\netc\nnix\nproc\ntmp\n\n/nix/store:\n" + string.Join("", new[] { source.BaseName, w.Tools.BaseName }.Order(StringComparer.Ordinal).Select(s => s + "\n")),
            w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void The_environment_is_that_of_the_manual()
    {
        using Workshop w = new();
        StorePath d = w.Script("env", "env | grep -v ^SHLVL | sort > $out", [("a", "x y"), ("passAsFile", "long"), ("long", "text"), ("NIX_BUILD_TOP", "ignored"), ("HOME", "/mine")]);
        w.Build(d);
        Assert.Equal($"""
            HOME=/mine
            NIX_BUILD_CORES=3
            NIX_BUILD_TOP=/build
            NIX_LOG_FD=2
            NIX_STORE=/nix/store
            PATH={w.Print(w.Tools)}/bin
            PWD=/build
            TEMP=/build
            TEMPDIR=/build
            TERM=xterm-256color
            TMP=/build
            TMPDIR=/build
            a=x y
            longPath=/build/.attr-1ja5dqdpinfj55wfzyq1sqmzrrn7bl50ywpcvmfs5nz8s0mcqbyg
            name=env
            out={w.Print(w.OutputOf(d))}
            passAsFile=long

            """.Replace("1ja5dqdpinfj55wfzyq1sqmzrrn7bl50ywpcvmfs5nz8s0mcqbyg", Hash.Sha256("long"u8).ToString(HashFormat.Nix32, false)), w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void Placeholders_become_paths()
    {
        using Workshop w = new();
        StorePath d = w.Script("p", $"test {Placeholders.Own("out")} = $out; test $v = $out/x; echo ok > $out", [("v", Placeholders.Own("out") + "/x")]);
        w.Build(d);
        Assert.Equal("ok\n", w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void Structured_attributes_come_as_json_and_shell()
    {
        using Workshop w = new();
        const string Json = """{"a":"it's","b":[1,"two",true],"big":{"deep":{"x":1}},"c":{"k":"v w"},"d":null,"e":1.5,"name":"s","outputs":["out"],"system":"x"}""";
        StorePath d = w.Script("s", """
            out=$(sed -n 's/.*"outputs":{"out":"\([^"]*\)".*/\1/p' "$NIX_ATTRS_JSON_FILE")
            mkdir "$out"; cp "$NIX_ATTRS_JSON_FILE" "$out/json"; cp "$NIX_ATTRS_SH_FILE" "$out/sh"; env > "$out/env"
            """.Replace("sed", "$T/sed").Replace("mkdir", "$T/mkdir").Replace("cp ", "$T/cp ").Replace("env >", "$T/env >").Replace("$T", StoreDir.Default.Print(w.Tools) + "/bin"), [("__json", Json)]);
        w.Build(d);
        string o = w.Print(w.OutputOf(d));
        Assert.Equal(Json.Replace("[\"out\"]", "{\"out\":\"" + o + "\"}"), w.Text(w.OutputOf(d), "json"));
        Assert.Equal($"""
            declare a='it'\''s'
            declare -a b=(1 'two' 1 )
            declare -A c=(['k']='v w' )
            declare d=''
            declare name='s'
            declare -A outputs=(['out']='{o}' )
            declare system='x'

            """, w.Text(w.OutputOf(d), "sh"));
        Assert.DoesNotContain("__json", w.Text(w.OutputOf(d), "env"));
    }

    [Fact]
    public void The_graph_of_references_is_exported()
    {
        using Workshop w = new();
        StorePath leaf = w.AddText("leaf", "l");
        StorePath top = w.Store.AddText("top", System.Text.Encoding.UTF8.GetBytes(w.Print(leaf)), [leaf]);
        StorePath d = w.Script("g", "cp graph $out", [("exportReferencesGraph", "graph " + w.Print(top))], sources: [top]);
        w.Build(d);
        string[] blocks = [$"{w.Print(leaf)}\n\n0\n", $"{w.Print(top)}\n\n1\n{w.Print(leaf)}\n"];
        Assert.Equal(string.Concat(new[] { leaf, top }.Order().Select(p => p == leaf ? blocks[0] : blocks[1])), w.Text(w.OutputOf(d)));
    }

    [Fact]
    public void A_failing_build_shows_the_end_of_its_log()
    {
        using Workshop w = new(s => s with { LogLines = 2 });
        StorePath d = w.Script("bad", "echo one; echo two; echo three >&2; exit 3");
        BuildException e = w.Fail(d);
        Assert.Equal($"""
            Cannot build '{w.Print(d)}'.
            Reason: builder failed with exit code 3.
            Output paths:
              {w.Print(w.OutputOf(d))}
            Last 2 log lines:
            > two
            > three
            For full logs, run:
              nix-store -l {w.Print(d)}
            """, e.Message);
        Assert.Equal((BuildStatus.PermanentFailure, 100), (e.Status, e.ExitCode));
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void What_waits_for_a_failure_of_something_wanted_is_given_up()
    {
        using Workshop w = new();
        StorePath bad = w.Script("bad", "exit 1");
        StorePath top = w.Script("top", "echo > $out", [("x", w.Print(w.OutputOf(bad)))], inputs: [(bad, "out")]);
        var results = w.Builder.Realise([new DerivedPath.Built(bad), new DerivedPath.Built(top)]);
        Assert.Equal([BuildStatus.PermanentFailure, BuildStatus.Cancelled], results.Select(result => result.Status));
        Assert.DoesNotContain("dependency failed", w.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_for_a_failure_fails_with_it()
    {
        using Workshop w = new();
        StorePath bad = w.Script("bad", "exit 1");
        StorePath top = w.Script("top", "echo > $out", [("x", w.Print(w.OutputOf(bad)))], inputs: [(bad, "out")]);
        BuildException e = w.Fail(top);
        Assert.Equal($"Cannot build '{w.Print(top)}'.\nReason: 1 dependency failed.\nOutput paths:\n  {w.Print(w.OutputOf(top))}", e.Message);
        Assert.Equal(100, e.ExitCode);
        Assert.StartsWith($"Cannot build '{w.Print(bad)}'.\nReason: builder failed with exit code 1.", w.Errors);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keep_going_builds_what_can_be_built(bool keepGoing)
    {
        using Workshop w = new(s => s with { KeepGoing = keepGoing, MaxJobs = 1 });
        StorePath bad = w.Script("bad", "exit 1"), slow = w.Script("slow", "echo ok > $out");
        BuildException e = Assert.Throws<BuildException>(() => w.Build(bad, slow));
        Assert.Equal(keepGoing, w.Store.IsValid(w.OutputOf(slow)));
        string both = string.Join(", ", new[] { w.Print(bad), w.Print(slow) }.Order(StringComparer.Ordinal).Select(path => $"'{path}'"));
        Assert.Contains(keepGoing ? "builder failed with exit code 1" : $"build of {both} failed", e.Message);
    }

    [Fact]
    public void A_missing_output_is_an_error()
    {
        using Workshop w = new();
        StorePath d = w.Script("none", "true", outputs: ["out", "dev"]);
        BuildException e = w.Fail(d);
        Assert.Contains($"builder for '{w.Print(d)}' failed to produce output path for output 'dev' at \"{w.Store.RealPath(d)}.chroot/root{w.Dir.Path}/", e.Message);
        Assert.Equal(BuildStatus.OutputRejected, e.Status);
    }

    [Fact]
    public void A_builder_that_cannot_be_started_is_a_failed_build()
    {
        using Workshop w = new();
        StorePath d = w.Script("x", "true");
        Derivation it = w.Read(d);
        Derivation other = new() { Name = "x", Outputs = [new("out", DerivationOutput.Deferred.Instance)], Platform = it.Platform, Builder = "/no/such"u8.ToArray(), Environment = [new("out"u8.ToArray(), [])] };
        other = DerivationOutputPaths.FillIn(other, StoreDir.Default, _ => throw new InvalidOperationException());
        StorePath path = w.Store.AddText("x.drv", DerivationWriter.ToBytes(other, StoreDir.Default), []);
        BuildException e = w.Fail(path);
        Assert.Contains("Reason: builder failed with exit code 1.", e.Message);
        Assert.Contains("> error: executing '/no/such': No such file or directory\n", e.Message);
    }

    [Fact]
    public void Outputs_may_refer_to_each_other_but_not_in_a_circle()
    {
        using Workshop w = new();
        StorePath d = w.Script("multi", "echo $dev > $out; echo x > $dev", outputs: ["out", "dev"]);
        w.Build(d);
        Assert.Equal([w.OutputOf(d, "dev")], w.Store.Find(w.OutputOf(d))!.References);
        StorePath c = w.Script("circle", "echo $dev > $out; echo $out > $dev", outputs: ["out", "dev"]);
        Assert.Contains($"cycle detected in build of '{w.Print(c)}' in the references of output", w.Fail(c).Message);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Only_the_wanted_outputs_matter()
    {
        using Workshop w = new();
        StorePath d = w.Script("multi", "echo o > $out; echo d > $dev", outputs: ["out", "dev"]);
        w.Builder.RealiseAll([new DerivedPath.Built(d, ["dev"])]);
        BuildResult r = w.Builder.RealiseAll([new DerivedPath.Built(d, ["dev"])]).Single();
        Assert.Equal(["dev"], r.Outputs.Keys);
        Assert.Contains("does not have wanted outputs 'doc'", Assert.Throws<BuildException>(() => w.Builder.RealiseAll([new DerivedPath.Built(d, ["doc"])])).Message);
    }

    [Theory]
    [InlineData("allowedReferences", "", true)]
    [InlineData("allowedReferences", "IN", false)]
    [InlineData("disallowedReferences", "IN", true)]
    [InlineData("disallowedRequisites", "LEAF", true)]
    [InlineData("allowedRequisites", "IN LEAF", false)]
    [InlineData("allowedRequisites", "IN", true)]
    [InlineData("disallowedReferences", "out", false)]
    [InlineData("allowedReferences", "doc", true)]
    public void References_are_checked(string attribute, string value, bool refused)
    {
        using Workshop w = new();
        StorePath leaf = w.AddText("leaf", "l");
        StorePath input = w.Store.AddText("in", System.Text.Encoding.UTF8.GetBytes(w.Print(leaf)), [leaf]);
        StorePath d = w.Script("c", $"echo {w.Print(input)} > $out", [(attribute, value.Replace("IN", w.Print(input)).Replace("LEAF", w.Print(leaf)))], sources: [input]);
        if (!refused)
        {
            w.Build(d);
            return;
        }

        BuildException e = w.Fail(d);
        Assert.Contains(value == "doc" ? "contains output name 'doc', but this is not a valid output" : $"output '{w.Print(w.OutputOf(d))}' is not allowed to refer to the following paths:\n  /nix/store/", e.Message);
        Assert.False(w.Store.IsValid(w.OutputOf(d)));
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Who_is_refused_for_a_reference_is_shown_the_way_to_it()
    {
        using Workshop w = new();
        StorePath leaf = w.AddText("leaf", "l");
        StorePath other = w.Store.AddText("a-branch", System.Text.Encoding.UTF8.GetBytes(w.Print(leaf)), [leaf]);
        StorePath near = w.Store.AddText("near", System.Text.Encoding.UTF8.GetBytes(w.Print(other) + w.Print(leaf)), [other, leaf]);
        StorePath top = w.Store.AddText("top", System.Text.Encoding.UTF8.GetBytes(w.Print(near)), [near]);
        StorePath d = w.Script("c", $"echo {w.Print(top)} > $out", [("disallowedRequisites", $"{w.Print(leaf)} {w.Print(other)}")], sources: [top]);
        string[] bad = [.. new[] { leaf, other }.Order().Select(w.Print)];
        Assert.Equal($"""
            output '{w.Print(w.OutputOf(d))}' is not allowed to refer to the following paths:
              {bad[0]}
              {bad[1]}
            The references that lead to them are:
              {w.Print(w.OutputOf(d))}
              └───{w.Print(top)}
                  └───{w.Print(near)}
                      ├───{bad[0]}
                      └───{bad[1]}
            """, w.Fail(d).Message);
        StorePath self = w.Script("self", "echo $out > $out", [("disallowedReferences", "out")]);
        string own = w.Print(w.OutputOf(self));
        Assert.Equal($"output '{own}' is not allowed to refer to the following paths:\n  {own}\nThe references that lead to them are:\n  {own}\n  └───{own}", w.Fail(self).Message);
    }

    [Fact]
    public void What_keeps_a_builder_from_starting_is_no_build()
    {
        using Workshop w = new();
        StorePath free = w.Script("free", "echo > $out", [("__noChroot", "1")]);
        BuildException e = w.Fail(free);
        Assert.Equal((1, $"derivation '{w.Print(free)}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'"), (e.ExitCode, e.Message));
        StorePath host = w.Script("host", "echo > $out", [("__impureHostDeps", "/etc/shadow")]);
        e = w.Fail(host);
        Assert.Equal((1, $"derivation '{w.Print(host)}' requested impure path '/etc/shadow', but it was not in allowed-impure-host-deps"), (e.ExitCode, e.Message));
        StorePath graph = w.Script("graph", "echo > $out", [("exportReferencesGraph", $"g {w.Print(w.AddText("x", "x"))}")]);
        e = w.Fail(graph);
        Assert.Equal(100, e.ExitCode);
        Assert.StartsWith("cannot export references of path '", e.Message, System.StringComparison.Ordinal);
        StorePath odd = w.Script("odd", "echo > $out", [("exportReferencesGraph", "g")]);
        e = w.Fail(odd);
        Assert.Equal((1, $"while parsing derivation '{w.Print(odd)}': odd number of tokens in 'exportReferencesGraph': 'g'"), (e.ExitCode, e.Message));
        Assert.DoesNotContain(w.Events, happened => happened is BuildEvent.Started or BuildEvent.Finished);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Messages_of_a_builder_are_told_and_kept()
    {
        using Workshop w = new();
        string[] sent =
        [
            """{"action":"setPhase","phase":"buildPhase"}""",
            """{"action":"msg","level":3,"msg":"hear"}""",
            """{"action":"start","id":7,"level":4,"type":101,"text":"fetching","fields":["http://x/y"],"parent":0}""",
            """{"action":"start","id":8,"level":4,"type":105,"text":"a build of its own","fields":[],"parent":7}""",
            """{"action":"result","id":7,"type":105,"fields":[5,10,0,0]}""",
            """{"action":"result","id":8,"type":105,"fields":[1,2,0,0]}""",
            """{"action":"stop","id":7}""",
            """{"action":"result","id":7,"type":105,"fields":[10,10,0,0]}""",
            """{"action":"start","id":9,"level":4,"type":101,"text":"left open"}""",
            """{"action":"to come"}""",
        ];
        string[] wrong =
        [
            "not json",
            "[]",
            """{"action":1}""",
            """{"action":"msg","level":0}""",
            """{"action":"setPhase","phase":3}""",
            """{"action":"start","id":1,"level":0,"type":101,"text":"x","fields":[[]]}""",
        ];
        StorePath d = w.Script("m", string.Concat(sent.Concat(wrong).Select(m => $"echo '@nix {m}'\n")) + "echo line; echo > $out");
        w.Build(d);
        Assert.Equal(string.Join('\n', wrong.Select(m => "@nix " + m)) + "\nline", w.Log);
        Assert.Equal(string.Concat(sent.Concat(wrong).Select(m => "@nix " + m + "\n")) + "line\n", System.Text.Encoding.UTF8.GetString(w.Store.FindLog(d)!));
        Assert.Equal(["buildPhase"], w.Events.OfType<BuildEvent.Phase>().Select(p => p.PhaseName));
        BuildEvent[] downloads = [.. w.Events.Where(e => e is BuildEvent.DownloadStarted or BuildEvent.DownloadResult or BuildEvent.DownloadEnded)];
        Assert.Equal(
            ["started 1 fetching http://x/y", "result 1 5 10 0 0", "ended 1", "started 2 left open ", "ended 2"],
            downloads.Select(e => e switch
            {
                BuildEvent.DownloadStarted s => $"started {s.Activity} {s.Text} {string.Join(' ', s.Fields.Select(f => f.Text))}",
                BuildEvent.DownloadResult r => $"result {r.Activity} {string.Join(' ', r.Fields.Select(f => f.Number))}",
                BuildEvent.DownloadEnded o => $"ended {o.Activity}",
                _ => throw new System.Diagnostics.UnreachableException(),
            }));
        Assert.Equal(
            ["hear", "bad JSON log message from the derivation builder: syntax error at byte 2"],
            w.Events.OfType<BuildEvent.Note>().Where(n => n.Level <= Formats.Logging.Verbosity.Info).Select(n => n.Message));
        Assert.Equal(
            [
                "it is not an object", "'action' is not a string", "'msg' is not a string", "'phase' is not a string",
                "one of its 'fields' is neither a string nor a number",
            ],
            w.Events.OfType<BuildEvent.Warning>().Select(n => n.Message["Unable to handle a JSON message from the derivation builder: ".Length..]));
    }

    [Fact]
    public void Time_silence_and_log_are_limited()
    {
        using Workshop w = new(s => s with { Timeout = TimeSpan.FromSeconds(1) });
        StorePath d = w.Script("late", "while true; do echo x; sleep 0.1; done");
        BuildException e = w.Fail(d);
        Assert.Equal("timed out after 1 seconds", e.Message);
        Assert.Equal(101, e.ExitCode);
        using Workshop s = new(s => s with { MaxSilentTime = TimeSpan.FromSeconds(1) });
        d = s.Script("silent", "sleep 100");
        Assert.Equal("timed out after 1 seconds", s.Fail(d).Message);
        using Workshop l = new(s => s with { MaxLogSize = 10000 });
        d = l.Script("loud", "yes");
        Assert.EndsWith("killed after writing more than 10000 bytes of log output", l.Fail(d).Message);
        Assert.Empty(w.Leftovers().Concat(s.Leftovers()).Concat(l.Leftovers()));
    }

    [Fact]
    public void Another_system_or_feature_is_refused()
    {
        using Workshop w = new();
        StorePath d = w.Script("arm", "true", platform: "aarch64-linux");
        Assert.Equal($"Cannot build '{w.Print(d)}'.\nReason: platform mismatch\nRequired system: 'aarch64-linux'\nCurrent system: 'x86_64-linux'", w.Fail(d).Message);
        d = w.Script("f", "true", [("requiredSystemFeatures", "magic")]);
        BuildException e = w.Fail(d);
        Assert.StartsWith($"Cannot build '{w.Print(d)}'.\nReason: missing system features\nRequired features: {{magic}}\nAvailable features: {{benchmark, ", e.Message);
        Assert.Equal(100, e.ExitCode);
    }

    [Fact]
    public void Checking_tells_a_difference()
    {
        using Workshop w = new();
        StorePath same = w.Script("same", "echo x > $out"), other = w.Script("other", "cat /proc/sys/kernel/random/uuid > $out");
        w.Build(same, other);
        w.Builder.RealiseAll([new DerivedPath.Built(same)], BuildMode.Check);
        BuildException e = w.Fail(other, BuildMode.Check);
        Assert.Equal($"derivation '{w.Print(other)}' may not be deterministic: output \"{w.Store.RealPath(w.OutputOf(other))}\" differs", e.Message);
        Assert.Equal((BuildStatus.NotDeterministic, 104), (e.Status, e.ExitCode));
        Assert.Empty(w.Leftovers());
        Assert.False(w.Store.Verify(checkContents: true, null));
    }

    [Theory]
    [InlineData(SandboxMode.On)]
    [InlineData(SandboxMode.Off)]
    public void Checking_needs_only_what_is_wanted(SandboxMode sandbox)
    {
        using Workshop w = new(s => s with { Sandbox = sandbox }, logicalIsReal: sandbox == SandboxMode.Off);
        StorePath d = w.Script("two", "echo a > $a; cat /proc/sys/kernel/random/uuid > $b", outputs: ["a", "b"]);
        w.Build(d);
        // As if another process had built it, which has ended.
        Assert.All(Directory.GetFiles(w.Settings.StateDir + "/temproots"), File.Delete);
        w.Store.Collect(new CollectorRequest { Action = CollectorAction.DeleteSpecific, IgnoreLiveness = true, Paths = [w.OutputOf(d, "b")] }, new CollectorResult());
        BuildResult checkedOne = w.Builder.RealiseAll([new DerivedPath.Built(d, ["a"])], BuildMode.Check)[0];
        Assert.Equal([("a", w.OutputOf(d, "a"))], checkedOne.Outputs.Select(o => (o.Key, o.Value)));
        Assert.False(w.Store.IsValid(w.OutputOf(d, "b")));
        Assert.Empty(w.Leftovers());
        Assert.Contains("are not valid, so checking is not possible", w.Fail(d, BuildMode.Check).Message);
    }

    [Fact]
    public void Names_decide_what_is_built_first()
    {
        using Workshop w = new(s => s with { MaxJobs = 1 });
        StorePath[] all = [.. "dbaec".Select(name => w.Script(name.ToString(), "echo x > $out"))];
        w.Build(all);
        Assert.Equal("abcde", string.Concat(w.Events.OfType<BuildEvent.Started>().Select(e => e.Name)));
    }

    [Fact]
    public void Repairing_replaces_what_is_damaged()
    {
        using Workshop w = new();
        StorePath d = w.Script("r", "mkdir $out; echo x > $out/f");
        w.Build(d);
        string f = w.Store.RealPath(w.OutputOf(d)) + "/f";
        File.SetUnixFileMode(f, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(f, "damaged");
        w.Builder.RealiseAll([new DerivedPath.Built(d)], BuildMode.Repair);
        Assert.Equal("x\n", File.ReadAllText(f));
        Assert.Empty(w.Leftovers());
        Assert.False(w.Store.Verify(checkContents: true, null));
    }

    [Fact]
    public void Independent_derivations_are_built_at_the_same_time()
    {
        using Workshop w = new(s => s with { MaxJobs = 3 });
        StorePath[] all = [.. Enumerable.Range(0, 3).Select(i => w.Script("p" + i, "echo started; sleep 1; echo > $out"))];
        w.Build(all);
        BuildEvent[] events = [.. w.Events];
        int lastStart = Array.FindLastIndex(events, e => e is BuildEvent.Started), firstEnd = Array.FindIndex(events, e => e is BuildEvent.Finished);
        Assert.True(lastStart < firstEnd);
    }

    [Fact]
    public void A_dry_run_lists_what_is_missing()
    {
        using Workshop w = new();
        StorePath a = w.Script("a", "echo > $out");
        StorePath b = w.Script("b", "echo > $out", [("x", w.Print(w.OutputOf(a)))], inputs: [(a, "out")]);
        MissingPaths missing = w.Builder.FindMissing([new DerivedPath.Built(b)]);
        Assert.Equal([a, b], missing.WillBuild);
        w.Build(a);
        Assert.Equal([b], w.Builder.FindMissing([new DerivedPath.Built(b)]).WillBuild);
        StorePath nowhere = new("11111111111111111111111111111111-nowhere");
        Assert.Equal([nowhere], w.Builder.FindMissing([new DerivedPath.Opaque(nowhere)]).Unknown);
        Assert.Equal($"path '{w.Print(nowhere)}' is required, but there is no substituter that can build it", Assert.Throws<BuildException>(() => w.Builder.RealiseAll([new DerivedPath.Opaque(nowhere)])).Message);
    }

    [Fact]
    public void The_build_directory_of_a_failure_can_be_kept()
    {
        using Workshop w = new(s => s with { KeepFailed = true });
        StorePath d = w.Script("kept", "echo here > file; exit 1");
        w.Fail(d);
        string note = w.Events.OfType<BuildEvent.Note>().Single(n => n.Level == Firn.Formats.Logging.Verbosity.Error).Message;
        string directory = note.Split('"')[1];
        Assert.Equal($"note: keeping build directory \"{directory}\"", note);
        Assert.Equal("here\n", File.ReadAllText(Path.Combine(directory, "file")));
    }

    [Fact]
    public void The_hook_that_shows_differences_is_told_of_all_and_may_fail()
    {
        string? said = null, work = null;
        foreach (string hook in (ReadOnlySpan<string>)["say", "fail", "missing"])
        {
            using Workshop w = new(s => s with { DiffHook = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(s.StateDir))!, "hook") });
            if (hook != "missing")
            {
                File.WriteAllText(w.Settings.DiffHook, $"#!/bin/busybox sh\ncat $1 $2; echo $3 $#; echo $4 >&2; test -d $4 && {(hook == "say" ? "true" : "false")}\n");
                File.SetUnixFileMode(w.Settings.DiffHook, (UnixFileMode)0x1ed);
            }

            StorePath d = w.Script("random", "cat /proc/sys/kernel/random/uuid > $out");
            w.Build(d);
            BuildException e = w.Fail(d, BuildMode.Check);
            string before = w.Store.RealPath(w.OutputOf(d)), after = before + ".check";
            Assert.Equal((104, $"derivation '{w.Print(d)}' may not be deterministic: output \"{before}\" differs from \"{after}\""), (e.ExitCode, e.Message));
            said = w.Events.OfType<BuildEvent.Note>().Where(n => n.Level == Formats.Logging.Verbosity.Error).SingleOrDefault()?.Message;
            Assert.Equal(
                hook switch
                {
                    "say" => "",
                    "fail" => $"diff hook execution failed: diff-hook program \"{w.Settings.DiffHook}\" failed with exit code 1",
                    _ => $"diff hook execution failed: executing '{w.Settings.DiffHook}': No such file or directory",
                },
                w.Errors);
            if (hook == "missing")
            {
                Assert.Null(said);
                continue;
            }

            string[] lines = said!.Split('\n');
            Assert.Equal([File.ReadAllText(before).Trim(), File.ReadAllText(after).Trim(), w.Print(d) + " 4"], lines[..3]);
            work = lines[3];
            Assert.StartsWith(w.Settings.BuildDir + "/nix-", work, System.StringComparison.Ordinal);
            Assert.False(Directory.Exists(work));
        }
    }

    [Fact]
    public void The_hook_after_a_build_is_heard_in_order()
    {
        string directory = Directory.CreateTempSubdirectory("firn-hook-").FullName, hook = Path.Combine(directory, "hook");
        File.WriteAllText(hook, "#!/bin/busybox sh\ni=0; while [ $i -lt 50 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done; echo $DRV_PATH $OUT_PATHS; exit 3\n");
        File.SetUnixFileMode(hook, (UnixFileMode)0x1ed);
        using Workshop w = new(s => s with { PostBuildHook = hook });
        StorePath d = w.Script("h", "echo > $out");
        BuildException e = w.Fail(d);
        Assert.Equal((1, $"program \"{hook}\" failed with exit code 3"), (e.ExitCode, e.Message));
        Assert.Equal(
            [.. Enumerable.Range(0, 50).SelectMany(i => new[] { $"out {i}", $"err {i}" }), $"{w.Print(d)} {w.Print(w.OutputOf(d))}"],
            w.Events.OfType<BuildEvent.HookLine>().Select(l => l.Line));
        Assert.True(w.Store.IsValid(w.OutputOf(d)));
        File.Delete(hook);
        StorePath other = w.Script("i", "echo > $out");
        Assert.Equal($"program \"{hook}\" failed with exit code 1", w.Fail(other).Message);
        Assert.Equal($"error: executing \"{hook}\": No such file or directory", w.Events.OfType<BuildEvent.HookLine>().Last().Line);
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("pre")]
    [InlineData("post")]
    [InlineData("diff")]
    public void Hooks_end_where_their_build_is_interrupted(string kind)
    {
        string directory = Directory.CreateTempSubdirectory("firn-hook-").FullName, hook = Path.Combine(directory, "hook");
        File.WriteAllText(hook, $"#!/bin/busybox sh\necho > {directory}/begun\nsleep 20\necho > {directory}/ended\n");
        File.SetUnixFileMode(hook, (UnixFileMode)0x1ed);
        using Workshop w = new(s => kind switch
        {
            "pre" => s with { PreBuildHook = hook },
            "post" => s with { PostBuildHook = hook },
            _ => s with { DiffHook = hook },
        });
        StorePath d = w.Script("h", "cat /proc/sys/kernel/random/uuid > $out");
        if (kind == "diff")
        {
            w.Build(d);
        }

        using System.Threading.CancellationTokenSource cancel = new();
        System.Threading.Thread interrupting = new(() =>
        {
            while (!File.Exists(directory + "/begun"))
            {
                System.Threading.Thread.Sleep(20);
            }

            cancel.Cancel();
        });
        interrupting.Start();
        Assert.Throws<System.OperationCanceledException>(() =>
            w.Builder.Realise([new DerivedPath.Built(d)], kind == "diff" ? BuildMode.Check : BuildMode.Normal, cancel.Token));
        interrupting.Join();
        Assert.False(File.Exists(directory + "/ended"));
        Assert.Equal(kind == "pre", !w.Store.IsValid(w.OutputOf(d)));
        Assert.DoesNotContain(w.Leftovers(), name => !name.EndsWith(".check", System.StringComparison.Ordinal));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Two_who_build_the_same_wait_for_each_other()
    {
        using Workshop w = new();
        StorePath d = w.Script("one", "sleep 1; echo > $out");
        BuildStatus[] ends = new BuildStatus[2];
        // Threads of their own: a busy pool would have one do both, one after the other.
        System.Threading.Thread other = new(() => ends[1] = w.Build(d).Single().Status);
        other.Start();
        ends[0] = w.Build(d).Single().Status;
        other.Join();
        Assert.Equal([BuildStatus.Built, BuildStatus.AlreadyValid], ends.Order());
        Assert.Contains(w.Events, e => e is BuildEvent.Waiting);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Root_gives_builds_to_build_users()
    {
        // Only root can be somebody else.
        if (System.Environment.UserName != "root")
        {
            return;
        }

        using Workshop w = new();
        File.WriteAllText(w.Root + "/group", File.ReadAllText("/etc/group") + "nixbld:x:30000:nixbld1,nixbld2\n");
        File.WriteAllText(w.Root + "/passwd", File.ReadAllText("/etc/passwd") + "nixbld1:x:30001:30000::/:/x\nnixbld2:x:30002:30000::/:/x\n");
        System.Diagnostics.ProcessStartInfo start = new("unshare",
            ["-m", "sh", "-euc", "mount --bind $0/group /etc/group; mount --bind $0/passwd /etc/passwd; mount -t tmpfs -o mode=755 none /mnt; exec dotnet $1 users /mnt", w.Root, typeof(BuildingProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        // The build runs as a build user outside and as 1000 inside; its outputs end up as root's.
        Assert.Matches("^1000 100 30000 3000[12]\n0 0 444\n3000[12] 30000 30000 3000[12]\n", output.Replace("\r", ""));
        Assert.EndsWith("suspicious ownership\n\n", output);
    }

    [Theory]
    [InlineData("one", "ch", null)]
    [InlineData("two", "ch", "contains more than one file")]
    [InlineData("one", "a/b", "is not allowed to contain filesystem separators")]
    [InlineData("one", "..", "is not allowed to contain filesystem separators")]
    public void A_channel_is_unpacked_under_its_name(string archive, string name, string? error)
    {
        using Workshop w = new();
        StorePath source = w.AddSource("c.tar.gz", file =>
        {
            string directory = file + ".d";
            Directory.CreateDirectory(directory + "/top");
            File.WriteAllText(directory + "/top/default.nix", "1");
            File.WriteAllText(directory + "/other", "2");
            System.Diagnostics.Process.Start("tar", ["-C", directory, "-czf", file, "top", .. archive == "two" ? new[] { "other" } : []]).WaitForExit();
            Directory.Delete(directory, recursive: true);
        });
        StorePath d = w.Builtin("channel", "unpack-channel", [("channelName", name), ("src", w.Print(source))], sources: [source]);
        if (error is null)
        {
            w.Build(d);
            Assert.Equal("1", w.Text(w.OutputOf(d), "ch/default.nix"));
        }
        else
        {
            Assert.Contains(error, w.Fail(d).Message);
        }

        Assert.Empty(w.Leftovers());
    }
}
