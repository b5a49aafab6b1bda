using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Xunit;

namespace Firn.Store.Local.Tests;

/// <summary>Keeps the messages of a store.</summary>
public sealed class RecordingLog : IStoreLog
{
    public List<(StoreLogLevel Level, string Message)> Messages { get; } = [];

    public void Write(StoreLogLevel level, string message)
    {
        lock (Messages) Messages.Add((level, message));
    }

    public IEnumerable<string> At(StoreLogLevel level) => Messages.Where(m => m.Level == level).Select(m => m.Message);
}

/// <summary>A store under a root of its own, deleted in the end, and the reference implementation for the same root.</summary>
public sealed class TempStore : IDisposable
{
    private LocalStore _store;

    public TempStore(Func<LocalStoreOptions, LocalStoreOptions>? change = null)
    {
        Root = Path.Combine(Path.GetTempPath(), "firn-store-" + Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(Root);
        Options = LocalStoreOptions.UnderRoot(Root, StoreDir.Default) with { Log = Log };
        if (change != null) Options = change(Options);
        _store = new LocalStore(Options);
    }

    public string Root { get; }

    public RecordingLog Log { get; } = new();

    public LocalStoreOptions Options { get; }

    public LocalStore Store => _store;

    public string RealStore => Options.RealStoreDir;

    /// <summary>Closes the store and opens it again, as the next process would.</summary>
    public void Reopen()
    {
        _store.Dispose();
        _store = new LocalStore(Options);
    }

    /// <summary>A file outside of the store.</summary>
    public string Scratch(string name)
    {
        string directory = Path.Combine(Root, "scratch");
        Directory.CreateDirectory(directory);
        return Path.Combine(directory, name);
    }

    public StorePath AddText(string name, string text, params StorePath[] references)
    {
        Array.Sort(references);
        return _store.AddText(name, Encoding.UTF8.GetBytes(text), references);
    }

    public byte[] Nar(StorePath path)
    {
        var buffer = new ByteBuffer();
        _store.WriteNar(path, buffer);
        return buffer.ToArray();
    }

    public record Outcome(int Exit, string Out, string Error);

    /// <summary>Runs a command of the reference implementation on this store.</summary>
    public Outcome Reference(string command, IEnumerable<string> arguments, byte[]? input = null, params (string Name, string Value)[] environment)
    {
        string directory = Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin";
        var start = new ProcessStartInfo(directory + "/" + command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.Latin1 };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("NIX_")).ToArray()) start.Environment.Remove(name);
        start.Environment["NIX_REMOTE"] = Root;
        start.Environment["NIX_CONF_DIR"] = Root + "/conf";
        start.Environment["HOME"] = Root + "/home";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (input != null) process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Makes a named pipe; opening it for reading waits for a writer.</summary>
    public string Pipe(string name)
    {
        string path = Scratch(name);
        using Process process = Process.Start("mkfifo", [path])!;
        process.WaitForExit();
        return path;
    }

    public string ReferenceOk(string command, params string[] arguments)
    {
        Outcome outcome = Reference(command, arguments);
        Assert.True(outcome.Exit == 0, command + " " + string.Join(' ', arguments) + "\n" + outcome.Error);
        return outcome.Out;
    }

    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Both implementations find nothing wrong.</summary>
    public void AssertSound()
    {
        Assert.False(_store.Verify(checkContents: true, repairer: null), string.Join('\n', Log.At(StoreLogLevel.Error)));
        Outcome outcome = Reference("nix-store", ["--verify", "--check-contents"]);
        Assert.True(outcome.Exit == 0, outcome.Error);
        Assert.DoesNotContain("disappeared", outcome.Error);
        Assert.DoesNotContain("modified", outcome.Error);
    }

    public void Dispose()
    {
        _store.Dispose();
        // Directories of store objects are read-only.
        if (Directory.Exists(Root)) _store.Delete(Root);
    }
}
