using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>A store on top of another in an overlay file system. Each test runs in mounts of its own.</summary>
public sealed class OverlayStoreTests : IDisposable
{
    // $A is the lower store, $B the one on top of it; "path FILE STORE" says where a store has a path.
    private const string Prelude = """
        set -eu
        export PATH=@BIN:$PATH LIBMOUNT_FORCE_MOUNT2=always
        V=@WORK/volume; mkdir $V; mount -t tmpfs none $V; cd $V
        A=$V/lower; U=$V/upper; M=$V/merged
        mkdir -p $A/nix/store $U $M/nix/store $V/work
        mount -t overlay overlay -o lowerdir=$A/nix/store,upperdir=$U,workdir=$V/work $M/nix/store
        PLAIN="local-overlay://?root=$M&lower-store=$A&upper-layer=$U"
        printf '#!/bin/sh\necho "$1" >>%s/hooked\nmount -o remount "$1"\n' $V >hook; chmod +x hook
        B="$PLAIN&remount-hook=$V/hook"
        ino() { stat -c %i "$1"; }
        fail() { echo "$1" >&2; exit 1; }
        echo one >one; echo two >two

        """;

    private readonly FirnProcess _firn = new();

    public OverlayStoreTests() => File.AppendAllText(Path.Combine(_firn.Directory, "conf", "nix.conf"), "experimental-features = nix-command local-overlay-store\n");

    public void Dispose() => _firn.Dispose();

    private string Script(string script)
    {
        string text = (Prelude + script).Replace("@BIN", FirnProcess.Bin, StringComparison.Ordinal).Replace("@WORK", _firn.Work, StringComparison.Ordinal);
        Outcome outcome = _firn.Run("unshare", Environment.IsPrivilegedProcess ? "-m" : "-rm", "sh", "-c", text);
        Assert.True(outcome.Status == 0, $"{outcome.Status}\n{outcome.Output}\n{outcome.Error}");
        return outcome.Output;
    }

    [Fact]
    public void What_is_below_is_used_and_not_written_again() => Script("""
        p=$(nix-store --store $A --add one)
        test "$(nix-store --store "$B" --add one)" = $p
        test ! -e $U/${p##*/}
        test "$(cat $M$p)" = one
        test "$(nix path-info --store "$B" $p)" = $p
        nix-store --store "$B" --verify-path $p
        q=$(nix-store --store "$B" --add two)
        test -e $U/${q##*/}
        test ! -e $A$q
        nix-store --store $A --check-validity $q 2>/dev/null && fail "the lower store was written to"
        """ + "\ntrue");

    [Fact]
    public void Questions_are_answered_by_both_stores() => Script("""
        cat >d.nix <<END
        let inner = derivation { name = "inner"; system = "s"; builder = "b"; };
        in derivation { name = "outer"; system = "s"; builder = "b"; inherit inner; }
        END
        d=$(nix-instantiate --store $A d.nix 2>/dev/null)
        for q in "-q --requisites" "-q --tree" "-q --outputs" "-q --references"; do
          test "$(nix-store --store $A $q $d)" = "$(nix-store --store "$B" $q $d)" || fail "$q"
        done
        i=$(nix-store --store $A -q --references $d)
        test "$(nix-store --store "$B" -q --referrers $i)" = $d
        test "$(nix-store --store "$B" -q --referrers-closure $i | sort)" = "$(nix-store --store $A -q --referrers-closure $i | sort)"
        h=${d##*/}
        test "$(nix store path-from-hash-part --store "$B" ${h%%-*})" = $d
        # What is in use is known here, with all that it refers to.
        nix-store --store "$B" --check-validity $d
        test "$(nix path-info --all --store "$B" | sort)" = "$(printf '%s\n' $d $i | sort)"
        """);

    [Fact]
    public void Deleting_and_collecting_leave_what_is_below() => Script("""
        p=$(nix-store --store "$B" --add one)
        test "$(nix-store --store $A --add one)" = $p
        test $(ino $M$p) != $(ino $A$p)
        nix-store --store "$B" --delete $p >/dev/null 2>err
        test ! -e $U/${p##*/}
        test $(ino $M$p) = $(ino $A$p)
        test "$(cat hooked)" = $M/nix/store

        l=$(nix-store --store $A --add two)
        q=$(echo three >three; nix-store --store "$B" --add three)
        nix-store --store "$B" --gc 2>err
        grep -q "deleting '$q'" err
        grep -q "deleting '$l'" err && fail "what is not this store's own is no garbage of it"
        test -z "$(ls $U)"
        test "$(cat $M$p $M$l)" = "$(cat one two)"
        nix-store --store "$B" --gc --print-dead | grep -q . && fail "nothing is dead"
        true
        """);

    [Fact]
    public void Optimising_gives_up_what_the_lower_store_has_too() => Script("""
        p=$(nix-store --store "$B" --add one)
        q=$(nix-store --store "$B" --add two)
        nix-store --store $A --add one >/dev/null
        nix-store --store "$PLAIN" --optimise 2>err
        grep -q "needs remounting" err
        test ! -e $U/${p##*/}
        test -e $U/${q##*/}
        mount -o remount $M/nix/store
        test $(ino $M$p) = $(ino $A$p)
        nix-store --store "$B" --verify --check-contents
        """);

    [Fact]
    public void Damage_below_is_found_in_what_is_used() => Script("""
        p=$(nix-store --store $A --add one); nix-store --store "$B" --add one >/dev/null
        q=$(nix-store --store $A --add two)
        chmod u+w $A$p $A$q; : >$A$p; : >$A$q
        mount -o remount $M/nix/store
        nix-store --store "$B" --verify --check-contents 2>err && fail "damage was not found"
        grep -q "path '$p' was modified" err
        grep -q "$q" err && fail "$q is not in use"
        true
        """);

    [Fact]
    public void Builds_use_what_is_below_and_write_above() => Script("""
        cat >d.nix <<END
        derivation { name = "d"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "read x <\$one; echo got \$x >\$out" ]; one = "\${./one}"; }
        END
        nix-store --store $A --add one >/dev/null
        o=$(nix-build --store "$B" --no-out-link --option sandbox-paths "/bin/sh=$(command -v busybox)" d.nix 2>err) || fail "$(cat err)"
        test "$(cat $U/${o##*/})" = "got one"
        test ! -e $A$o
        """);

    [Fact]
    public void The_file_system_has_to_be_what_the_URL_says() => Script("""
        mkdir wrong
        for url in "local-overlay://?root=$V/wrong&lower-store=$A&upper-layer=$U" \
            "local-overlay://?root=$M&lower-store=$V/wrong&upper-layer=$U" "local-overlay://?root=$M&lower-store=$A&upper-layer=$V/wrong"; do
          nix store info --store "$url" 2>err && fail "$url"
          grep -q 'error: overlay filesystem ".*" mounted incorrectly' err || fail "$(cat err)"
        done
        nix store info --store "local-overlay://?root=$M&lower-store=$A&upper-layer=$V/wrong&check-mount=false" 2>/dev/null
        nix store info --store "$B" 2>&1 | grep -q '^Store URL: local-overlay://$'
        nix store info --store "$B" --option experimental-features nix-command 2>err && fail "it needs its feature"
        grep -q "experimental Nix feature 'local-overlay-store' is disabled" err
        # The lower store may be one that is only read.
        nix-store --store $A --add one >/dev/null
        nix-store --extra-experimental-features read-only-local-store --store "local-overlay://?root=$M&lower-store=$A%3Fread-only%3Dtrue&upper-layer=$U" --add one
        """);
}
