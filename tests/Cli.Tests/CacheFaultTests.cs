using System;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Firn.Store.BinaryCache.Tests;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>
/// Caches that are dead, slow or lie: the next one is asked, else the path is built. Each time a derivation is realised
/// whose output and input are in the caches.
/// </summary>
public sealed class CacheFaultTests : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);

    private readonly FirnProcess _firn = new();
    private readonly string _cache, _key, _derivation, _output, _input;

    public CacheFaultTests()
    {
        _cache = _firn.Directory + "/cache";
        Ok(_firn.Run("nix-store", "--generate-binary-cache-key", "good-1", _firn.Work + "/secret", _firn.Work + "/public"));
        Ok(_firn.Run("nix-store", "--generate-binary-cache-key", "bad-1", _firn.Work + "/other-secret", _firn.Work + "/other-public"));
        _key = File.ReadAllText(_firn.Work + "/public").Trim();
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox = true\nsandbox-paths = /bin/sh=/bin/busybox\nexperimental-features = nix-command\n");
        _firn.Write("graph.nix", """
            let
              make = name: attributes: derivation ({ inherit name; system = builtins.currentSystem; builder = "/bin/sh"; } // attributes);
              text = builtins.concatStringsSep " " (builtins.genList toString 20000);
              input = make "input" { inherit text; args = [ "-c" "echo $text > $out" ]; };
            in make "top" { inherit input; args = [ "-c" "echo top of $input > $out" ]; }
            """);
        _derivation = Ok(_firn.Run("nix-instantiate", _firn.Work + "/graph.nix")).Output.Trim();
        _output = Ok(_firn.Run("nix-store", "--realise", _derivation)).Output.Trim();
        _input = Ok(_firn.Run("nix-store", "--query", "--references", _output)).Output.Trim();
        Ok(_firn.Run("nix", "copy", "--to", $"file://{_cache}?compression=xz&secret-key={_firn.Work}/secret", _output));
        // The derivations stay, what they made goes.
        Ok(_firn.Run("nix-store", "--delete", _output, _input));
    }

    public void Dispose() => _firn.Dispose();

    private static Outcome Ok(Outcome outcome)
    {
        Assert.True(outcome.Status == 0, outcome.Error);
        return outcome;
    }

    private Outcome Realise(string caches, params string[] more)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Outcome outcome = _firn.Run("nix-store", [
            "--realise", _derivation, "--option", "substitute", "true", "--option", "substituters", caches, "--option", "trusted-public-keys", _key,
            "--option", "stalled-download-timeout", "1", "--option", "connect-timeout", "2", "--option", "download-attempts", "2", .. more]);
        Assert.True(watch.Elapsed < s_bound, $"it took {watch.Elapsed}");
        return outcome;
    }

    private void IsThere()
    {
        Assert.Equal($"top of {_input}\n", File.ReadAllText(_firn.Directory + "/store" + _output));
        Outcome verified = _firn.Run("nix-store", "--verify", "--check-contents");
        Assert.True(verified.Status == 0 && !verified.Error.Contains("modified", StringComparison.Ordinal), verified.Error);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_firn.Directory + "/store/nix/store"), file => file.EndsWith(".tmp", StringComparison.Ordinal) || file.EndsWith(".chroot", StringComparison.Ordinal));
    }

    private static bool IsNar(string request) => request.StartsWith("GET /nar/", StringComparison.Ordinal);

    private static bool IsInfo(string request) => request.EndsWith(".narinfo", StringComparison.Ordinal);

    private static byte[] Edit(byte[] text, Func<string, string> edit) => Encoding.UTF8.GetBytes(edit(Encoding.UTF8.GetString(text)));

    private static string Line(string text, string name, Func<string, string> edit) =>
        string.Join('\n', text.Split('\n').Select(line => line.StartsWith(name + ": ", StringComparison.Ordinal) ? name + ": " + edit(line[(name.Length + 2)..]) : line));

    private static Fault? Answer(string kind, string request) => kind switch
    {
        "infos that never come" => IsInfo(request) ? new Fault { StallAfter = 0 } : null,
        "a greeting that never comes" => request.EndsWith("nix-cache-info", StringComparison.Ordinal) ? new Fault { StallAfter = 0 } : null,
        "a nar that never begins" => IsNar(request) ? new Fault { StallAfter = 0 } : null,
        "a nar that stops" => IsNar(request) ? new Fault { StallAfter = 40 } : null,
        "a nar that breaks off" => IsNar(request) ? new Fault { TruncateAfter = 40 } : null,
        "a nar cut short" => IsNar(request) ? new Fault { Change = bytes => bytes[..(bytes.Length / 2)] } : null,
        "a nar of other bytes" => IsNar(request) ? new Fault { Change = bytes => [.. bytes[..(bytes.Length / 2)], (byte)~bytes[bytes.Length / 2], .. bytes[(bytes.Length / 2 + 1)..]] } : null,
        "no nar" => IsNar(request) ? new Fault { Status = 404 } : null,
        "errors for nars" => IsNar(request) ? new Fault { Status = 500 } : null,
        "errors for infos" => IsInfo(request) ? new Fault { Status = 500 } : null,
        "refusals" => new Fault { Status = 403 },
        "busy for long" => IsInfo(request) ? new Fault { Status = 503, Headers = ["Retry-After: 1"] } : null,
        "infos of nonsense" => IsInfo(request) ? new Fault { Change = _ => "nonsense"u8.ToArray() } : null,
        "no greeting" => request.EndsWith("nix-cache-info", StringComparison.Ordinal) ? new Fault { Status = 404 } : null,
        "another greeting" => request.EndsWith("nix-cache-info", StringComparison.Ordinal) ? new Fault { Change = _ => "StoreDir: /other/store\n"u8.ToArray() } : null,
        "a size too large" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "NarSize", size => (long.Parse(size) + 8).ToString())) } : null,
        "a size too small" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "NarSize", size => (long.Parse(size) - 8).ToString())) } : null,
        "no signatures" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => string.Join('\n', t.Split('\n').Where(line => !line.StartsWith("Sig:", StringComparison.Ordinal)))) } : null,
        "the signature of another" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "Sig", sig => sig.Replace("good-1", "bad-1", StringComparison.Ordinal))) } : null,
        "a signature that is wrong" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "Sig", sig => sig[..10] + (sig[10] == 'A' ? 'B' : 'A') + sig[11..])) } : null,
        "another compression" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "Compression", _ => "zstd")) } : null,
        "infos with other line ends" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => t.Replace("\n", "\r\n", StringComparison.Ordinal)) } : null,
        "infos with a NUL" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "URL", url => url + "\0")) } : null,
        "infos of another path" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "StorePath", path => path.Replace("-", "-other-", StringComparison.Ordinal))) } : null,
        "infos without an end" => IsInfo(request) ? new Fault { Change = _ => Encoding.UTF8.GetBytes("X: " + new string('x', 20 << 20) + "\n") } : null,
        "infos in an unknown encoding" => IsInfo(request) ? new Fault { Headers = ["Content-Encoding: nonsense"], Change = text => text } : null,
        "infos that are not packed as they say" => IsInfo(request) ? new Fault { Headers = ["Content-Encoding: gzip"], Change = text => text } : null,
        "a redirection in a circle" => IsNar(request) ? new Fault { Status = 302, Headers = ["Location: " + request["GET ".Length..]] } : null,
        "a redirection to a file" => IsNar(request) ? new Fault { Status = 302, Headers = ["Location: file:///etc/passwd"] } : null,
        "a length too large" => IsNar(request) ? new Fault { Length = 1_000_000 } : null,
        "a length too small" => IsNar(request) ? new Fault { Length = 40 } : null,
        _ => throw new UnreachableException(kind),
    };

    public static TheoryData<string, bool> Kinds => new()
    {
        // True where the path counts as not offered, so that it is built without being told to.
        { "infos that never come", true },
        { "a greeting that never comes", true },
        { "a nar that never begins", false },
        { "a nar that stops", false },
        { "a nar that breaks off", false },
        { "a nar cut short", false },
        { "a nar of other bytes", false },
        { "no nar", true },
        { "errors for nars", false },
        { "errors for infos", true },
        { "refusals", true },
        { "busy for long", true },
        { "infos of nonsense", true },
        { "no greeting", true },
        { "another greeting", true },
        { "a size too large", true },
        { "a size too small", true },
        { "no signatures", true },
        { "the signature of another", true },
        { "a signature that is wrong", true },
        { "another compression", false },
        { "infos with other line ends", true },
        { "infos with a NUL", true },
        { "infos of another path", true },
        { "infos without an end", true },
        { "infos in an unknown encoding", true },
        { "infos that are not packed as they say", true },
        { "a redirection in a circle", false },
        { "a redirection to a file", false },
        { "a length too large", false },
        { "a length too small", false },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheNextCacheIsAskedElseThePathIsBuilt(string kind, bool built)
    {
        using CacheServer bad = new(_cache, (request, _) => Answer(kind, request)), good = new(_cache);
        Outcome both = Realise($"{bad.Url}?priority=10 {good.Url}?priority=20");
        Assert.True(both.Status == 0, both.Error);
        Assert.DoesNotContain("building '", both.Error, StringComparison.Ordinal);
        Assert.Contains(bad.Requests, request => request.StartsWith("GET", StringComparison.Ordinal));
        IsThere();
        Ok(_firn.Run("nix-store", "--delete", _output, _input));

        using CacheServer alone = new(_cache, (request, _) => Answer(kind, request));
        Outcome without = Realise(alone.Url);
        Assert.True(without.Status == (built ? 0 : 1), without.Error);
        if (!built)
        {
            Assert.Contains("try '--fallback' to build derivation from source", without.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_firn.Directory + "/store/nix/store"), file => file.EndsWith("-top", StringComparison.Ordinal));
            using CacheServer again = new(_cache, (request, _) => Answer(kind, request));
            without = Ok(Realise(again.Url, "--fallback"));
        }

        Assert.Contains("building '", without.Error, StringComparison.Ordinal);
        IsThere();
    }

    /// <summary>What is odd but says nothing wrong of the contents.</summary>
    private static Fault? Odd(string kind, string request) => kind switch
    {
        "a greeting with other line ends" => request.EndsWith("nix-cache-info", StringComparison.Ordinal) ? new Fault { Change = _ => "StoreDir: /nix/store\r\nPriority: 30\r\n"u8.ToArray() } : null,
        "nars elsewhere" => IsNar(request) && !request.Contains('?', StringComparison.Ordinal) ? new Fault { Status = 307, Headers = ["Location: ../elsewhere/.." + request["GET ".Length..] + "?a=b"] } : null,
        "packed answers" => request.StartsWith("GET", StringComparison.Ordinal) ? new Fault { Headers = ["Content-Encoding: gzip"], Change = Packed } : null,
        "a file size that is wrong" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "FileSize", _ => "1")) } : null,
        "a file hash that is wrong" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => Line(t, "FileHash", _ => "sha256:" + new string('0', 52))) } : null,
        "no word of the file" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => string.Join('\n', t.Split('\n').Where(line => !line.StartsWith("File", StringComparison.Ordinal)))) } : null,
        "more than is known" => IsInfo(request) ? new Fault { Change = text => Edit(text, t => t + "Something: else\n") } : null,
        _ => throw new UnreachableException(kind),
    };

    private static byte[] Packed(byte[] contents)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionMode.Compress))
        {
            gzip.Write(contents);
        }

        return packed.ToArray();
    }

    [Theory]
    [InlineData("a greeting with other line ends")]
    [InlineData("nars elsewhere")]
    [InlineData("packed answers")]
    [InlineData("a file size that is wrong")]
    [InlineData("a file hash that is wrong")]
    [InlineData("no word of the file")]
    [InlineData("more than is known")]
    public void WhatIsOddDoesNotHurt(string kind)
    {
        using CacheServer server = new(_cache, (request, _) => Odd(kind, request));
        Outcome outcome = Ok(Realise(server.Url));
        Assert.DoesNotContain("building '", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("disabling", outcome.Error, StringComparison.Ordinal);
        IsThere();
    }

    [Fact]
    public void OneBadFileIsNoReasonToLeaveACacheAlone()
    {
        // The input comes whole; only what is on top of it does not.
        using CacheServer server = new(_cache, (request, before) => IsNar(request) && before == 0 ? new Fault { Status = 302, Headers = ["Location: file:///etc/passwd"] } : null);
        Outcome outcome = Realise(server.Url, "--fallback");
        Assert.DoesNotContain("disabling", outcome.Error, StringComparison.Ordinal);
        outcome = Ok(Realise(server.Url));
        IsThere();
    }

    [Fact]
    public void AHostThatIsDeadIsPassedOver()
    {
        using TcpListener port = new(IPAddress.Loopback, 0);
        port.Start();
        string dead = $"http://127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}";
        port.Stop();
        using CacheServer good = new(_cache);
        Outcome outcome = Ok(Realise($"{dead} http://no.such.host.invalid {good.Url}"));
        Assert.Contains($"disabling binary cache '{dead}' for 60 seconds", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("building '", outcome.Error, StringComparison.Ordinal);
        IsThere();
    }

    [Fact]
    public void ABusyCacheIsAskedAgainWhenItSays()
    {
        using CacheServer busy = new(_cache, (request, before) => IsInfo(request) && before == 0 ? new Fault { Status = 503, Headers = ["Retry-After: 1"] } : null);
        Stopwatch watch = Stopwatch.StartNew();
        Outcome outcome = Ok(Realise(busy.Url));
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(1));
        Assert.Contains("HTTP error 503", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("building '", outcome.Error, StringComparison.Ordinal);
        IsThere();
    }

    [Fact]
    public void SlowIsNotDead()
    {
        // Longer than the time that a transfer may stand still, though it never does.
        using CacheServer slow = new(_cache, (request, _) => IsNar(request) ? new Fault { BytesPerSecond = 8000 } : IsInfo(request) ? new Fault { BytesPerSecond = 600 } : null);
        Outcome outcome = Ok(Realise(slow.Url));
        Assert.DoesNotContain("building '", outcome.Error, StringComparison.Ordinal);
        IsThere();
    }

    [Fact]
    public void ABrokenTransferGoesOnWhereItBroke()
    {
        using CacheServer server = new(_cache, (request, before) => IsNar(request) && before == 0 ? new Fault { TruncateAfter = 60 } : null);
        Ok(Realise(server.Url));
        Assert.Contains(server.Requests, request => IsNar(request) && request.EndsWith(" range", StringComparison.Ordinal));
        IsThere();
    }

    [Fact]
    public void AFileWithAHashIsTakenFromACacheBeforeItIsDownloaded()
    {
        string file = _firn.Write("file", "a file");
        string added = Ok(_firn.Run("nix-store", "--add-fixed", "sha256", file)).Output.Trim();
        string hash = Ok(_firn.Run("nix-hash", "--type", "sha256", "--flat", file)).Output.Trim();
        Ok(_firn.Run("nix", "copy", "--to", "file://" + _cache, added));
        Ok(_firn.Run("nix-store", "--delete", added));
        Outcome outcome = Ok(_firn.Run("nix-instantiate", "--eval", "--option", "substituters", "file://" + _cache, "--option", "substitute", "true",
            "-E", $"builtins.fetchurl {{ url = \"http://no.such.host.invalid/file\"; sha256 = \"{hash}\"; }}"));
        Assert.Equal($"\"{added}\"\n", outcome.Output);
        Assert.DoesNotContain("no.such.host", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswersAreKeptForTheirTime()
    {
        using CacheServer server = new(_cache);
        Ok(Realise(server.Url));
        Ok(_firn.Run("nix-store", "--delete", _output, _input));
        int before = server.Requests.Count;
        Ok(Realise(server.Url));
        // What is known is not asked again; only contents come.
        Assert.All(server.Requests.Skip(before), request => Assert.True(IsNar(request), request));
        Ok(_firn.Run("nix-store", "--delete", _output, _input));
        before = server.Requests.Count;
        Ok(Realise(server.Url, "--option", "narinfo-cache-positive-ttl", "0"));
        Assert.Contains(server.Requests.Skip(before), IsInfo);
    }
}
