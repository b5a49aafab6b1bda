using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Firn.Store.BinaryCache.Tests;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>What other programs read of building, copying and verifying, in the order in which it has to come.</summary>
public sealed class LogFormatTests : IDisposable
{
    private const string Expressions = """
        let
          make = name: attrs: script: derivation ({ inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; } // attrs);
        in
        rec {
          a = make "alpha-1.0" { } "echo one; echo @nix '{\"action\":\"setPhase\",\"phase\":\"buildPhase\"}'; echo two; echo a > $out";
          b = make "beta-2" { inherit a; } "echo $a > $out";
          bad = make "bad-1" { inherit a; } "echo going; exit 3";
          top = make "top" { inherit bad; } "echo > $out";
        }
        """;

    private readonly FirnProcess _firn = new();

    public LogFormatTests()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox-paths = /bin/sh=/bin/busybox\nexperimental-features = nix-command\n");
        _firn.Write("x.nix", Expressions);
    }

    public void Dispose() => _firn.Dispose();

    /// <summary>The stream with numbers of activities counted from 1 and digits of paths left out; how far things are on the way is left to chance.</summary>
    private static List<string> Events(string error, string prefix = "@nix ")
    {
        Dictionary<ulong, int> numbers = new() { [0] = 0 };
        List<string> events = [];
        foreach (string line in error.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.StartsWith(prefix, line, StringComparison.Ordinal);
            JsonElement e = JsonDocument.Parse(line[prefix.Length..]).RootElement;
            string action = e.GetProperty("action").GetString()!;
            string fields = e.TryGetProperty("fields", out JsonElement array) ? " " + array.GetRawText() : "";
            int Number(string name)
            {
                ulong id = e.GetProperty(name).GetUInt64();
                return numbers.TryGetValue(id, out int known) ? known : numbers[id] = numbers.Count;
            }

            string? text = action switch
            {
                "start" => $"start {Number("id")} {e.GetProperty("type")} level {e.GetProperty("level")} in {Number("parent")} {e.GetProperty("text")}{fields}",
                "stop" => $"stop {Number("id")}",
                "result" when e.GetProperty("type").GetInt32() is 105 or 106 => null,
                "result" => $"result {Number("id")} {e.GetProperty("type")}{fields}",
                _ => $"msg {e.GetProperty("level")} {(e.TryGetProperty("raw_msg", out JsonElement raw) ? "raw " + raw.GetString()!.Split('\n')[0] : e.GetProperty("msg"))}",
            };
            if (text is not null)
            {
                events.Add(Regex.Replace(Regex.Replace(text, "/nix/store/[0-9a-z]{32}-", "S/"), @"\x1b\[[0-9;]*m", ""));
            }
        }

        return events;
    }

    [Fact]
    public void Building()
    {
        Outcome done = _firn.Run("nix-build", "--log-format", "internal-json", "x.nix", "-A", "b", "--no-out-link");
        Assert.Equal(0, done.Status);
        Assert.Equal(
        [
            "start 1 0 level 6 in 0 querying info about missing paths",
            "stop 1",
            "msg 3 these 2 derivations will be built:",
            "msg 3   S/alpha-1.0.drv",
            "msg 3   S/beta-2.drv",
            "start 2 102 level 0 in 0 ",
            "start 3 104 level 0 in 0 ",
            "start 4 103 level 0 in 0 ",
            "start 5 105 level 3 in 0 building 'S/alpha-1.0.drv' [\"S/alpha-1.0.drv\",\"\",1,1]",
            "result 5 101 [\"one\"]",
            "result 5 104 [\"buildPhase\"]",
            "result 5 101 [\"two\"]",
            "stop 5",
            "start 6 105 level 3 in 0 building 'S/beta-2.drv' [\"S/beta-2.drv\",\"\",1,1]",
            "stop 6",
            "stop 4",
            "stop 3",
            "stop 2",
        ], Events(done.Error));
        Assert.Contains("\"fields\":[2,2,0,0]", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Failing()
    {
        Outcome done = _firn.Run("nix", "build", "--log-format", "internal-json", "-f", "x.nix", "top", "--no-link");
        Assert.Equal(1, done.Status);
        Assert.Equal(
        [
            "start 6 105 level 3 in 0 building 'S/bad-1.drv' [\"S/bad-1.drv\",\"\",1,1]",
            "result 6 101 [\"going\"]",
            "stop 6",
            "msg 0 raw Cannot build 'S/bad-1.drv'.",
            "stop 4",
            "stop 3",
            "stop 2",
            "msg 0 raw Cannot build 'S/top.drv'.",
        ], Events(done.Error).SkipWhile(e => !e.StartsWith("start 6 ", StringComparison.Ordinal)));
        Assert.Contains("\"fields\":[1,3,0,1]", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void CopyingSubstitutingAndVerifying()
    {
        string cache = "file://" + _firn.Directory + "/cache";
        string path = _firn.Run("nix-build", "x.nix", "-A", "a", "--no-out-link").Output.TrimEnd('\n');
        Outcome copied = _firn.Run("nix", "copy", "--log-format", "internal-json", "--to", cache, path);
        Assert.Equal(
        [
            $"start 5 109 level 4 in 0 querying info about 'S/alpha-1.0' on '{cache}' [\"S/alpha-1.0\",\"{cache}\"]",
            "stop 5",
            "start 6 103 level 3 in 0 copying 1 paths",
            $"start 7 100 level 3 in 0 copying path 'S/alpha-1.0' to '{cache}' [\"S/alpha-1.0\",\"local\",\"{cache}\"]",
            "stop 7",
            "stop 6",
        ], Events(copied.Error).SkipWhile(e => !e.StartsWith("start 5 ", StringComparison.Ordinal)));
        Assert.Contains("\"fields\":[1,1,0,0]", copied.Error, StringComparison.Ordinal);

        Assert.Equal(0, _firn.Run("nix-store", "--delete", path).Status);
        Outcome taken = _firn.Run("nix-store", "-r", path, "--log-format", "internal-json", "--option", "substitute", "true", "--option", "substituters", cache, "--option", "require-sigs", "false");
        Assert.Equal(0, taken.Status);
        Assert.Equal(
        [
            $"start 6 108 level 0 in 0  [\"S/alpha-1.0\",\"{cache}\"]",
            $"start 7 100 level 3 in 6 copying path 'S/alpha-1.0' from '{cache}' [\"S/alpha-1.0\",\"{cache}\",\"local\"]",
            "stop 7",
            "stop 6",
            "stop 5",
            "stop 4",
            "stop 3",
        ], Events(taken.Error).SkipWhile(e => !e.StartsWith("start 6 ", StringComparison.Ordinal)).Where(e => !e.StartsWith("msg 1 ", StringComparison.Ordinal)));

        Outcome verified = _firn.Run("nix", "store", "verify", "--log-format", "internal-json", "--no-trust", path);
        Assert.Equal(
        [
            "start 2 107 level 0 in 0 ",
            "start 3 0 level 3 in 0 checking 'S/alpha-1.0'",
            "stop 3",
            "stop 2",
        ], Events(verified.Error).Skip(2));
    }

    /// <summary>What a builder sends that is no message is a line of its log, and no reason to fail.</summary>
    [Fact]
    public void Fetching()
    {
        string www = _firn.Work + "/www";
        Directory.CreateDirectory(www);
        Directory.CreateDirectory(_firn.Work + "/tree");
        _firn.Write("www/f.txt", "file");
        _firn.Write("tree/a", "a");
        System.Formats.Tar.TarFile.CreateFromDirectory(_firn.Work + "/tree", www + "/t.tar", includeBaseDirectory: true);
        using CacheServer server = new(www);
        List<string> Said(params string[] command)
        {
            Outcome done = _firn.Run(command[0], ["--log-format", "internal-json", .. command[1..]]);
            Assert.True(done.Status == 0, done.Error);
            return [.. Events(done.Error).Select(e => e.Replace(server.Url, "URL", StringComparison.Ordinal))];
        }

        Assert.Equal(
        [
            "start 1 0 level 3 in 0 unpacking 'URL/t.tar' into the Git cache",
            "start 2 101 level 4 in 0 downloading 'URL/t.tar' [\"URL/t.tar\"]",
            "stop 2",
            "stop 1",
            "start 3 0 level 5 in 0 copying '«URL/t.tar»/' to the store",
            "stop 3",
        ],
            Said("nix-instantiate", "--eval", "-E", $"builtins.fetchTarball {server.Url}/t.tar"));
        Assert.Equal(
        [
            "start 1 101 level 4 in 0 downloading 'URL/f.txt' [\"URL/f.txt\"]",
            "stop 1",
            "start 2 0 level 5 in 0 adding 'URL/f.txt' to the store",
            "stop 2",
            "msg 2 Downloaded 'URL/f.txt' to 'S/f.txt'",
        ],
            Said("nix", "store", "prefetch-file", server.Url + "/f.txt").Select(e => e.Split(" (hash")[0]));

        // What a builder of ours downloads is a part of its build, and is named by its URL.
        List<string> built = Said("nix-build", "--no-out-link", "-E", $$"""
            derivation { name = "f"; system = "builtin"; builder = "builtin:fetchurl"; url = "{{server.Url}}/f.txt"; outputHashMode = "flat";
              outputHash = builtins.hashFile "sha256" {{www}}/f.txt; outputHashAlgo = "sha256"; }
            """);
        string build = Assert.Single(built, e => e.Contains(" 105 ", StringComparison.Ordinal)).Split(' ')[1];
        Assert.Single(built, e => e.Contains($" 101 level 4 in {build} downloading 'URL/f.txt' [\"URL/f.txt\"]", StringComparison.Ordinal));
    }

    [Fact]
    public void BuildersMaySendNonsense()
    {
        _firn.Write("odd.nix", """
            derivation { name = "odd"; system = builtins.currentSystem; builder = "/bin/sh";
              args = [ "-c" "echo '@nix 1'; echo '@nix {}'; echo '@nix {\"action\":null}'; echo '@nix ]['; echo '@nix {\"action\":\"msg\",\"level\":1,\"msg\":\"hear\"}'; echo > $out" ]; }
            """);
        Outcome done = _firn.Run("nix-build", "odd.nix", "--no-out-link");
        Assert.Equal(0, done.Status);
        Assert.Equal(3, Regex.Count(done.Error, "(?m)^warning: Unable to handle a JSON message from the derivation builder: "));
        Assert.Single(Regex.Matches(done.Error, "(?m)^bad JSON log message from the derivation builder: "));
        Assert.Equal(4, Regex.Count(done.Error, "(?m)^@nix "));
        Assert.Contains("\nhear\n", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void CopyOfTheLogGoesToAFile()
    {
        string log = _firn.Work + "/log.json";
        Outcome done = _firn.Run("nix", "build", "--json-log-path", log, "-f", "x.nix", "a", "--no-link", "-L");
        Assert.Equal(0, done.Status);
        Assert.Contains("\nalpha> one\nalpha> two\n", done.Error, StringComparison.Ordinal);
        List<string> events = Events(File.ReadAllText(log), prefix: "");
        Assert.Contains("result 5 101 [\"two\"]", events);
        Assert.Equal("stop 2", events[^1]);
    }

    [Fact]
    public void RawFormatsAreThoseOfTheField()
    {
        string[] build = ["nix-build", "x.nix", "-A", "bad", "--no-out-link"];
        Outcome usual = _firn.Run(build[0], build[1..]);
        Assert.Equal(100, usual.Status);
        Assert.Contains("\ngoing\nerror: Cannot build '", usual.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("log lines", usual.Error, StringComparison.Ordinal);
        Outcome quiet = _firn.Run(build[0], [.. build[1..], "-Q"]);
        Assert.DoesNotContain("\ngoing\n", quiet.Error, StringComparison.Ordinal);
        Assert.Contains("       Last 1 log lines:\n       > going\n       For full logs, run:\n         nix log /nix/store/", quiet.Error, StringComparison.Ordinal);
        Assert.Equal(quiet.Error, _firn.Run(build[0], [.. build[1..], "--log-format", "raw"]).Error);
        Outcome bad = _firn.Run("nix", "build", "--log-format", "nonsense");
        Assert.Equal((1, "error: option 'log-format' has an invalid value 'nonsense'\n"), (bad.Status, bad.Error));
    }

    /// <summary>On a terminal, the tree: drawn while it builds, gone at the end, with a summary.</summary>
    [Fact]
    public void TerminalShowsATree()
    {
        _firn.Write("slow.nix", """
            let
              make = name: attrs: script: derivation ({ inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; } // attrs);
              low = make "low-1.0" { } "echo first line; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo > $out";
            in
            make "high-2.0" { inherit low; } "echo $low > $out"
            """);
        _firn.Variables["TERM"] = "xterm-256color";
        _firn.Variables["LC_ALL"] = "C.UTF-8";
        string nix = Path.Combine(FirnProcess.Bin, "nix");
        Outcome done = _firn.Run("script", "-qec", $"stty cols 60 rows 10; {nix} build -f slow.nix --no-link --print-out-paths", "/dev/null");
        Assert.Equal(0, done.Status);
        string plain = Regex.Replace(done.Output, @"\x1b\[[?0-9;]*[A-Za-z]", "");
        Assert.Contains("◌ high-2.0 waits for 1\r\n└─ ▶ low-1.0 0s  first line\r\n0/", plain, StringComparison.Ordinal);
        Assert.Matches(@"-high-2\.0\r\nbuilt 2 in \d+s\r\n$", plain);
        // Every frame hides the cursor once and shows it again.
        Assert.Equal(Regex.Count(done.Output, @"\x1b\[\?25l"), Regex.Count(done.Output, @"\x1b\[\?25h"));
    }
}
