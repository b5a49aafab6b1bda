using System.Collections.Generic;
using System.Linq;
using Firn.Formats.StorePaths;
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
}
