using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build.Builtins;
using Firn.Build.Events;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats.Derivations;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Build.Tests;

/// <summary>A throw-away store with the host's static busybox in it, and a builder for it.</summary>
internal sealed class Workshop : IBuildEvents, IDisposable
{
    private readonly Downloader _downloader;

    public Workshop(Func<BuildSettings, BuildSettings>? adapt = null, string mirrors = "", string? root = null, bool logicalIsReal = false, Func<LocalStoreOptions, LocalStoreOptions>? store = null, string? netrc = null,
        Func<Hooks.IBuildHook>? openHook = null)
    {
        Root = root ?? Directory.CreateTempSubdirectory("firn-build-").FullName;
        Dir = logicalIsReal ? new StoreDir(Root + "/nix/store") : StoreDir.Default;
        LocalStoreOptions options = LocalStoreOptions.UnderRoot(Root, Dir) with { FsyncMetadata = false, ContentAddressedDerivations = true };
        Settings = new BuildSettings
        {
            BuildDir = options.StateDir + "/builds",
            StateDir = options.StateDir,
            LogDir = options.LogDir,
            MaxJobs = 2,
            Cores = 3,
        };
        Settings = adapt?.Invoke(Settings) ?? Settings;
        options = options with { BuildUsersGroup = Settings.BuildUsersGroup, RequireSignatures = false };
        Store = new LocalStore(store?.Invoke(options) ?? options);
        Tools = AddTools();
        _downloader = new Downloader(
            new DownloadSettings { Attempts = 1, FirstPause = TimeSpan.FromMilliseconds(1), NetrcFile = netrc },
            new MirrorTable(MirrorTable.ParseSetting(mirrors), _ => null, () => []),
            warning => Events.Enqueue(new BuildEvent.Warning(warning)));
        Builder = new Builder(
            BuildStore.Of(Store), Settings, _downloader, () => Path.Combine(AppContext.BaseDirectory, "firn-launcher"),
            name => name == "FROM_CALLER" ? "caller" : null, this,
            () => System.Threading.Tasks.Task.FromResult<IReadOnlyList<ISubstituter>>(Substituters),
            static () => BuiltinHost.OfThisProgram(typeof(Workshop).Assembly.Location), openHook: openHook);
    }

    public string Root { get; }

    public StoreDir Dir { get; }

    public LocalStore Store { get; }

    public BuildSettings Settings { get; }

    public Builder Builder { get; }

    public List<ISubstituter> Substituters { get; } = [];

    /// <summary>Holds bin/busybox and a link for each of its programs.</summary>
    public StorePath Tools { get; }

    public ConcurrentQueue<BuildEvent> Events { get; } = new();

    public string Log => string.Join('\n', Events.OfType<BuildEvent.LogLine>().Select(l => Encoding.UTF8.GetString(l.Line.Span)));

    public string Errors => string.Join('\n', Events.OfType<BuildEvent.Error>().Select(e => e.Message));

    /// <summary>Told of each event after it was noted.</summary>
    public Action<BuildEvent>? Happened { get; set; }

    public void Post(BuildEvent happened)
    {
        Events.Enqueue(happened);
        Happened?.Invoke(happened);
    }

    public void Dispose()
    {
        _downloader.Dispose();
        Store.Dispose();
        using Process p = Process.Start("chmod", ["-R", "u+w", Root]);
        p.WaitForExit();
        Directory.Delete(Root, recursive: true);
    }

    public StorePath AddSource(string name, Action<string> fill)
    {
        string directory = Directory.CreateTempSubdirectory("firn-source-").FullName;
        string file = Path.Combine(directory, name);
        fill(file);
        StorePath path = Store.Add(new Source { Name = name, File = file }).Path;
        Directory.Delete(directory, recursive: true);
        return path;
    }

    public StorePath AddText(string name, string text) => Store.AddText(name, Encoding.UTF8.GetBytes(text), []);

    /// <summary>Writes a derivation whose builder is the shell with a script.</summary>
    public StorePath Script(
        string name,
        string script,
        IEnumerable<(string Name, string Value)>? variables = null,
        IEnumerable<string>? outputs = null,
        IEnumerable<(StorePath Derivation, string Output)>? inputs = null,
        IEnumerable<StorePath>? sources = null,
        DerivationOutput? output = null,
        string platform = "x86_64-linux")
        => Write(Make(name, [.. variables ?? [], ("PATH", Dir.Print(Tools) + "/bin")], outputs, inputs, [.. sources ?? [], Tools], output,
            Dir.Print(Tools) + "/bin/busybox", ["sh", "-euc", script], platform));

    public StorePath Builtin(string name, string builder, IEnumerable<(string Name, string Value)> variables, DerivationOutput? output = null, IEnumerable<StorePath>? sources = null)
        => Write(Make(name, variables, null, null, sources, output, "builtin:" + builder, [], "builtin"));

    private Derivation Make(
        string name,
        IEnumerable<(string Name, string Value)> variables,
        IEnumerable<string>? outputs,
        IEnumerable<(StorePath Derivation, string Output)>? inputs,
        IEnumerable<StorePath>? sources,
        DerivationOutput? output,
        string builder,
        string[] arguments,
        string platform)
    {
        Derivation draft = new()
        {
            Name = name,
            Outputs = [.. (outputs ?? ["out"]).Order(StringComparer.Ordinal).Select(o => new NamedOutput(o, output ?? DerivationOutput.Deferred.Instance))],
            InputDerivations = [.. (inputs ?? []).GroupBy(i => i.Derivation).OrderBy(g => g.Key)
                .Select(g => new InputDerivation(g.Key, new OutputSelection([.. g.Select(i => i.Output).Order(StringComparer.Ordinal)])))],
            InputSources = [.. (sources ?? []).Distinct().Order()],
            Platform = platform,
            Builder = Encoding.UTF8.GetBytes(builder),
            Arguments = [.. arguments.Select(Encoding.UTF8.GetBytes)],
            Environment = [.. variables.Append(("name", name)).Concat((outputs ?? ["out"]).Select(o => (o, output is DerivationOutput.Floating or DerivationOutput.Impure ? Placeholders.Own(o) : ""))).OrderBy(v => v.Item1, StringComparer.Ordinal)
                .Select(v => new EnvironmentVariable(Encoding.UTF8.GetBytes(v.Item1), Encoding.UTF8.GetBytes(v.Item2)))],
        };
        return DerivationOutputPaths.FillIn(draft, Dir, HashOf);
    }

    private DerivationHash HashOf(StorePath path) => DerivationHash.Of(Read(path), Dir, maskOutputs: false, HashOf);

    public Derivation Read(StorePath path) => DerivationReader.Parse(Store.ReadFile(path), path.DerivationName, Dir);

    private StorePath Write(Derivation derivation) =>
        Store.AddText(derivation.Name + ".drv", DerivationWriter.ToBytes(derivation, Dir), derivation.References);

    public StorePath OutputOf(StorePath derivation, string output = "out") =>
        Read(derivation).Output(output)!.KnownPath(Dir, derivation.DerivationName, output)!.Value;

    /// <summary>Builds all outputs of derivations.</summary>
    public IReadOnlyList<BuildResult> Build(params StorePath[] derivations) =>
        Builder.RealiseAll([.. derivations.Select(d => new DerivedPath.Built(d))]);

    public BuildException Fail(StorePath derivation, BuildMode mode = BuildMode.Normal) =>
        Xunit.Assert.Throws<BuildException>(() => Builder.RealiseAll([new DerivedPath.Built(derivation)], mode));

    public string Text(StorePath path, string inside = "") => Encoding.UTF8.GetString(Store.ReadFile(path, inside));

    public string Print(StorePath path) => Dir.Print(path);

    /// <summary>What lies in the store besides valid paths and the store's own links.</summary>
    public List<string> Leftovers()
    {
        HashSet<string> valid = [.. Store.AllValid().Select(p => p.BaseName)];
        List<string> names = [.. new DirectoryInfo(Store.RealStoreDir).EnumerateFileSystemInfos().Select(f => f.Name).Where(n => n != ".links" && !valid.Contains(n))];
        if (Directory.Exists(Settings.BuildDir))
        {
            names.AddRange(Directory.EnumerateFileSystemEntries(Settings.BuildDir));
        }

        return names;
    }

    private StorePath AddTools() => AddSource("tools", directory =>
    {
        string bin = Path.Combine(directory, "bin");
        Directory.CreateDirectory(bin);
        File.Copy("/bin/busybox", Path.Combine(bin, "busybox"));
        using Process list = Process.Start(new ProcessStartInfo("/bin/busybox", ["--list"]) { RedirectStandardOutput = true })!;
        foreach (string applet in list.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (applet != "busybox")
            {
                File.CreateSymbolicLink(Path.Combine(bin, applet), "busybox");
            }
        }

        list.WaitForExit();
    });
}
