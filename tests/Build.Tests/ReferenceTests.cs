using System.Collections.Generic;
using System.Linq;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>The reference builds what was built here once more, and must get the same.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public void It_makes_the_same_outputs()
    {
        using Workshop w = new();
        StorePath leaf = w.AddText("leaf", "l");
        List<StorePath> all =
        [
            w.Script("plain", "mkdir -p $out/a/b; echo x > $out/a/f; chmod 755 $out/a/f; ln -s f $out/a/l; ln $out/a/f $out/a/h; echo $out > $out/self"),
            w.Script("env", "env | grep -v ^SHLVL | sort > $out", [("passAsFile", "text"), ("text", "contents"), ("v", "a\nb")]),
            w.Script("inside", "x=$(id; id -G; pwd; ls / /dev /etc /nix/store; cat /etc/passwd /etc/group /etc/hosts; hostname; ulimit -c; umask; tail -n +3 /proc/net/dev | cut -d: -f1; ls -ld / /build /tmp /nix/store | cut -c1-10; cat /proc/self/personality /proc/self/oom_score_adj; grep -E 'NoNewPrivs|Seccomp:|Cap(Inh|Prm|Eff|Amb)' /proc/self/status; readlink /proc/self/fd/0); echo \"$x\" > $out"),
            w.Script("graph", "cp graph $out", [("exportReferencesGraph", "graph " + w.Print(leaf))], sources: [leaf]),
        ];
        // With structured attributes there are no variables: the script finds its output in the JSON.
        all.Add(w.Script("attributes",
            "PATH=" + w.Print(w.Tools) + "/bin; o=$(sed 's/.*\"outputs\":{\"out\":\"\\([^\"]*\\)\".*/\\1/' $NIX_ATTRS_JSON_FILE); cat $NIX_ATTRS_JSON_FILE $NIX_ATTRS_SH_FILE > $o; env | sort >> $o",
            [("__json", """{"a":"it's","b":[1,"two",true,false],"big":{"deep":{"x":1}},"c":{"k":"v w"},"d":null,"e":1.5,"f":2.0,"g":"ünï","name":"attributes","outputs":["out"],"system":"x86_64-linux"}""")]));
        w.Build([.. all]);
        bool attributes = Reference.HasAttributesInSandbox(w);
        foreach (StorePath d in all.Where(d => attributes || d.DerivationName != "attributes"))
        {
            (int exit, string error) = Reference.Run(w, "nix-store", "--realise", "--check", "-K", w.Print(d));
            Assert.True(exit == 0, d.Name + ":\n" + error + "\n--- ours\n" + (d.Name == "plain.drv" ? "" : w.Text(w.OutputOf(d)))
                + "\n--- theirs\n" + (System.IO.File.Exists(w.Store.RealPath(w.OutputOf(d)) + ".check") ? System.IO.File.ReadAllText(w.Store.RealPath(w.OutputOf(d)) + ".check") : ""));
        }

        (int verified, string text) = Reference.Run(w, "nix-store", "--verify", "--check-contents");
        Assert.True(verified == 0, text);
    }

    private static readonly DerivationOutput s_floating = new DerivationOutput.Floating(ContentAddressMethod.NixArchive, HashAlgorithm.Sha256);

    /// <summary>Derivations of many kinds. None with a self-reference in a path that is named by its contents: old versions name those otherwise.</summary>
    private static List<StorePath> Kinds(Workshop w)
    {
        StorePath source = w.AddText("source", "text");
        StorePath plain = w.Script("plain", "mkdir $out; echo $s $out > $out/f", [("s", w.Print(source))], sources: [source]);
        StorePath floating = w.Script("floating", "mkdir $out; echo $p > $out/f", [("p", w.Print(w.OutputOf(plain)))], inputs: [(plain, "out")], output: s_floating);
        return
        [
            plain,
            w.Script("outputs", "echo $dev > $out; echo $lib > $dev; echo lib > $lib", outputs: ["out", "dev", "lib"]),
            w.Script("files", "cp $textPath $out", [("passAsFile", "text"), ("text", "contents")]),
            w.Script("graph", "cp g $out", [("exportReferencesGraph", "g " + w.Print(w.OutputOf(plain)))], inputs: [(plain, "out")]),
            w.Script("checked", "echo $p $out > $out", [("p", w.Print(w.OutputOf(plain))), ("allowedReferences", w.Print(w.OutputOf(plain)) + " out"), ("allowedRequisites", w.Print(w.OutputOf(plain)) + " " + w.Print(source) + " out")], inputs: [(plain, "out")], sources: [source]),
            w.Script("fixed", "printf abc > $out", output: Fixed(ContentAddressMethod.Flat, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
            w.Script("fixed1", "printf abc > $out", output: Fixed(ContentAddressMethod.Flat, "sha1:a9993e364706816aba3e25717850c26c9cd0d89d")),
            floating,
            w.Script("flat", "echo flat > $out", output: new DerivationOutput.Floating(ContentAddressMethod.Flat, HashAlgorithm.Sha512)),
            w.Script("several", "echo $lib > $out; mkdir $dev; echo $out > $dev/x; echo lib > $lib", outputs: ["out", "dev", "lib"], output: s_floating),
        ];
    }

    private static DerivationOutput.Fixed Fixed(ContentAddressMethod method, string hash) => new(new ContentAddress(method, Hash.ParsePrefixed(hash)));

    [Fact]
    public void It_registers_each_kind_alike()
    {
        HashSet<string> features = ["ca-derivations"];
        using Workshop ours = new(s => s with { Features = features }), theirs = new(s => s with { Features = features });
        List<StorePath> all = Kinds(ours);
        Assert.Equal(all, Kinds(theirs));
        IReadOnlyList<BuildResult> built = ours.Build([.. all]);
        foreach (Workshop w in (Workshop[])[ours, theirs])
        {
            // Old versions want the store for themselves to bring the tables of realisations up to date, and wait for us for ever.
            System.IO.File.WriteAllText(w.Settings.StateDir + "/db/ca-schema", "3");
        }

        (int exit, string error) = Reference.Run(theirs, "nix-store", ["--option", "experimental-features", "ca-derivations", "--realise", .. all.Select(theirs.Print)]);
        Assert.True(exit == 0, error);
        RealisedOutputs realised = new(BuildStore.Of(theirs.Store), contentAddressed: true);
        foreach ((StorePath derivation, BuildResult result) in all.Zip(built))
        {
            foreach ((string name, StorePath path) in result.Outputs)
            {
                Assert.Equal(path, realised.PathOf(derivation, name));
                PathInfo mine = ours.Store.Get(path), other = theirs.Store.Get(path);
                Assert.Equal(other.References, mine.References);
                Assert.Equal((other.NarHash, other.NarSize, other.ContentAddress, other.Ultimate), (mine.NarHash, mine.NarSize, mine.ContentAddress, mine.Ultimate));
                if (derivation.DerivationName != "floating")
                {
                    // What is resolved first: its deriver differs between versions.
                    Assert.Equal(other.Deriver, mine.Deriver);
                }
            }
        }

        (int verified, string text) = Reference.Run(ours, "nix-store", "--verify", "--check-contents");
        Assert.True(verified == 0, text);
        (exit, error) = Reference.Run(ours, "nix-store", ["--option", "experimental-features", "ca-derivations", "--realise", "--option", "max-jobs", "0", .. all.Select(ours.Print)]);
        Assert.True(exit == 0, error);
    }
}
