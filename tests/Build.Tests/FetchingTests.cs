using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Build.Builtins;
using Firn.Build.Events;
using Firn.Fetchers.Compression;
using Firn.Fetchers.Tests;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>Derivations with fixed outputs, our own builders among them.</summary>
public sealed class FetchingTests
{
    private static readonly byte[] s_file = "contents of a file\n"u8.ToArray();

    private static DerivationOutput Flat(byte[] contents) => new DerivationOutput.Fixed(new ContentAddress(ContentAddressMethod.Flat, Hash.Sha256(contents)));

    private static DerivationOutput Tree(Hash hash) => new DerivationOutput.Fixed(new ContentAddress(ContentAddressMethod.NixArchive, hash));

    private static LoopbackServer Serve(params (string Path, byte[] Contents)[] files) => new(head =>
    {
        string path = head.Split(' ')[1];
        foreach ((string name, byte[] contents) in files)
        {
            if (name == path)
            {
                return new LoopbackServer.Answer(200, contents);
            }
        }

        return new LoopbackServer.Answer(404, "not here"u8.ToArray(), "Content-Type: text/plain");
    });

    [Fact]
    public void A_file_is_downloaded()
    {
        using LoopbackServer server = Serve(("/f", s_file));
        using Workshop w = new();
        StorePath d = w.Builtin("f", "fetchurl", [("url", server.Url + "/f")], Flat(s_file));
        w.Build(d);
        Assert.Equal("contents of a file\n", w.Text(w.OutputOf(d)));
        Assert.Equal(((DerivationOutput.Fixed)Flat(s_file)).Address, w.Store.Find(w.OutputOf(d))!.ContentAddress);
        Assert.Contains(w.Events, e => e is BuildEvent.Downloaded { Received: 19, Total: 19 });
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Mirrors_are_resolved_and_a_missing_one_says_what_to_set()
    {
        using LoopbackServer server = Serve(("/base/pool/f", s_file));
        using Workshop w = new(mirrors: $"place={server.Url}/base");
        StorePath d = w.Builtin("f", "fetchurl", [("url", "mirror://place/pool/f")], Flat(s_file));
        w.Build(d);
        Assert.True(w.Store.IsValid(w.OutputOf(d)));
        d = w.Builtin("g", "fetchurl", [("url", "mirror://elsewhere/pool/g")], Flat([1]));
        BuildException e = w.Fail(d);
        Assert.Contains("> error: no server is known for 'mirror://elsewhere/pool/g'; set 'mirrors = elsewhere=URL' in nix.conf or NIX_MIRRORS_elsewhere in the environment to the server that has 'pool/g'\n", e.Message);
        Assert.Equal(1, e.ExitCode);
    }

    [Fact]
    public void A_hash_mismatch_names_both_hashes_and_the_url()
    {
        using LoopbackServer server = Serve(("/f", s_file));
        using Workshop w = new();
        StorePath d = w.Builtin("f", "fetchurl", [("url", server.Url + "/f")], Flat("other"u8.ToArray()));
        BuildException e = w.Fail(d);
        Assert.Equal($"""
            hash mismatch in fixed-output derivation '{w.Print(d)}':
              specified: {Hash.Sha256("other"u8)}
                 got:    {Hash.Sha256(s_file)}
                 from:   {server.Url}/f
            """, e.Message);
        Assert.Equal((BuildStatus.HashMismatch, 102), (e.Status, e.ExitCode));
        Assert.Empty(w.Leftovers());
        // With the hash corrected nothing is downloaded again.
        StorePath corrected = w.Builtin("f", "fetchurl", [("url", server.Url + "/f")], Flat(s_file));
        Assert.Equal(BuildStatus.AlreadyValid, w.Build(corrected).Single().Status);
        Assert.Single(server.Requests);
        Assert.False(w.Store.Verify(checkContents: true, null));
    }

    [Fact]
    public void Other_urls_and_hashed_mirrors_are_tried()
    {
        string hex = Hash.Sha256(s_file).ToString(HashFormat.Base16, false);
        using LoopbackServer server = Serve(("/second", s_file)), hashed = Serve(("/sha256/" + hex, s_file));
        using Workshop w = new();
        StorePath d = w.Builtin("f", "fetchurl", [("url", server.Url + "/first"), ("urls", server.Url + "/first " + server.Url + "/second")], Flat(s_file));
        w.Build(d);
        Assert.Contains("HTTP error 404", w.Log);
        using Workshop h = new(s => s with { HashedMirrors = [hashed.Url] });
        h.Build(h.Builtin("f", "fetchurl", [("url", server.Url + "/nothing")], Flat(s_file)));
        Assert.Single(hashed.Requests);
    }

    [Fact]
    public void Archives_and_programs_are_made_of_downloads()
    {
        ByteBuffer nar = new();
        NarWriter writer = new(nar);
        writer.BeginDirectory();
        writer.Entry("f"u8);
        writer.BeginRegular(true, 1);
        writer.Contents("x"u8);
        writer.EndRegular();
        writer.EndDirectory();
        MemoryStream packed = new();
        using (Stream xz = Compressed.Compress(packed, CompressionKind.Xz))
        {
            xz.Write(nar.Span);
        }

        ByteBuffer program = new();
        NarWriter.WriteFile(s_file, true, program);
        using LoopbackServer server = Serve(("/a.nar.xz", packed.ToArray()), ("/p", s_file));
        using Workshop w = new();
        StorePath tree = w.Builtin("tree", "fetchurl", [("url", server.Url + "/a.nar.xz"), ("unpack", "1")], Tree(Hash.Sha256(nar.Span)));
        StorePath executable = w.Builtin("p", "fetchurl", [("url", server.Url + "/p"), ("executable", "1")], Tree(Hash.Sha256(program.Span)));
        w.Build(tree, executable);
        Assert.Equal("x", w.Text(w.OutputOf(tree), "f"));
        Assert.True((File.GetUnixFileMode(w.Store.RealPath(w.OutputOf(executable))) & UnixFileMode.UserExecute) != 0);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Only_fixed_outputs_have_the_network()
    {
        using LoopbackServer server = Serve(("/f", s_file));
        using Workshop w = new();
        string script = $"wget -q -O $out {server.Url}/f";
        StorePath open = w.Script("open", script, [("impureEnvVars", "FROM_CALLER OTHER")], output: Flat(s_file));
        w.Build(open);
        Assert.Equal("contents of a file\n", w.Text(w.OutputOf(open)));
        StorePath closed = w.Script("closed", script);
        Assert.Contains("wget: can't connect to remote host", w.Fail(closed).Message);
        StorePath env = w.Script("env", "test $FROM_CALLER = caller; test \"$OTHER\" = ''; test $NIX_OUTPUT_CHECKED = 1; test -e /etc/nsswitch.conf; printf ok > $out", [("impureEnvVars", "FROM_CALLER OTHER")], output: Flat("ok"u8.ToArray()));
        w.Build(env);
    }

    [Fact]
    public void A_flat_output_is_a_plain_file()
    {
        using Workshop w = new();
        Assert.Contains("should be a non-executable regular file since recursive hashing is not enabled", w.Fail(w.Script("d", "mkdir $out", output: Flat([]))).Message);
        Assert.Contains("should be a non-executable regular file", w.Fail(w.Script("l", "ln -s /etc/passwd $out", output: Flat([]))).Message);
        Assert.Empty(w.Leftovers());
    }

    [Fact]
    public void Fixed_outputs_refer_to_nothing()
    {
        using Workshop w = new();
        string text = w.Print(w.Tools) + "\n";
        StorePath d = w.Script("r", "echo " + w.Print(w.Tools) + " > $out", output: Flat(Encoding.UTF8.GetBytes(text)));
        Assert.StartsWith("fixed output derivation 'r' is not allowed to refer to other store paths.", w.Fail(d).Message);
    }

    [Fact]
    public void What_the_network_could_change_later_is_copied()
    {
        // Whoever got an open descriptor from the builder holds a file that is not the output.
        using Workshop w = new();
        StorePath d = w.Script("c", "printf x > $out; stat -c %i $out", output: Flat("x"u8.ToArray()));
        w.Build(d);
        using Process p = Process.Start(new ProcessStartInfo("stat", ["-c", "%i", w.Store.RealPath(w.OutputOf(d))]) { RedirectStandardOutput = true })!;
        Assert.NotEqual(w.Log.Trim(), p.StandardOutput.ReadToEnd().Trim());
    }

    [Fact]
    public void A_debian_package_is_unpacked()
    {
        using Workshop w = new();
        StorePath deb = w.AddSource("p.deb", file =>
        {
            using Process p = Process.Start("bash", ["-euc", $$"""
                t=$(mktemp -d); cd $t; umask 022; mkdir -p r/bin r/usr/share; echo x > r/bin/p; chmod 4755 r/bin/p; ln -s ../bin/p r/usr/p
                (cd r; tar --format=gnu -cJf ../data.tar.xz .); echo 2.0 > debian-binary; tar -czf control.tar.gz debian-binary
                python3 - <<'E'
                out = open('{{file}}', 'wb'); out.write(b'!<arch>\n')
                for n in ('debian-binary', 'control.tar.gz', 'data.tar.xz'):
                    d = open(n, 'rb').read()
                    out.write(('%-16s%-12d%-6d%-6d%-8s%-10d`\n' % (n, 0, 0, 0, '100644', len(d))).encode() + d + b'\n' * (len(d) % 2))
                E
                rm -r $t
                """]);
            p.WaitForExit();
            Assert.Equal(0, p.ExitCode);
        });
        StorePath d = w.Builtin("p", "unpack-deb", [("src", w.Print(deb))], sources: [deb]);
        w.Build(d);
        Assert.Equal("x\n", w.Text(w.OutputOf(d), "bin/p"));
        Assert.Equal((UnixFileMode)0x16d, File.GetUnixFileMode(w.Store.RealPath(w.OutputOf(d)) + "/bin/p")); // 0555
        Assert.Equal("../bin/p", new FileInfo(w.Store.RealPath(w.OutputOf(d)) + "/usr/p").LinkTarget);
    }

    [Fact]
    public void A_tree_of_links_joins_packages()
    {
        using Workshop w = new();
        StorePath Package(string name, params string[] files) => w.AddSource(name, directory =>
        {
            foreach (string file in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, file))!);
                File.WriteAllText(Path.Combine(directory, file), name);
            }
        });
        StorePath a = Package("a", "bin/a", "share/x/1", "lib/only"), b = Package("b", "bin/b", "share/x/2", "manifest.nix"), c = Package("c", "bin/a");
        StorePath manifest = w.AddText("manifest.nix", "[]");
        StorePath Env(string name, int priority) => w.Builtin(name, "buildenv",
            [("derivations", $"true 5 1 {w.Print(a)} true 5 1 {w.Print(b)} true {priority} 1 {w.Print(c)}"), ("manifest", w.Print(manifest))], sources: [a, b, c, manifest]);
        StorePath env = Env("env", 4);
        w.Build(env);
        string top = w.Store.RealPath(w.OutputOf(env));
        Assert.Equal(w.Print(a) + "/lib", new FileInfo(top + "/lib").LinkTarget);
        Assert.Equal(w.Print(c) + "/bin/a", new FileInfo(top + "/bin/a").LinkTarget);
        Assert.Equal(w.Print(b) + "/share/x/2", new FileInfo(top + "/share/x/2").LinkTarget);
        Assert.Equal(w.Print(manifest), new FileInfo(top + "/manifest.nix").LinkTarget);
        Assert.Contains($"{w.Print(a)}/bin/a", w.Fail(Env("clash", 5)).Message);
    }

    [Fact]
    public void A_download_wants_a_hash()
    {
        using Workshop w = new();
        Assert.Contains("must be a fixed-output or impure derivation", w.Fail(w.Builtin("n", "fetchurl", [("url", "file:///dev/null")])).Message);
    }

    /// <summary>The process of a builder of our own, as long as there is one: links that the kernel gives for it.</summary>
    private static (string Mounts, string Net, string Root, string Uids, string Environment)? FindBuiltin()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[6])))
        {
            try
            {
                if (File.ReadAllText(process + "/cmdline").Contains(BuiltinHost.Verb, StringComparison.Ordinal))
                {
                    return (new FileInfo(process + "/ns/mnt").LinkTarget!, new FileInfo(process + "/ns/net").LinkTarget!, string.Join(' ', Directory.GetFileSystemEntries(process + "/root/nix/store")),
                        string.Join(' ', File.ReadAllText(process + "/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries)), File.ReadAllText(process + "/environ"));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or another user's.
                continue;
            }
        }

        return null;
    }

    [Fact]
    public void Our_own_builders_run_in_a_sandbox()
    {
        (string Mounts, string Net, string Store, string Uids, string Environment)? seen = null;
        using LoopbackServer server = new(_ =>
        {
            seen = FindBuiltin();
            return new LoopbackServer.Answer(200, s_file);
        });
        using Workshop w = new();
        w.Build(w.Builtin("f", "fetchurl", [("url", server.Url + "/f"), ("secret", "of the derivation")], Flat(s_file)));
        Assert.NotNull(seen);
        Assert.NotEqual(new FileInfo("/proc/self/ns/mnt").LinkTarget, seen.Value.Mounts);
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, seen.Value.Net);
        Assert.DoesNotContain(w.Tools.BaseName, seen.Value.Store);
        Assert.StartsWith("1000 ", seen.Value.Uids);
        Assert.DoesNotContain("secret", seen.Value.Environment);
    }

    [Fact]
    public void Our_own_builders_see_files_of_the_host_only_where_nothing_is_confined()
    {
        byte[] passwd = File.ReadAllBytes("/etc/os-release");
        using Workshop on = new();
        StorePath d = on.Builtin("f", "fetchurl", [("url", "file:///etc/os-release")], Flat(passwd));
        Assert.Contains("failed with exit code 1", on.Fail(d).Message);
        using Workshop off = new(s => s with { Sandbox = SandboxMode.Off });
        d = off.Builtin("f", "fetchurl", [("url", "file:///etc/os-release")], Flat(passwd));
        off.Build(d);
        Assert.True(off.Store.IsValid(off.OutputOf(d)));
        // What the administrator names as a mirror is meant to be read.
        using Workshop mirror = new(mirrors: "here=file:///etc");
        d = mirror.Builtin("f", "fetchurl", [("url", "mirror://here/os-release")], Flat(passwd));
        mirror.Build(d);
        Assert.True(mirror.Store.IsValid(mirror.OutputOf(d)));
    }

    [Fact]
    public void Passwords_reach_downloads_and_no_file_of_a_build()
    {
        string netrc = Path.GetTempFileName();
        File.WriteAllText(netrc, "machine 127.0.0.1 login me password hunter2\n");
        string wanted = "Authorization: Basic " + Convert.ToBase64String("me:hunter2"u8);
        using LoopbackServer server = new(head => head.Contains(wanted, StringComparison.Ordinal)
            ? new LoopbackServer.Answer(200, s_file)
            : new LoopbackServer.Answer(401, []));
        using Workshop w = new(s => s with { MaxJobs = 2 }, netrc: netrc);
        StorePath d = w.Builtin("f", "fetchurl", [("url", server.Url + "/f")], Flat(s_file));
        StorePath other = w.Script("other", "ls -l /proc/self/fd /proc/*/fd; for f in /proc/*/fd/[3-9]; do ! grep -q hunter2 $f; done; env; ! grep -rq hunter2 /etc /build /tmp; echo > $out");
        w.Build(d, other);
        Assert.True(w.Store.IsValid(w.OutputOf(d)));
        Assert.DoesNotContain("hunter2", w.Log);
        Assert.DoesNotContain("build (deleted)", w.Log);
        File.Delete(netrc);
    }

    [Fact]
    public void An_unknown_builtin_is_an_error()
    {
        using Workshop w = new();
        Assert.Contains("unsupported builtin builder 'nonsense'", w.Fail(w.Builtin("n", "nonsense", [])).Message);
    }
}
