using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.Derivations;

/// <summary>The fixtures are the .drv files that Nix 2.34 wrote for derivations of every kind of output.</summary>
public sealed class DerivationTests
{
    private static readonly StoreDir s_dir = StoreDir.Default;
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "drv");

    public static TheoryData<string> Files() => [.. Names()];

    private static IEnumerable<string> Names() => Directory.EnumerateFiles(s_folder).Select(static f => Path.GetFileName(f));

    private static Derivation Load(StorePath path) => DerivationReader.Parse(File.ReadAllBytes(Path.Combine(s_folder, path.BaseName)), path.DerivationName, s_dir);

    private static DerivationHash HashOf(StorePath path) => DerivationHash.Of(Load(path), s_dir, false, HashOf);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_reads_and_prints_back(string file)
    {
        byte[] text = File.ReadAllBytes(Path.Combine(s_folder, file));
        Derivation derivation = Load(new StorePath(file));
        Assert.Equal(Encoding.UTF8.GetString(text), Encoding.UTF8.GetString(DerivationWriter.ToBytes(derivation, s_dir)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_path_of_a_file_follows_from_its_text(string file)
    {
        Derivation derivation = Load(new StorePath(file));
        Hash hash = Hash.Sha256(DerivationWriter.ToBytes(derivation, s_dir));
        Assert.Equal(file, s_dir.MakeText(derivation.Name + ".drv", hash, derivation.References).BaseName);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_paths_of_outputs_follow_from_the_inputs(string file)
    {
        Derivation derivation = Load(new StorePath(file));
        DerivationOutputPaths.Check(derivation, s_dir, HashOf);

        // The same from a derivation without the paths.
        Derivation bare = derivation.With(
            [.. derivation.Outputs.Select(static o => o.Output is DerivationOutput.InputAddressed ? new NamedOutput(o.Name, DerivationOutput.Deferred.Instance) : o)],
            [.. derivation.Environment.Select(v => derivation.Output(Encoding.UTF8.GetString(v.Name)) is DerivationOutput.InputAddressed ? new EnvironmentVariable(v.Name, []) : v)]);
        byte[] filled = DerivationWriter.ToBytes(DerivationOutputPaths.FillIn(bare, s_dir, HashOf), s_dir);
        Assert.Equal(Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(s_folder, file))), Encoding.UTF8.GetString(filled));
    }

    [Fact]
    public void Every_kind_of_output_is_among_the_fixtures() =>
        Assert.Equal(Enum.GetValues<DerivationType>(), Names().Select(static row => Load(new StorePath(row)).Type).Distinct().Order());

    [Fact]
    public void A_wrong_path_is_noticed()
    {
        Derivation derivation = Load(new StorePath("q9f66qxjyw6jbyzkpyfkg91gkkj0zac8-top.drv"));
        Derivation other = derivation.With([new("out", new DerivationOutput.InputAddressed(new StorePath("00000000000000000000000000000000-top")))], derivation.Environment);
        Assert.Equal(
            "derivation has incorrect output '/nix/store/00000000000000000000000000000000-top', should be '/nix/store/6n9a31ka7qxfyfbssl9pwm0kcg6z9xbn-top'",
            Assert.Throws<FormatsException>(() => DerivationOutputPaths.Check(other, s_dir, HashOf)).Message);
        Derivation changed = derivation.With(derivation.Outputs, [.. derivation.Environment.Select(static v => v.Name.AsSpan().SequenceEqual("out"u8) ? new EnvironmentVariable(v.Name, [65]) : v)]);
        Assert.Equal(
            "derivation has incorrect environment variable 'out', should be '/nix/store/6n9a31ka7qxfyfbssl9pwm0kcg6z9xbn-top' but is actually 'A'",
            Assert.Throws<FormatsException>(() => DerivationOutputPaths.Check(changed, s_dir, HashOf)).Message);
    }

    [Fact]
    public void Dynamic_inputs_read_and_print_back()
    {
        const string Text = """
            DrvWithVersion("xp-dyn-drv",[("out","","","")],[("/nix/store/00000000000000000000000000000000-a.drv",(["out"],[("drv",["x","y"]),("far",([],[("deep",["z"])]))])),("/nix/store/00000000000000000000000000000000-b.drv",["out"])],[],"s","b",[],[])
            """;
        Derivation derivation = DerivationReader.Parse(Encoding.UTF8.GetBytes(Text), "n", s_dir);
        Assert.True(derivation.HasDynamicInputs);
        Assert.Equal(Text, Encoding.UTF8.GetString(DerivationWriter.ToBytes(derivation, s_dir)));
    }

    [Theory]
    [InlineData("", "expected string 'D'")]
    [InlineData("Drivel", "expected string 'rvWithVersion('")]
    [InlineData("Don't", "derivation does not start with 'Derive' or 'DrvWithVersion'")]
    [InlineData("Derive(", "expected string '['")]
    [InlineData("DrvWithVersion(\"x\",", "Unknown derivation ATerm format version 'x'")]
    [InlineData("Derive([(\"out", "unterminated string in derivation")]
    [InlineData("Derive([(\"out\\", "unterminated string in derivation")]
    [InlineData("Derive([(\"out\",\"x\",\"\",\"\")],", "bad path 'x' in derivation")]
    [InlineData("Derive([(\"out\",\"/x\",\"\",\"\")],", "path \"/x\" is not in the Nix store")]
    [InlineData("Derive([(\"out\",\"/x\",\"sha256\",\"\")],", "content-addressing derivation output should not specify output path")]
    [InlineData("Derive([(\"out\",\"/x\",\"sha256\",\"impure\")],", "impure derivation output should not specify output path")]
    [InlineData("Derive([(\"out\",\"\",\"sha257\",\"\")],", "unknown hash algorithm 'sha257', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")]
    [InlineData("Derive([(\"out\",\"\",\"\",\"\")(", "expected string '\"'")]
    [InlineData("Derive([(\"out\",\"\",\"\",\"\"),]", "expected string '('")]
    [InlineData("DrvWithVersion(\"xp-dyn-drv\",[],[(\"/nix/store/00000000000000000000000000000000-a.drv\",x", "invalid inputDrvs entry in derivation")]
    public void A_bad_text_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<FormatsException>(() => DerivationReader.Parse(Encoding.UTF8.GetBytes(text), "n", s_dir)).Message);

    // Real Nix takes them too.
    [Fact]
    public void Commas_before_elements_may_be_missing_or_too_many()
    {
        const string plain = "Derive([(\"dev\",\"\",\"r:sha256\",\"\"),(\"out\",\"\",\"r:sha256\",\"\")],[],[],\"x\",\"b\",[\"1\",\"2\"],[(\"a\",\"1\"),(\"b\",\"2\")])";
        string odd = plain.Replace("),(", ")(", StringComparison.Ordinal).Replace("[\"1\",\"2\"]", "[,\"1\"\"2\"]", StringComparison.Ordinal);
        Assert.NotEqual(plain, odd);
        Assert.Equal(plain, Encoding.UTF8.GetString(DerivationWriter.ToBytes(DerivationReader.Parse(Encoding.UTF8.GetBytes(odd), "n", s_dir), s_dir)));
    }

    [Fact]
    public void Damaged_texts_never_do_worse_than_being_refused()
    {
        Random random = new(3);
        byte[][] texts = [.. Names().Select(static row => File.ReadAllBytes(Path.Combine(s_folder, row)))];
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] text = [.. texts[random.Next(texts.Length)]];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                text[random.Next(text.Length)] = (byte)"\"\\()[],/x\0"[random.Next(10)];
            }

            text = random.Next(4) == 0 ? text[..random.Next(text.Length)] : text;
            try
            {
                Derivation derivation = DerivationReader.Parse(text, "n", s_dir);
                // What is accepted prints to something that reads as the same.
                byte[] printed = DerivationWriter.ToBytes(derivation, s_dir);
                Assert.Equal(printed, DerivationWriter.ToBytes(DerivationReader.Parse(printed, "n", s_dir), s_dir));
            }
            catch (FormatsException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 4000);
    }

    [Fact]
    public void Derivations_of_any_bytes_print_and_read_back()
    {
        Random random = new(4);
        for (int i = 0; i < 500; i++)
        {
            Derivation derivation = new()
            {
                Name = "n",
                Outputs = [new("out", DerivationOutput.Deferred.Instance)],
                InputDerivations = [.. Sorted(random).Select(p => new InputDerivation(new StorePath(p.BaseName + ".drv"), new OutputSelection(["a", "b"])))],
                InputSources = [.. Sorted(random)],
                Platform = "x",
                Builder = Bytes(random),
                Arguments = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Bytes(random))],
                Environment = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Bytes(random)).DistinctBy(Convert.ToHexString).OrderBy(Convert.ToHexString, StringComparer.Ordinal).Select(n => new EnvironmentVariable(n, Bytes(random)))],
            };
            byte[] text = DerivationWriter.ToBytes(derivation, s_dir);
            Derivation read = DerivationReader.Parse(text, "n", s_dir);
            Assert.Equal(derivation.Builder, read.Builder);
            Assert.Equal(derivation.Arguments.Select(Convert.ToHexString), read.Arguments.Select(Convert.ToHexString));
            Assert.Equal(derivation.Environment.Select(static v => (v.Name, v.Value)), read.Environment.Select(static v => (v.Name, v.Value)), static (l, r) => l.Name.AsSpan().SequenceEqual(r.Name) && l.Value.AsSpan().SequenceEqual(r.Value));
            Assert.All(read.Environment, v => Assert.Equal(v.Value, read.Variable(v.Name)));
            Assert.Equal(text, DerivationWriter.ToBytes(read, s_dir));
        }
    }

    [Fact]
    public void Placeholders_are_the_known_ones()
    {
        Assert.Equal("/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9", Placeholders.Own("out"));
        Assert.Equal("/0c5ycqfqhx9c633wxs300w17gkjbp67znclylw7iggxgz4qbw1y4", Placeholders.Own("x"));
        Assert.Equal("/18sxz2jdaj28wyliifb91jbpibnfg4zxd32jl4n00za3fv2yfp93", Placeholders.Render(Placeholders.Downstream(new StorePath("n6xwgvf3in9q798i0c30yxjl5kc79h5m-floating.drv"), "out")));
    }

    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 20)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static IEnumerable<StorePath> Sorted(Random random)
    {
        byte[] hash = new byte[20];
        return [.. Enumerable.Range(0, random.Next(4)).Select(_ =>
        {
            random.NextBytes(hash);
            return new StorePath(hash, "p");
        }).Order()];
    }
}
