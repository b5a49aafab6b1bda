using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Fetchers.Downloads;
using Firn.Fetchers.Mirrors;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.BinaryCache;
using Firn.Store.Local;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>
/// Good and damaged files of the store's formats are accepted exactly where the reference implementation accepts them.
/// Another version of it is asked with <c>FIRN_REFERENCE_BIN</c>, more with <c>FIRN_COUNT</c>.
/// </summary>
/// <remarks>docs/formats/strictness.md has the differences that are meant.</remarks>
public sealed class AcceptanceTests : IDisposable
{
    private const string WrongPath = "the file is about another path";

    private static readonly StoreDir s_dir = StoreDir.Default;

    private readonly string _root = Directory.CreateTempSubdirectory("firn-accept-").FullName;
    private readonly bool _old;

    public AcceptanceTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "conf"));
        File.WriteAllText(Path.Combine(_root, "conf", "nix.conf"), "substitute = false\nbuild-users-group =\nexperimental-features = nix-command ca-derivations\n");
        string version = Ask([], "nix-store", "--version").Output;
        _old = version.Contains(" 2.8.", StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (string directory in Directory.EnumerateDirectories(_root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(_root, true);
    }

    [Fact]
    public void Archives()
    {
        NarGenerator generator = new(FuzzSettings.Seed);
        Mutator mutator = new(FuzzSettings.Seed, [.. Enumerable.Range(0, 50).Select(_ => generator.Next())], [FormatFuzzTests.Padded("("), FormatFuzzTests.Padded(")"), FormatFuzzTests.Padded("entry"), FormatFuzzTests.Padded("executable"), FormatFuzzTests.Padded("")]);
        Compare(i => i % 4 == 0 ? mutator.Next() : generator.Next(),
            (bytes, place) => LocalStore.RestoreOrdinary(new MemoryStream(bytes), place + "-ours"),
            (bytes, place) => Ask(bytes, "nix-store", "--restore", place + "-theirs"),
            place => Assert.Equal(Dump(place + "-theirs"), Dump(place + "-ours")));
    }

    [Fact]
    public void Exports()
    {
        NarGenerator nars = new(FuzzSettings.Seed);
        List<byte[]> samples = [.. Enumerable.Range(0, 50).Select(i => FormatFuzzTests.Export(nars.Next(), i))];
        Mutator mutator = new(FuzzSettings.Seed, samples, [FormatFuzzTests.Padded(".."), FormatFuzzTests.Padded("/nix/store/"), [1, 0, 0, 0, 0, 0, 0, 0]]);
        using LocalStore store = new(LocalStoreOptions.UnderRoot(Path.Combine(_root, "ours"), s_dir));
        Compare(i => i % 2 == 0 ? FormatFuzzTests.Export(nars.Next(), 1000 + i) : mutator.Next(),
            (bytes, _) => ExportFormat.Import(store, new MemoryStream(bytes), static _ => { }),
            (bytes, _) => Ask(bytes, "nix-store", "--import"));
        Assert.False(store.Verify(checkContents: true, null));
    }

    [Fact]
    public void Derivations()
    {
        const string hash = "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2";
        string path = s_dir.Print(s_dir.MakeFromContentAddress("n", new ContentAddress(ContentAddressMethod.Flat, Hash.Parse(hash, HashAlgorithm.Sha256))));
        List<byte[]> samples = Mutator.Words(
            $"Derive([(\"out\",\"{path}\",\"sha256\",\"{hash}\")],[],[],\"x86_64-linux\",\"/bin/sh\",[\"-c\",\"a\\nb \\\"c\\\"\"],[(\"name\",\"n\"),(\"out\",\"{path}\"),(\"outputHash\",\"{hash}\")])",
            $"Derive([(\"out\",\"{path}\",\"sha256\",\"{hash}\")],[],[\"/nix/store/ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10\"],\"x86_64-linux\",\"/bin/sh\",[],[(\"out\",\"{path}\")])",
            "Derive([(\"dev\",\"\",\"r:sha256\",\"\"),(\"out\",\"\",\"r:sha256\",\"\")],[],[],\"x\",\"b\",[],[(\"dev\",\"/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9\"),(\"out\",\"\")])");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words("[", "]", "(", ")", ",", "\"", "\\", "\\n", "\\x", "\"out\"", "\"\"", "r:sha256", "md5", "text:sha256", "\"a\",", "(\"k\",\"v\"),", "[],", "\"/nix/store/ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10\","));
        using LocalStore store = new(LocalStoreOptions.UnderRoot(Path.Combine(_root, "ours"), s_dir) with { ContentAddressedDerivations = true });
        Compare(i => i < samples.Count ? samples[i] : mutator.Next(),
            (_, place) => store.Add(new Source { Name = "n.drv", File = place + "/n.drv" }),
            (_, place) => Ask([], "nix-store", "--add", place + "/n.drv"),
            prepare: (bytes, place) =>
            {
                Directory.CreateDirectory(place);
                File.WriteAllBytes(place + "/n.drv", bytes);
            });
    }

    [Fact]
    public void Nar_infos()
    {
        const string name = "ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10", hash = "sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s";
        List<byte[]> samples = Mutator.Words(
            $"StorePath: /nix/store/{name}\nURL: nar/x.nar.xz\nCompression: xz\nFileHash: {hash}\nFileSize: 41232\nNarHash: {hash}\nNarSize: 206104\nReferences: {name} sd3qx1bvkmggg1yh2qvfwbd0f05xk7x5-x\nDeriver: {name}.drv\nSig: key-1:{new string('A', 86)}==\nCA: fixed:r:{hash}\n",
            $"StorePath: /nix/store/{name}\nURL: nar/x.nar\nNarHash: {hash}\nNarSize: 206104\n");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words(":", ": ", "\n", " ", "NarSize: 1\n", "References: \n", "References: x\n", "Deriver: unknown-deriver\n", "Deriver: x\n", "CA: text:", "CA: x\n", "X: y\n", "Sig: x\n", "FileHash: x\n", "sha512:", "sha256-", "-1", "+1", hash));
        string cache = Path.Combine(_root, "cache");
        using Downloader downloader = new(new DownloadSettings(), new MirrorTable(MirrorTable.ParseSetting(""), static _ => null, static () => []), static _ => { });
        BinaryCacheServices services = new() { StoreDir = s_dir, Downloader = downloader };
        Compare(i => i < samples.Count ? samples[i] : mutator.Next(),
            (_, _) =>
            {
                using BinaryCacheStore store = BinaryCaches.Open(StoreReference.Parse("file://" + cache), services);
                _ = store.Find(s_dir.Parse("/nix/store/" + name)) ?? throw new StoreException(WrongPath);
            },
            (_, _) => Ask([], "nix", "path-info", "--store", "file://" + cache, "/nix/store/" + name),
            prepare: (bytes, _) =>
            {
                Directory.CreateDirectory(cache);
                File.WriteAllText(Path.Combine(cache, "nix-cache-info"), "StoreDir: /nix/store\n");
                File.WriteAllBytes(Path.Combine(cache, name[..32] + ".narinfo"), bytes);
            });
    }

    /// <param name="ours">Throws where it refuses.</param>
    /// <param name="same">What both have made must be the same.</param>
    private void Compare(Func<int, byte[]> make, Action<byte[], string> ours, Func<byte[], string, (int Status, string Output, string Error)> theirs, Action<string>? same = null, Action<byte[], string>? prepare = null)
    {
        List<string> differences = [];
        int accepted = 0, count = FuzzSettings.Count(100);
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = make(i);
            string place = Path.Combine(_root, "n" + i);
            prepare?.Invoke(bytes, place);
            string? refusal = null;
            try
            {
                ours(bytes, place);
            }
            catch (Exception e) when (e is FormatsException or StoreException)
            {
                refusal = e.Message;
            }

            (int status, _, string error) = theirs(bytes, place);
            if (status == 0 && refusal is not null && IsMeant(refusal))
            {
                continue;
            }

            if (status == 0 != refusal is null)
            {
                differences.Add($"{i}: ours: {refusal ?? "accepted"}; reference: {(status == 0 ? "accepted" : error.Trim())}; {Convert.ToBase64String(bytes)}");
            }
            else if (status == 0)
            {
                accepted++;
                same?.Invoke(place);
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.InRange(accepted, count / 50, count - count / 50);
    }

    /// <summary>Whether we mean to refuse what the reference accepts.</summary>
    private bool IsMeant(string refusal) =>
        refusal.Contains("a name in the derivation is not valid UTF-8", StringComparison.Ordinal)
        || refusal == WrongPath
        || (_old && (refusal.Contains("signature is corrupt", StringComparison.Ordinal)
            || refusal is "bad archive: NAR contains invalid symlink target" or "bad archive: expected tag 'contents', got ')'" or "bad archive: expected tag 'type', got ')'"));

    private static byte[] Dump(string place)
    {
        Firn.Formats.Sinks.ByteBuffer nar = new();
        LocalStore.DumpTree(place, nar);
        return nar.ToArray();
    }

    private (int Status, string Output, string Error) Ask(byte[] input, string command, params ReadOnlySpan<string> arguments)
    {
        // It makes room for a text of any length that it is told, and 2.8 reads beyond the end of a derivation for ever.
        string[] limited = ["-c", "ulimit -v 1000000; ulimit -t 1; exec \"$0\" \"$@\"", Path.Combine(Environment.GetEnvironmentVariable("FIRN_REFERENCE_BIN") ?? "/usr/bin", command), .. arguments];
        ProcessStartInfo start = new("/bin/sh", limited)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = _root;
        start.Environment["NIX_CONF_DIR"] = Path.Combine(_root, "conf");
        start.Environment["NIX_REMOTE"] = Path.Combine(_root, "theirs");
        using Process process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It had seen enough.
        }

        Assert.True(process.WaitForExit(60_000));
        return (process.ExitCode, output.Result, error.Result);
    }
}
