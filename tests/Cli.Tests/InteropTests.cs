using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>One store, two implementations: what one writes the other reads, and both may be at work at once.</summary>
public sealed class InteropTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private Outcome Run(bool reference, string command, params ReadOnlySpan<string> arguments) => _firn.Run(reference, command, arguments);

    private string Succeeds(bool reference, string command, params ReadOnlySpan<string> arguments) => _firn.Succeeds(reference, command, arguments);

    /// <summary>Files, trees and derivations, added in every way.</summary>
    private List<string> Fill(bool reference)
    {
        string tree = Path.Combine(_firn.Work, "tree");
        Directory.CreateDirectory(Path.Combine(tree, "d", "empty"));
        File.WriteAllText(Path.Combine(tree, "d", "f"), new string('x', 5000));
        File.WriteAllText(Path.Combine(tree, "run"), "#!/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(tree, "run"), (UnixFileMode)0x1ed);
        if (!File.Exists(Path.Combine(tree, "l")))
        {
            File.CreateSymbolicLink(Path.Combine(tree, "l"), "d/f");
        }

        string file = _firn.Write("file", "some text\n");
        List<string> paths =
        [
            Succeeds(reference, "nix-store", "--add", tree, file),
            Succeeds(reference, "nix-store", "--add-fixed", "sha256", file),
            Succeeds(reference, "nix-store", "--add-fixed", "--recursive", "sha1", tree),
            Succeeds(reference, "nix-store", "--add-fixed", "md5", file),
        ];
        string expression = _firn.Write("drv.nix", """
            let
              make = name: args: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // args);
              leaf = make "leaf" { text = builtins.toFile "note" "noted"; };
              fixed = make "fixed" { outputHash = "0000000000000000000000000000000000000000000000000000000000000000"; outputHashAlgo = "sha256"; };
            in
            make "top" { inherit leaf fixed; src = ./tree; outputs = [ "out" "dev" ]; }
            """);
        paths.Add(Succeeds(reference, "nix-instantiate", "--no-gc-warning", expression));
        return [.. paths.SelectMany(p => p.Split('\n')).Select(p => p.Split('!')[0]).Where(p => p.StartsWith("/nix/store/", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Answers_agree_on_a_store_that_one_filled(bool filledByReference)
    {
        List<string> paths = Fill(filledByReference);
        string top = paths[^1];
        Succeeds(!filledByReference, "nix-store", "--realise", paths[0], "--add-root", Path.Combine(_firn.Work, "root"));
        List<string[]> questions =
        [
            ["--dump-db"], ["--verify", "--check-contents"], ["--gc", "--print-live"], ["--gc", "--print-dead"], ["--export", .. paths],
            ["--query", "--binding", "name", top], ["--query", "--tree", top],
            ["--query", "--outputs", top], ["--query", "--requisites", "--include-outputs", top],
        ];
        foreach (string path in paths)
        {
            questions.AddRange([["--query", "--references", path], ["--query", "--referrers", path], ["--query", "--requisites", path], ["--query", "--hash", path], ["--query", "--size", path]]);
            questions.AddRange([["--query", "--referrers-closure", path], ["--query", "--roots", path], ["--query", "--deriver", path], ["--check-validity", path], ["--verify-path", path], ["--dump", Path.Combine(_firn.Directory, "store") + path]]);
        }

        foreach (string[] question in questions)
        {
            Outcome ours = _firn.Run("nix-store", question), theirs = _firn.RunReference("nix-store", question);
            Assert.Equal((string.Join(' ', question), theirs.Status, Lines(question, theirs.Output)), (string.Join(' ', question), ours.Status, Lines(question, ours.Output)));
        }

        // What one adds again is what the other has added.
        Assert.Equal(paths, Fill(!filledByReference));
        Succeeds(filledByReference, "nix-store", "--delete", top);
        Assert.Equal(1, Run(!filledByReference, "nix-store", "--check-validity", top).Status);
        Succeeds(!filledByReference, "nix-store", "--gc");
        Assert.Equal(paths[0], Succeeds(filledByReference, "nix-store", "--query", "--requisites", paths[0]));
        Assert.Equal(Succeeds(false, "nix-store", "--dump-db"), Succeeds(true, "nix-store", "--dump-db"));

        static string Lines(string[] question, string output) => question[0] is "--gc" ? string.Join('\n', output.Split('\n').Order(StringComparer.Ordinal)) : output;
    }

    [Fact]
    public async Task Nothing_is_lost_while_both_add_and_collect()
    {
        // A minute by hand: FIRN_INTEROP_SECONDS=60.
        double seconds = double.Parse(Environment.GetEnvironmentVariable("FIRN_INTEROP_SECONDS") ?? "10", CultureInfo.InvariantCulture);
        using CancellationTokenSource end = new(TimeSpan.FromSeconds(seconds));
        ConcurrentBag<(string Path, string Text)> kept = [];

        // The reference cannot make a store while others do.
        Succeeds(false, "nix-store", "--gc", "--quiet");
        int collections = 0;
        Task[] workers =
        [
            .. Enumerable.Range(0, 4).Select(i => Task.Run(() => Add(i, reference: i % 2 == 0, kept, end.Token))),
            .. Enumerable.Range(0, 2).Select(i => Task.Run(() =>
            {
                while (!end.IsCancellationRequested)
                {
                    Succeeds(i == 0, "nix-store", "--gc", "--quiet");
                    Interlocked.Increment(ref collections);
                }
            })),
        ];
        await Task.WhenAll(workers);
        Assert.True(kept.Count > 3, $"only {kept.Count} paths were added");
        Assert.True(collections > 3, $"only {collections} collections were run");
        foreach (bool reference in (bool[])[false, true])
        {
            Succeeds(reference, "nix-store", "--verify", "--check-contents");
            Succeeds(reference, "nix-store", "--gc");
            Succeeds(reference, "nix-store", ["--check-validity", .. kept.Select(k => k.Path)]);
        }

        foreach ((string path, string text) in kept)
        {
            Assert.Equal(text, File.ReadAllText(Path.Combine(_firn.Directory, "store") + path));
        }

        Assert.Equal(kept.Select(k => k.Path).Order(StringComparer.Ordinal), Directory.GetFiles(Path.Combine(_firn.Directory, "store/nix/store")).Select(f => "/nix/store/" + Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    private void Add(int worker, bool reference, ConcurrentBag<(string, string)> kept, CancellationToken end)
    {
        for (int n = 0; !end.IsCancellationRequested; n++)
        {
            string text = $"file {n} of {worker}\n", file = _firn.Write($"f{worker}-{n}", text);
            string path = Succeeds(reference, "nix-store", "--add", file);
            // Until it has a root it may be collected. The reference overlooks one that is made while it looks for roots, or
            // while another collector makes its socket: so wait for the end of the collection under way.
            string root = Path.Combine(_firn.Work, $"root{worker}-{n}");
            Outcome rooted = Run(n % 3 == 0 ? !reference : reference, "nix-store", "--realise", path, "--add-root", root);
            Succeeds(false, "nix-store", "--gc", "--print-live");
            if (rooted.Status == 0 && Run(reference, "nix-store", "--check-validity", path).Status == 0)
            {
                kept.Add((path, text));
            }
        }
    }
}
