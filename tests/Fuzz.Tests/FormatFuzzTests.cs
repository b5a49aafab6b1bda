using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Eval.Builtins;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.Conf;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.NarInfo;
using Firn.Formats.Realisations;
using Firn.Formats.Signing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Fuzz.Tests;

/// <summary>
/// Damaged files of every format: each is read or refused with the error of its layer, and what was read is written as
/// something that reads the same.
/// </summary>
public sealed class FormatFuzzTests
{
    private const string StorePathText = "/nix/store/ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10";
    private const string HashText = "sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s";

    private static readonly StoreDir s_dir = StoreDir.Default;

    [Fact]
    public void Archives()
    {
        NarGenerator generator = new(FuzzSettings.Seed);
        List<byte[]> samples = [.. Enumerable.Range(0, 200).Select(_ => generator.Next())];
        Mutator mutator = new(FuzzSettings.Seed, samples, [Padded("("), Padded(")"), Padded("entry"), Padded("name"), Padded("node"), Padded("type"), Padded("directory"), Padded(".."), [0, 0, 0, 0, 0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]);
        int accepted = 0;
        Watch.Run(Inputs(20000, i => i % 2 == 0 ? generator.Next() : mutator.Next()), bytes => accepted += Try(() =>
        {
            MemoryStream source = new(bytes);
            ByteBuffer written = new();
            NarReader.Read(source, new NarWriter(written));
            Assert.Equal(bytes.AsSpan(0, (int)source.Position).ToArray(), written.ToArray());
        }));
        Assert.InRange(accepted, 100, int.MaxValue);
    }

    [Fact]
    public void Nar_infos()
    {
        List<byte[]> samples = Mutator.Words(
            $"StorePath: {StorePathText}\nURL: nar/x.nar.xz\nCompression: xz\nFileHash: {HashText}\nFileSize: 41232\nNarHash: {HashText}\nNarSize: 206104\nReferences: ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10 sd3qx1bvkmggg1yh2qvfwbd0f05xk7x5-x\nDeriver: ki2a4m0ywqwvcysblyjp21q8ly39z0q8-hello-2.10.drv\nSig: key-1:{new string('A', 86)}==\nCA: fixed:r:{HashText}\n");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words(":", ": ", "\n", " ", "StorePath: ", "URL: ", "NarHash: ", "NarSize: ", "References: ", "Deriver: unknown-deriver\n", "CA: text:", "sha512:", "sha256-", "18446744073709551616", "-1", StorePathText, HashText));
        Watch.Run(Inputs(10000, _ => mutator.Next()), bytes => Try(() =>
        {
            string text = NarInfoFile.Parse(Text(bytes), "x.narinfo", s_dir).ToText(s_dir);
            Assert.Equal(text, NarInfoFile.Parse(text, "x.narinfo", s_dir).ToText(s_dir));
        }));
    }

    [Fact]
    public void Derivations()
    {
        List<byte[]> samples = Samples("drv");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words("Derive(", "DrvWithVersion(\"xp-dyn-drv\",", "[", "]", "(", ")", ",", "\"", "\\", "\\n", "\\x", "\"out\"", "\"\"", "r:sha256", "text:sha256", "impure", $"\"{StorePathText}\"", "(\"out\",\"\",\"\",\"\")"));
        int accepted = 0;
        Watch.Run(Inputs(20000, i => i < samples.Count ? samples[i] : mutator.Next()), bytes => accepted += Try(() =>
        {
            byte[] written = DerivationWriter.ToBytes(DerivationReader.Parse(bytes, "name", s_dir), s_dir);

            // The platform and the names of outputs are written as they are, so with escapes they are read as others.
            if (!bytes.AsSpan().Contains((byte)'\\'))
            {
                Assert.Equal(written, DerivationWriter.ToBytes(DerivationReader.Parse(written, "name", s_dir), s_dir));
            }
        }));
        Assert.InRange(accepted, samples.Count, int.MaxValue);
    }

    [Fact]
    public void Settings()
    {
        List<byte[]> samples = Mutator.Words("substituters = https://a https://b # x\ninclude b.conf\n!include /c.conf\ncores = 4\nextra-x =\n\n\t y = z\r\n");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words("=", "#", "\n", "include", "!include", " ", "\t", "a.conf", "..", "/", "b.conf"));
        Watch.Run(Inputs(10000, _ => mutator.Next()), bytes => Try(() =>
            Assert.NotNull(ConfReader.Read(Text(bytes), "/etc/nix/a.conf", path => path.EndsWith("b.conf", StringComparison.Ordinal) ? "x = y\ninclude a.conf\n" : path.EndsWith("a.conf", StringComparison.Ordinal) ? Text(bytes) : null))));
    }

    [Fact]
    public void Hashes_paths_and_keys()
    {
        List<byte[]> samples = Mutator.Words(
            HashText, "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "md5:900150983cd24fb0d6963f7d28e17f72", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", StorePathText, StorePathText[11..], "fixed:r:" + HashText, "text:" + HashText, "key-1:" + new string('A', 86) + "==", "key-1:" + new string('A', 43) + "=", "/nix/store/../store/x", HashText + "!out");
        Mutator mutator = new(FuzzSettings.Seed, samples, Mutator.Words(":", "-", "=", "==", "/", ".", "..", ".drv", "sha256", "sha512", "blake3", "md5", "r:", "git:", "!", "^", "e", "0", "é", "\0", "+", "?"));
        Watch.Run(Inputs(20000, _ => mutator.Next()), bytes =>
        {
            string text = Text(bytes);
            Try(() => Same(text, Hash.Parse(text, null), static h => h.ToString(HashFormat.Sri, true), static t => Hash.Parse(t, null)));
            Try(() => Same(text, Hash.Parse(text, HashAlgorithm.Sha256), static h => h.ToString(HashFormat.Nix32, true), static t => Hash.Parse(t, HashAlgorithm.Sha256)));
            Try(() => Same(text, Hash.ParsePrefixed(text), static h => h.ToString(HashFormat.Base16, true), Hash.ParsePrefixed));
            Try(() => Same(text, s_dir.Parse(text), s_dir.Print, s_dir.Parse));
            Try(() => Same(text, new StorePath(text), static p => p.BaseName, static t => new StorePath(t)));
            Try(() => Same(text, ContentAddress.Parse(text), static a => a.ToString(), ContentAddress.Parse));
            Try(() => Same(text, Signature.Parse(text), static s => s.ToString(), Signature.Parse));
            Try(() => Assert.NotNull(PublicKey.Parse(text).ToString()));
            Try(() => Assert.NotNull(SecretKey.Parse(text).ToString()));
            Try(() => Same(text, DerivationOutputId.Parse(text), static o => o.ToString(), DerivationOutputId.Parse));
            _ = Nix32.Decode(text);
            _ = Base64.Decode(text);
            _ = Base16.Decode(text);
        });

        static void Same<T>(string text, T value, Func<T, string> print, Func<string, T> parse) => Assert.True(Equals(value, parse(print(value))), text);
    }

    [Fact]
    public void Realisations()
    {
        List<byte[]> samples = Mutator.Words($"{{\"dependentRealisations\":{{}},\"id\":\"{HashText}!out\",\"outPath\":\"{StorePathText[11..]}\",\"signatures\":[\"a:b\"]}}");
        Mutator mutator = new(FuzzSettings.Seed, samples, JsonWords);
        Watch.Run(Inputs(5000, _ => mutator.Next()), bytes => Try(() => Assert.NotNull(Realisation.Parse(bytes))));
    }

    [Theory]
    [InlineData("fromJSON")]
    [InlineData("fromTOML")]
    public void Data(string builtin)
    {
        List<byte[]> samples = builtin == "fromJSON"
            ? [.. Samples("drv-json"), .. Mutator.Words("[1, -2.5e3, \"\\u00e9\\ud83d\\ude00\\n\", true, null, {\"a\": {}}]", "\"\\ud800\"", "1E400", "-0", "123456789012345678901234567890")]
            : Mutator.Words("a = 1\n[b.c]\nd = \"x\\u00e9\\n\"\n[[e]]\nf = [1, 2.5, 'q']\n[[e]]\ng = {h = true, i.j = 1979-05-27T07:32:00Z}\n", "s = \"\"\"\na\\\n  b\"\"\"\nt = '''\nx'''\nn = 0x1f\no = 0o17\np = 0b11\nq = 1_000\nr = inf\ny = -nan\n", "\"a b\".'c d' = 1\n# c\n3.14 = 1\n");
        Mutator mutator = new(FuzzSettings.Seed, samples, builtin == "fromJSON" ? JsonWords : Mutator.Words("[", "]", "[[", "]]", "{", "}", "=", ".", "\"", "'", "\"\"\"", "'''", "\\", "\\u00", "\\U0001F600", "\n", "\r", "#", ",", "a", "b.c", "1979-05-27", "07:32:00.5", "+", "_", "0x", "inf", "e", "\0", "é"));
        Watch.Run(Inputs(10000, _ => mutator.Next()), bytes =>
        {
            Evaluator ev = new SourceRun("builtins"u8.ToArray()).Evaluator;
            VAttrs builtins = ev.Builtins;
            Try(() =>
            {
                Value value = ev.Call(builtins.Get(ev.Symbols.Intern(Encoding.UTF8.GetBytes(builtin)))!, new VString(bytes), default);
                ev.ForceDeep(value);
            });
        });
    }

    [Fact]
    public void Exports_are_imported_into_the_store_alone()
    {
        string root = Directory.CreateTempSubdirectory("firn-fuzz-").FullName;
        try
        {
            string outside = Path.Combine(root, "outside");
            Directory.CreateDirectory(outside);
            using LocalStore store = new(LocalStoreOptions.UnderRoot(Path.Combine(root, "root"), s_dir) with { FsyncMetadata = false });
            NarGenerator nars = new(FuzzSettings.Seed);
            List<byte[]> samples = [.. Enumerable.Range(0, 50).Select(i => Export(nars.Next(), i))];
            Mutator mutator = new(FuzzSettings.Seed, samples, [Padded(".."), Padded("/"), Padded(StorePathText), Padded("../../outside/x"), Padded("/nix/store/../../outside/x"), [1, 0, 0, 0, 0, 0, 0, 0]]);
            int imported = 0;
            Watch.Run(Inputs(5000, i => i < samples.Count ? samples[i] : mutator.Next()), bytes =>
            {
                if (bytes.Length % 8 == 0)
                {
                    Try(() => ExportFormat.Import(store, new MemoryStream(bytes), _ => imported++));
                }

                Try(() => ExportFormat.Import(new MemoryStore(s_dir), new MemoryStream(bytes), static _ => { }));
            });
            Assert.InRange(imported, 10, int.MaxValue);
            Assert.Empty(Directory.GetFileSystemEntries(outside));
            Assert.Equal(["outside", "root"], Directory.GetFileSystemEntries(root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal(["nix"], Directory.GetFileSystemEntries(Path.Combine(root, "root")).Select(Path.GetFileName));
            Assert.Equal(["store", "var"], Directory.GetFileSystemEntries(Path.Combine(root, "root", "nix")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            foreach (string directory in Directory.EnumerateDirectories(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            {
                File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Directory.Delete(root, true);
        }
    }

    private static List<byte[]> JsonWords => Mutator.Words("{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud800", "\\udc00", "null", "true", "1e999", "-", ".", "0", "\0", "é", "\uFEFF", "\"id\"", "\"outPath\"");

    private static IEnumerable<byte[]> Inputs(int count, Func<int, byte[]> make) => Enumerable.Range(0, FuzzSettings.Count(count)).Select(make);

    private static List<byte[]> Samples(string folder) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "formats", folder)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>One if it was read, none if it was refused.</summary>
    private static int Try(Action read)
    {
        try
        {
            read();
            return 1;
        }
        catch (Exception e) when (e is FormatsException or StoreException or EvalError)
        {
            Assert.NotEmpty(e.Message);
            return 0;
        }
    }

    internal static byte[] Padded(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes, .. new byte[-bytes.Length & 7]];
    }

    internal static byte[] Export(byte[] nar, int number)
    {
        string path = $"/nix/store/{Nix32.Encode(Hash.Sha256(BitConverter.GetBytes(number)).Bytes)[..32]}-x{number}";
        return [1, 0, 0, 0, 0, 0, 0, 0, .. nar, 0x4e, 0x49, 0x58, 0x45, 0, 0, 0, 0, .. Padded(path), 0, 0, 0, 0, 0, 0, 0, 0, .. Padded(""), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }
}
