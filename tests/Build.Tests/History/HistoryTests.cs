using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build.History;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store.Sqlite;
using Xunit;

namespace Firn.Build.Tests.History;

public sealed class HistoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-history-test.").FullName;
    private readonly List<string> _notes = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string FileName => Path.Combine(_directory, "cache", BuildHistory.FileName);

    private BuildHistory Open() => new(FileName, _notes.Add);

    private static PastBuild Build(string name, int number, int seconds, ulong size) =>
        new(name, $"/nix/store/{number}-{name}.drv", Encoding.UTF8.GetBytes($"text {number}"), DateTimeOffset.FromUnixTimeSeconds(number), TimeSpan.FromSeconds(seconds), size);

    [Fact]
    public void NothingIsKnownAndNothingMadeAtFirst()
    {
        using BuildHistory history = Open();
        Assert.Null(history.Expect("a"));
        Assert.Null(history.Last("a"));
        history.Keep([]);
        Assert.False(File.Exists(FileName));
    }

    [Fact]
    public void MediansAreExpected()
    {
        using (BuildHistory history = Open())
        {
            Assert.Null(history.Expect("a"));
            history.Keep([Build("a", 1, 10, 100), Build("a", 2, 90, 300), Build("b", 3, 7, 5)]);
            history.Keep([Build("a", 4, 20, 200)]);
            Assert.Equal(new Expectation(TimeSpan.FromSeconds(20), 200, 3), history.Expect("a"));
        }

        using BuildHistory again = Open();
        Assert.Equal(new Expectation(TimeSpan.FromSeconds(20), 200, 3), again.Expect("a"));
        Assert.Equal("/nix/store/4-a.drv", again.Last("a")!.Path);
        Assert.Equal("text 2", Encoding.UTF8.GetString(again.Find("/nix/store/2-a.drv")!.Text));
        Assert.Null(again.Find("/nix/store/9-a.drv"));
        Assert.Empty(_notes);
    }

    [Fact]
    public void OldBuildsAreForgotten()
    {
        using BuildHistory history = Open();
        history.Keep([.. Enumerable.Range(1, 40).Select(i => Build("a", i, i, 1))]);
        Assert.Equal(BuildHistory.BuildsKept, history.Expect("a")!.Count);
        Assert.Null(history.Find("/nix/store/25-a.drv"));
        Assert.NotNull(history.Find("/nix/store/26-a.drv"));
    }

    /// <summary>A guess is never a reason to wait or to fail.</summary>
    [Fact]
    public void BusyAndDamagedFilesAreLeftAlone()
    {
        using (BuildHistory first = Open())
        {
            first.Keep([Build("a", 1, 1, 1)]);
        }

        using (Database other = new(FileName, OpenMode.Existing, useWal: true))
        {
            other.Execute("begin exclusive");
            using BuildHistory history = Open();
            DateTime start = DateTime.UtcNow;
            history.Keep([Build("a", 2, 1, 1)]);
            Assert.InRange(DateTime.UtcNow - start, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            Assert.Single(_notes);
        }

        File.WriteAllText(FileName, "no database at all, but a text that is long enough to be looked at by whoever opens it");
        using BuildHistory damaged = Open();
        Assert.Null(damaged.Expect("a"));
        damaged.Keep([Build("a", 2, 1, 1)]);
        Assert.Equal(2, _notes.Count);
    }

    private sealed class Past
    {
        private readonly Dictionary<StorePath, Derivation> _derivations = [];

        public StorePath Add(string name, Dictionary<string, string> variables, StorePath[]? inputs = null, StorePath[]? sources = null, string argument = "-e")
        {
            Derivation derivation = new()
            {
                Name = name,
                Outputs = [],
                Platform = "x86_64-linux",
                Builder = "/bin/sh"u8.ToArray(),
                Arguments = [Encoding.UTF8.GetBytes(argument)],
                Environment = [.. variables.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new EnvironmentVariable(Encoding.UTF8.GetBytes(v.Key), Encoding.UTF8.GetBytes(v.Value)))],
                InputDerivations = [.. (inputs ?? []).Select(i => new InputDerivation(i, new OutputSelection(["out"])))],
                InputSources = [.. sources ?? []],
            };
            StorePath path = Made(name + ".drv", string.Join(' ', variables) + string.Join(' ', inputs ?? []) + string.Join(' ', sources ?? []) + argument);
            _derivations[path] = derivation;
            return path;
        }

        public static StorePath Made(string name, string of) => new(Hash.Sha256(Encoding.UTF8.GetBytes(of)).ToString(HashFormat.Nix32, false)[..32] + "-" + name);

        public void Forget(StorePath path) => _derivations.Remove(path);

        public string? Change(StorePath before, StorePath now)
        {
            DerivationChange? change = new DerivationDifference(StoreDir.Default, path => _derivations.GetValueOrDefault(path)).Find(before, now);
            return change is null ? null : string.Join(" > ", [.. change.Inputs, change.What]);
        }
    }

    private static Dictionary<string, string> Variables(params (string Name, string Value)[] variables) => variables.ToDictionary(v => v.Name, v => v.Value);

    [Fact]
    public void OwnDifferencesAreNamed()
    {
        Past past = new();
        StorePath old = past.Add("a-1", Variables(("x", "1"), ("y", "same")));
        Assert.Equal("its attribute 'x' differs: it was \"1\" and is \"2\"", past.Change(old, past.Add("a-1", Variables(("x", "2"), ("y", "same")))));
        Assert.Equal("its attribute 'y' is gone; it was \"same\"", past.Change(old, past.Add("a-1", Variables(("x", "1")))));
        Assert.Equal("its attribute 'z' is new: \"3\"", past.Change(old, past.Add("a-1", Variables(("x", "1"), ("y", "same"), ("z", "3")))));
        Assert.Equal("its name was 'a-1' and is 'a-2'", past.Change(old, past.Add("a-2", Variables(("x", "1"), ("y", "same")))));
        Assert.Equal("argument 1 of its builder differs: it was \"-e\" and is \"-c\"", past.Change(old, past.Add("a-1", Variables(("x", "1"), ("y", "same")), argument: "-c")));
        Assert.Null(past.Change(old, old));
    }

    [Fact]
    public void LongValuesAreShownWhereTheyDiffer()
    {
        Past past = new();
        string text = string.Concat(Enumerable.Range(0, 30).Select(i => $"line {i}\n"));
        string? change = past.Change(past.Add("a", Variables(("script", text))), past.Add("a", Variables(("script", text.Replace("line 21", "other 21", StringComparison.Ordinal)))));
        Assert.StartsWith("its attribute 'script' differs: it was \"… 18\\nline 19\\nline 20\\nline 21\\n", change, StringComparison.Ordinal);
        Assert.Contains("…\" and is \"… 18\\nline 19\\nline 20\\nother 21\\n", change, StringComparison.Ordinal);
        Assert.EndsWith("…\"", change, StringComparison.Ordinal);
    }

    [Fact]
    public void CausesAreFoundBelow()
    {
        Past past = new();
        StorePath source = Past.Made("src", "1"), changed = Past.Made("src", "2");
        StorePath low = past.Add("low-1", Variables(), sources: [source]), newLow = past.Add("low-1", Variables(), sources: [changed]);
        StorePath other = past.Add("other", Variables());
        StorePath middle = past.Add("middle", Variables(("low", $"/nix/store/{Past.Made("low-1", "a")}")), [low, other]);
        StorePath newMiddle = past.Add("middle", Variables(("low", $"/nix/store/{Past.Made("low-1", "b")}")), [newLow, other]);
        StorePath top = past.Add("top", Variables(), [middle]), newTop = past.Add("top", Variables(), [newMiddle]);
        string cause = $"its source 'src' differs: it was /nix/store/{source} and is /nix/store/{changed}";
        Assert.Equal($"middle > low-1 > {cause}", past.Change(top, newTop));
        past.Forget(low);
        Assert.Equal("middle > low-1 > it was another derivation, which is not known any more", past.Change(top, newTop));
        Assert.Equal("it has the new input 'extra'", past.Change(top, past.Add("top", Variables(), [middle, past.Add("extra", Variables())])));
        Assert.Equal("it has no input 'middle' any more", past.Change(top, past.Add("top", Variables())));
        past.Forget(top);
        Assert.Null(past.Change(top, newTop));
    }

    [Fact]
    public void NewVersionsOfInputsAreTheSameInput()
    {
        Past past = new();
        StorePath old = past.Add("top", Variables(), [past.Add("lib-1.0", Variables())]), made = past.Add("top", Variables(), [past.Add("lib-1.1", Variables(("a", "b")))]);
        Assert.Equal("lib-1.1 > its name was 'lib-1.0' and is 'lib-1.1'", past.Change(old, made));
    }
}
