using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>What goes wrong under a store: one clear error, and nothing lost. The table is docs/store-faults.md.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public void Dispose() => _firn.Dispose();

    private string Root => _firn.Directory + "/store";

    private string Database => Root + "/nix/var/nix/db/db.sqlite";

    private static Outcome Ok(Outcome outcome)
    {
        Assert.True(outcome.Status == 0, outcome.Error);
        return outcome;
    }

    private static void IsOneError(Outcome outcome, int status, params ReadOnlySpan<string> parts)
    {
        Assert.True(outcome.Status == status, $"status {outcome.Status}\n{outcome.Error}");
        Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("error:", StringComparison.Ordinal));
        Assert.DoesNotContain("internal error", outcome.Error, StringComparison.Ordinal);
        foreach (string part in parts)
        {
            Assert.Contains(part, outcome.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>The store as a whole is as it says.</summary>
    private void IsSound(int paths)
    {
        Outcome verified = Ok(_firn.Run("nix-store", "--verify", "--check-contents"));
        Assert.DoesNotContain("disappeared", verified.Error, StringComparison.Ordinal);
        Assert.Equal(paths.ToString(), Ask("select count(*) from ValidPaths"));
        using Process reference = _firn.Start(["/usr/bin/nix-store", "--verify", "--check-contents"]);
        string error = reference.StandardError.ReadToEnd();
        reference.WaitForExit();
        Assert.True(reference.ExitCode == 0 && !error.Contains("disappeared", StringComparison.Ordinal), error);
    }

    /// <summary>Puts a question to the database itself, or changes it.</summary>
    private string Ask(string statement)
    {
        using Process sqlite = _firn.Start(["sqlite3", Database, statement]);
        string answer = sqlite.StandardOutput.ReadToEnd().Trim();
        Assert.Equal("", sqlite.StandardError.ReadToEnd());
        sqlite.WaitForExit();
        return answer;
    }

    private string Add(string name, string text) => Ok(_firn.Run("nix-store", "--add", _firn.Write(name, text))).Output.Trim();

    private List<string> AddMany()
    {
        List<string> paths = [];
        for (int i = 0; i < 8; i++)
        {
            paths.Add(Add("file-" + i, "text " + i));
        }

        _firn.Write("many.nix", """
            let d = i: derivation { name = "d-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh"; inputs = if i < 4 then [ ] else [ (d (i / 4)) ]; };
            in builtins.genList d 300
            """);
        paths.AddRange(Ok(_firn.Run("nix-instantiate", "many.nix")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return [.. paths.Distinct()];
    }

    /// <summary>Runs a script with mounts of its own, in which <c>nix</c> stands for a built command.</summary>
    private Outcome Script(string script) => _firn.Run(
        "unshare", Environment.UserName == "root" ? "-m" : "-rm", "sh", "-c", script.Replace("@STORE", Root, StringComparison.Ordinal).Replace("@BIN", FirnProcess.Bin, StringComparison.Ordinal).Replace("@WORK", _firn.Work, StringComparison.Ordinal));

    [Fact]
    public void OnAFullDiskNothingIsLostAndSpaceCanBeMade()
    {
        _firn.Write("small", "small");
        byte[] random = new byte[6_000_000];
        new Random(1).NextBytes(random);
        File.WriteAllBytes(_firn.Work + "/large", random);
        File.WriteAllBytes(_firn.Work + "/larger", [.. random, .. random]);
        Outcome outcome = Script("""
            set -e
            mount -t tmpfs -o size=20m none @STORE
            @BIN/nix-store --add @WORK/small >@WORK/kept
            @BIN/nix-store --add @WORK/large >>@WORK/kept
            # As much again does not fit beside the reserve.
            if @BIN/nix-store --add @WORK/larger 2>@WORK/error; then echo "it fits" >&2; exit 1; fi
            @BIN/nix-store --verify --check-contents
            @BIN/nix-store --check-validity $(cat @WORK/kept)
            # Full to the last byte.
            dd if=/dev/zero of=@STORE/filler bs=64k 2>/dev/null || true
            if @BIN/nix-instantiate --expr 'derivation { name = "x"; system = "s"; builder = "b"; }' 2>@WORK/error-2; then echo "it fits" >&2; exit 1; fi
            @BIN/nix-store --gc >&2
            @BIN/nix-store --add @WORK/small
            @BIN/nix-store --verify --check-contents
            ls @STORE/nix/store | grep -v '^.links$'
            """);
        Ok(outcome);
        Assert.Single(File.ReadAllLines(_firn.Work + "/error"));
        Assert.Matches("^error: .*No space left on device", File.ReadAllText(_firn.Work + "/error"));
        Assert.Single(File.ReadAllLines(_firn.Work + "/error-2"));
        Assert.Matches("^error: .*(No space left on device|database or disk is full)", File.ReadAllText(_firn.Work + "/error-2"));
        Assert.Contains(" store paths deleted", outcome.Error, StringComparison.Ordinal);
        // The path as printed, and the same as the only file there.
        string[] lines = outcome.Output.Trim().Split('\n');
        Assert.Equal(["/nix/store/" + lines[^1]], lines[..^1]);
    }

    /// <summary>A chain of builds that write 4 MB each, where the store or the directory of builds is on a disk of 24 MB; then the disk grows.</summary>
    [Theory]
    [InlineData("@STORE", "")]
    [InlineData("@WORK/builds", "build-dir = @WORK/builds")]
    public void ABuildOnAFullDiskSaysSoAndGoesOnWhenThereIsSpace(string small, string setting)
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf",
            "sandbox = true\nsandbox-paths = /bin/sh=/bin/busybox /bin/busybox\n" + setting.Replace("@WORK", _firn.Work, StringComparison.Ordinal) + "\n");
        _firn.Write("chain.nix", """
            let
              node = i: derivation {
                name = "node-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh";
                before = if i == 0 then [ ] else [ (node (i - 1)) ];
                args = [ "-c" ("set -e; b=/bin/busybox; $b head -c ${toString (4000000 * (if i == 5 then 8 else 1))} /dev/urandom > tmp; $b head -c 4000000 tmp > $out") ];
              };
            in builtins.genList node 7
            """);
        Outcome outcome = Script("""
            mkdir -p @SMALL
            mount -t tmpfs -o size=24m,mode=755 none @SMALL || exit 9
            @BIN/nix-build @WORK/chain.nix --no-out-link >/dev/null 2>@WORK/error
            echo "status $?"
            @BIN/nix-store --verify --check-contents 2>&1 | grep -E 'modified|disappeared|error'
            ls @STORE/nix/store | grep -E 'chroot|tmp'
            @BIN/nix-build @WORK/chain.nix --no-out-link >/dev/null 2>@WORK/error-2
            echo "status $?"
            mount -o remount,size=200m @SMALL || exit 9
            @BIN/nix-build @WORK/chain.nix --no-out-link 2>@WORK/error-3 | wc -l
            @BIN/nix-store --verify --check-contents 2>&1 | grep -E 'modified|disappeared|error'
            ls -A @STORE/nix/var/nix/builds @WORK/builds 2>/dev/null | grep nix-
            """.Replace("@SMALL", small, StringComparison.Ordinal));
        string error = File.ReadAllText(_firn.Work + "/error");
        Assert.Matches("^status (1|100)\nstatus (1|100)\n7\n$", outcome.Output);
        Assert.Matches("(?i)no space left on device|database or disk is full|lack of free disk space", error);
        Assert.DoesNotContain("internal error", error + File.ReadAllText(_firn.Work + "/error-2"), StringComparison.Ordinal);
    }

    [Fact]
    public void APathThatDoesNotFitIsNotTakenFromACache()
    {
        byte[] random = new byte[24_000_000];
        new Random(2).NextBytes(random);
        File.WriteAllBytes(_firn.Work + "/large", random);
        Outcome outcome = Script("""
            large=$(@BIN/nix-store --store @WORK/from --add @WORK/large)
            @BIN/nix copy --extra-experimental-features nix-command --from @WORK/from --to 'file://@WORK/cache?compression=none' $large 2>@WORK/copying || exit 8
            mount -t tmpfs -o size=20m none @STORE || exit 9
            take() { @BIN/nix-store --realise $large --option substitute true --option substituters file://@WORK/cache --option require-sigs false; }
            take 2>@WORK/error
            echo "status $?"
            # Its lock stays for the next who tries.
            ls @STORE/nix/store | grep -v -e links -e lock
            @BIN/nix-store --verify --check-contents 2>&1 | grep -E 'modified|disappeared|error'
            mount -o remount,size=60m @STORE
            take >/dev/null 2>@WORK/error-2
            echo "status $?"
            """);
        Assert.Equal("status 1\nstatus 0\n", outcome.Output);
        Assert.Contains("No space left on device", File.ReadAllText(_firn.Work + "/error"), StringComparison.Ordinal);
    }

    [Fact]
    public void AReadOnlyFileSystemCanBeReadAndNotWritten()
    {
        string path = Add("file", "text");
        _firn.Write("other", "other");
        Outcome outcome = Script($"""
            mount --bind @STORE @STORE && mount -o remount,ro,bind @STORE || exit 9
            @BIN/nix-store --add @WORK/other
            echo "status $?"
            @BIN/nix-store --store '@STORE?read-only=true' --option experimental-features read-only-local-store -q --hash {path}
            echo "status $?"
            """);
        string[] lines = outcome.Output.Trim().Split('\n');
        Assert.Equal("status 1", lines[0]);
        Assert.StartsWith("sha256:", lines[1], StringComparison.Ordinal);
        Assert.Equal("status 0", lines[2]);
        Assert.Matches("^error: .*(Read-only file system|is not writable|remounting .* writable)", outcome.Error);
        Assert.Single(outcome.Error.Trim().Split('\n'));
        IsSound(1);
    }

    [Fact]
    public void ADamagedDatabaseStopsEverythingAndDeletesNothing()
    {
        int paths = AddMany().Count;
        byte[] good = File.ReadAllBytes(Database);
        Assert.True(good.Length > 20 * 4096);
        string[] files = Directory.GetFileSystemEntries(Root + "/nix/store");
        byte[] bad = (byte[])good.Clone();
        // All but the first page, which says what tables there are.
        bad.AsSpan(4096).Fill(0xaa);
        File.WriteAllBytes(Database, bad);
        foreach (string[] arguments in (string[][])[["--gc"], ["--verify"], ["-q", "--hash", "/nix/store/" + Path.GetFileName(files[1])], ["--gc", "--print-dead"], ["--add", _firn.Work + "/file-0"], ["--optimise"]])
        {
            IsOneError(_firn.Run("nix-store", arguments), 1, "database disk image is malformed", "db.sqlite");
        }

        File.WriteAllBytes(Database, [.. "this is no database"u8, .. new byte[5000]]);
        IsOneError(_firn.Run("nix-store", "--gc"), 1, "file is not a database");
        Assert.Equal(files.Order(), Directory.GetFileSystemEntries(Root + "/nix/store").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Order());
        // From a copy of the database everything is back.
        File.WriteAllBytes(Database, good);
        foreach (string suffix in (ReadOnlySpan<string>)["-wal", "-shm"])
        {
            File.Delete(Database + suffix);
        }

        IsSound(paths);
    }

    [Fact]
    public void AnUnknownSchemaIsRefused()
    {
        Add("file", "text");
        string schema = Root + "/nix/var/nix/db/schema";
        foreach ((string text, string message) in (ReadOnlySpan<(string, string)>)
            [("11", "current Nix store schema is version 11, but I only support 10"), ("abc", "is corrupt"), ("5", "please upgrade Nix to version 1.11 first"), ("4", "please upgrade Nix to version 0.12 first")])
        {
            File.WriteAllText(schema, text);
            IsOneError(_firn.Run("nix-store", "--gc"), 1, message);
            Assert.Equal(text, File.ReadAllText(schema));
        }

        File.WriteAllText(schema, "10");
        IsSound(1);
    }

    [Theory]
    [InlineData(7, "create table FailedPaths (path text primary key not null, time integer not null);")]
    [InlineData(8, "alter table ValidPaths add column ultimate integer; alter table ValidPaths add column sigs text; create table FailedPaths (path text primary key not null, time integer not null);")]
    [InlineData(9, "alter table ValidPaths add column ultimate integer; alter table ValidPaths add column sigs text;")]
    public void AnOlderSchemaIsConverted(int version, string more)
    {
        string path = Add("file", "text");
        string row = Ok(_firn.Run("nix-store", "--dump-db")).Output;
        File.Delete(Database);
        Ask("""
            create table ValidPaths (id integer primary key autoincrement not null, path text unique not null, hash text not null, registrationTime integer not null, deriver text, narSize integer);
            create table Refs (referrer integer not null, reference integer not null, primary key (referrer, reference),
              foreign key (referrer) references ValidPaths(id) on delete cascade, foreign key (reference) references ValidPaths(id) on delete restrict);
            create index IndexReferrer on Refs(referrer); create index IndexReference on Refs(reference);
            create table DerivationOutputs (drv integer not null, id text not null, path text not null, primary key (drv, id), foreign key (drv) references ValidPaths(id) on delete cascade);
            create index IndexDerivationOutputs on DerivationOutputs(path);
            """ + more);
        File.WriteAllText(Root + "/nix/var/nix/db/schema", version.ToString());
        string[] facts = row.Split('\n');
        Ask($"insert into ValidPaths (path, hash, registrationTime, narSize) values ('{path}', 'sha256:{facts[1]}', 1, {facts[2]});");

        Assert.Equal(row, Ok(_firn.Run("nix-store", "--dump-db")).Output);
        Assert.Equal("10", File.ReadAllText(Root + "/nix/var/nix/db/schema"));
        IsSound(1);
    }

    private void Damage(string path)
    {
        string file = Root + path;
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(file, "damaged");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddSeconds(1));
    }

    [Fact]
    public void ADamagedFileIsFoundAndFetchedAnew()
    {
        string kept = Add("kept", "kept"), damaged = Add("damaged", "as it was");
        using FirnProcess other = new();
        Assert.Equal(damaged, Ok(other.Run("nix-store", "--add", _firn.Work + "/damaged")).Output.Trim());
        Damage(damaged);
        // Its presence alone tells nothing.
        Ok(_firn.Run("nix-store", "--verify"));
        Outcome found = _firn.Run("nix-store", "--verify", "--check-contents");
        Assert.Equal(1, found.Status);
        Assert.Contains($"path '{damaged}' was modified! expected hash 'sha256:", found.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(kept, found.Error, StringComparison.Ordinal);
        Assert.Equal(1, _firn.Run("nix-store", "--verify-path", damaged).Status);
        // Nobody has it: that is said, and the path is still there.
        Outcome failed = _firn.Run("nix-store", "--verify", "--check-contents", "--repair");
        Assert.Equal(1, failed.Status);
        Assert.Contains($"cannot repair path '{damaged}'", failed.Error, StringComparison.Ordinal);
        Assert.Equal("damaged", File.ReadAllText(Root + damaged));
        Outcome repaired = _firn.Run("nix-store", "--verify", "--check-contents", "--repair",
            "--option", "substitute", "true", "--option", "substituters", $"{other.Directory}/store?trusted=true");
        Assert.True(repaired.Status == 0, repaired.Error);
        Assert.Equal("as it was", File.ReadAllText(Root + damaged));
        IsSound(2);
    }

    [Fact]
    public void ADamagedOutputIsBuiltAnew()
    {
        File.AppendAllText(_firn.Directory + "/conf/nix.conf", "sandbox-paths = /bin/sh=/bin/busybox\n");
        _firn.Write("x.nix", """derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo made > $out" ]; }""");
        string path = Ok(_firn.Run("nix-build", "x.nix")).Output.Trim();
        Damage(path);
        Outcome repaired = _firn.Run("nix-store", "--verify", "--check-contents", "--repair");
        Assert.True(repaired.Status == 0, repaired.Error);
        Assert.Equal("made\n", File.ReadAllText(Root + path));
        IsSound(2);
    }

    [Fact]
    public void ADamagedSharedFileIsNotSharedFurther()
    {
        string one = Add("one", "the same"), two = Add("two", "the same");
        Ok(_firn.Run("nix-store", "--optimise"));
        Damage(one);
        Outcome found = _firn.Run("nix-store", "--verify", "--check-contents");
        Assert.Equal(1, found.Status);
        Assert.Contains("was modified! expected hash", found.Error, StringComparison.Ordinal);
        Assert.Contains(one, found.Error, StringComparison.Ordinal);
        Assert.Contains(two, found.Error, StringComparison.Ordinal);
        using FirnProcess other = new();
        Ok(other.Run("nix-store", "--add", _firn.Work + "/one"));
        Ok(other.Run("nix-store", "--add", _firn.Work + "/two"));
        Outcome repaired = _firn.Run("nix-store", "--verify", "--check-contents", "--repair",
            "--option", "substitute", "true", "--option", "substituters", $"{other.Directory}/store?trusted=true");
        Assert.True(repaired.Status == 0, repaired.Error);
        Assert.Equal("the same", File.ReadAllText(Root + one));
        IsSound(2);
    }

    [Fact]
    public void AMissingFileIsForgottenOrTold()
    {
        string path = Add("file", "text");
        string user = Ok(_firn.Run("nix-instantiate", "--expr", $$"""derivation { name = "x"; system = "s"; builder = "b"; src = builtins.storePath {{path}}; }""")).Output.Trim();
        File.Delete(Root + path);
        Outcome told = _firn.Run("nix-store", "--verify");
        Assert.Equal(1, told.Status);
        Assert.Contains($"path '{path}' disappeared, but it still has valid referrers!", told.Error, StringComparison.Ordinal);
        File.Delete(Root + user);
        Outcome forgotten = Ok(_firn.Run("nix-store", "--verify"));
        Assert.Contains($"path '{path}' disappeared, removing from database...", forgotten.Error, StringComparison.Ordinal);
        IsSound(0);
    }

    [Fact]
    public void AStoreOfSomebodyElseIsRefused()
    {
        string path = Add("file", "text");
        string home = Path.Combine(_firn.Directory, "alone");
        OrdinaryUser.MakeHome(home);
        Ok(_firn.Run("chmod", "755", _firn.Directory, Root));
        if (Environment.UserName != "root")
        {
            Ok(_firn.Run("chmod", "-R", "a-w", Root));
        }

        foreach (string[] arguments in (string[][])[["--add", home + "/launcher"], ["--gc"], ["-q", "--hash", path], ["--delete", path]])
        {
            IsOneError(OrdinaryUser.Run(home, "nix-store", ["--store", Root, .. arguments]), 1, "Permission denied");
        }

        if (Environment.UserName == "root")
        {
            IsSound(1);
        }
    }

    [Fact]
    public void AFileThatCannotBeReadIsNotAdded()
    {
        string home = Path.Combine(_firn.Directory, "alone");
        OrdinaryUser.MakeHome(home);
        Directory.CreateDirectory(home + "/tree");
        File.WriteAllText(home + "/tree/a", "a");
        File.WriteAllText(home + "/tree/secret", "s");
        File.SetUnixFileMode(home + "/tree/secret", UnixFileMode.None);
        IsOneError(OrdinaryUser.Run(home, "nix-store", "--store", home + "/own", "--add", home + "/tree"), 1, "/tree/secret", "Permission denied");
        // It is read before anything is written.
        Assert.False(Directory.Exists(home + "/own/nix/store"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4102444800)]
    public void AClockThatIsWrongHarmsNothing(long seconds)
    {
        File.WriteAllText(_firn.Work + "/clock.c", $$"""
            #include <time.h>
            #include <sys/time.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            int clock_gettime(clockid_t c, struct timespec *t) {
              int r = syscall(SYS_clock_gettime, c, t);
              if (c == CLOCK_REALTIME || c == CLOCK_REALTIME_COARSE) t->tv_sec = {{seconds}}L;
              return r;
            }
            int gettimeofday(struct timeval *t, void *z) { t->tv_sec = {{seconds}}L; t->tv_usec = 0; return 0; }
            time_t time(time_t *t) { if (t) *t = {{seconds}}L; return {{seconds}}L; }
            """);
        Ok(_firn.Run("gcc", "-shared", "-fPIC", "-o", _firn.Work + "/clock.so", _firn.Work + "/clock.c"));
        string before = Add("before", "before");
        _firn.Variables["LD_PRELOAD"] = _firn.Work + "/clock.so";
        string during = Add("during", "during");
        Ok(_firn.Run("nix-store", "--verify", "--check-contents"));
        _firn.Variables.Clear();
        Assert.Equal(seconds.ToString(), Ask($"select registrationTime from ValidPaths where path = '{during}'"));

        string after = Add("after", "after");
        Assert.Equal(after, Add("after", "after"));
        IsSound(3);
        Ok(_firn.Run("nix-store", "--delete", before, during, after));
        IsSound(0);
    }
}
