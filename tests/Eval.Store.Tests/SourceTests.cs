using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Store.Realising;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Eval.Store.Tests;

public sealed class SourceTests
{
    // The path of a file "x" with the contents "firn", as Nix 2.34 computes it.
    private const string Added = "/nix/store/xgr8d49b5wjl3nhlnrk0k3vy1jin8dgx-x";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_in_a_string_is_copied(bool readOnly)
    {
        using Session session = new(readOnly);
        session.Write("x", "firn");
        Assert.Equal(Added, session.Text("\"${./x}\""));
        Assert.Equal(Added, session.Context("\"${./x}\""));
        Assert.Equal(!readOnly, File.Exists(session.Root + "/store" + Added));
        Assert.Equal(!readOnly, session.Local.IsValid(StoreDir.Default.Parse(Added)));
    }

    [Fact]
    public void A_copied_source_is_an_input()
    {
        using Session session = new();
        session.Write("x", "firn");
        Assert.Contains($"[],[\"{Added}\"],\"s\",\"b\",[\"{Added}\"],", session.Drv("derivation { name = \"n\"; builder = \"b\"; system = \"s\"; args = [ ./x ]; }"));
    }

    [Fact]
    public void A_sum_that_begins_with_a_set_copies_no_path()
    {
        using Session session = new();
        session.Write("x", "firn");
        Assert.Equal($"/a{session.Root}/x", session.Text("{ outPath = \"/a\"; } + ./x"));
        Assert.Equal($"/a{Added}", session.Text("\"/a\" + ./x"));
        Assert.Equal($"/a{Added}", session.Text("\"${{ outPath = \"/a\"; }}${./x}\""));
    }

    [Fact]
    public void A_file_called_as_a_derivation_is_refused()
    {
        using Session session = new();
        session.Write("x.drv", "firn");
        Assert.Equal("file names are not allowed to end in '.drv'", Assert.Throws<EvalError>(() => session.Text("\"${./x.drv}\"")).Message);
    }

    [Fact]
    public void Links_among_the_parents_are_followed()
    {
        using Session session = new();
        session.Write("real/x", "firn");
        File.CreateSymbolicLink(session.Root + "/link", "real");
        Assert.Equal(Added, session.Text("\"${./link/x}\""));
    }

    [Fact]
    public void To_file_names_what_it_refers_to()
    {
        using Session session = new();
        Assert.Equal("/nix/store/qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt", session.Text("builtins.toFile \"a.txt\" \"firn\""));
        Assert.Equal("/nix/store/71h8kdnwl54p3a67kllxlhbmxlssjxsp-b.txt", session.Text("builtins.toFile \"b.txt\" \"see ${builtins.toFile \"a.txt\" \"firn\"}\""));
        session.Store.Flush();
        Assert.Equal(["qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt"], session.Local.Find(new StorePath("71h8kdnwl54p3a67kllxlhbmxlssjxsp-b.txt"))!.References.Select(static r => r.BaseName));
        EvalError error = Assert.Throws<EvalError>(() => session.Text("builtins.toFile \"c\" \"${derivation { name = \"n\"; builder = \"b\"; system = \"s\"; }}\""));
        Assert.Matches("^files created by builtins.toFile may not reference derivations, but c references !out![0-9a-z]{32}-n.drv$", error.Message);
    }

    [Fact]
    public void A_filter_chooses_among_the_entries()
    {
        using Session session = new();
        session.Write("d/keep", "1");
        session.Write("d/drop", "2");
        session.Write("d/sub/keep", "3");
        session.Write("d/e/x", "4");
        string all = session.Text("builtins.path { path = ./d; }");
        string some = session.Text($$"""builtins.filterSource (p: t: if t == "directory" then p != "{{session.Root}}/d/e" else p == "{{session.Root}}/d/keep" || p == "{{session.Root}}/d/sub/keep") ./d""");
        Assert.NotEqual(all, some);
        string real = session.Root + "/store" + some;
        Assert.Equal(["keep", "sub", "sub/keep"], Directory.EnumerateFileSystemEntries(real, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(real, f)).Order(StringComparer.Ordinal));
        Assert.Equal(some, session.Text($$"""builtins.path { path = ./d; filter = p: t: t == "directory" && p != "{{session.Root}}/d/e" || p == "{{session.Root}}/d/keep" || p == "{{session.Root}}/d/sub/keep"; }"""));
    }

    [Fact]
    public void A_path_may_have_a_name_a_hash_and_be_flat()
    {
        using Session session = new();
        session.Write("x", "firn");
        Assert.Equal("/nix/store/p6dwkd693hzr4py3ikhvrlkrsykgxy6x-y", session.Text("builtins.path { path = ./x; name = \"y\"; recursive = false; }"));
        Assert.Equal("/nix/store/p6dwkd693hzr4py3ikhvrlkrsykgxy6x-y", session.Text("builtins.path { path = ./x; name = \"y\"; recursive = false; sha256 = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; }"));
        EvalError error = Assert.Throws<EvalError>(() => session.Text("builtins.path { path = ./x; sha256 = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; }"));
        Assert.Equal($"store path mismatch in (possibly filtered) path added from '{session.Root}/x'", error.Message);
        Assert.Equal("unsupported argument 'odd' to 'builtins.path'", Assert.Throws<EvalError>(() => session.Text("builtins.path { odd = 1; }")).Message);
        Assert.Equal("missing required 'path' attribute in the first argument to 'builtins.path'", Assert.Throws<EvalError>(() => session.Text("builtins.path { }")).Message);
    }

    [Fact]
    public void An_error_in_a_filter_passes_through()
    {
        using Session session = new();
        session.Write("d/x", "1");
        EvalError error = Assert.Throws<EvalError>(() => session.Text("builtins.filterSource (p: t: 1) ./d"));
        Assert.Equal("expected a Boolean but found an integer: 1", error.Message);
        Assert.Contains(error.Frames, f => f.Text + f.Subject == $"while adding path '{session.Root}/d");
    }

    [Fact]
    public void Store_paths_may_be_named()
    {
        using Session session = new();
        session.Write("x", "firn");
        session.Text("\"${./x}\"");
        Assert.Equal(Added, session.Context($"builtins.storePath \"{Added}\""));
        Assert.Equal("path '/tmp' is not in the Nix store", Assert.Throws<EvalError>(() => session.Text("builtins.storePath \"/tmp\"")).Message);
        Assert.Equal(
            "path '/nix/store/00000000000000000000000000000000-x' is required, but there is no substituter that can build it",
            Assert.Throws<EvalError>(() => session.Text("builtins.storePath \"/nix/store/00000000000000000000000000000000-x\"")).Message);
    }

    [Fact]
    public void Placeholders_stand_for_outputs()
    {
        using Session session = new();
        Assert.Equal("/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9", session.Text("placeholder \"out\""));
    }

    [Fact]
    public void Store_objects_are_read_at_their_logical_places()
    {
        using Session session = new();
        byte[] file = Encoding.UTF8.GetBytes(session.Text("builtins.toFile \"a.txt\" \"firn\""));
        // Still waiting to be written: reading writes it.
        Assert.True(session.Store.Texts.TryGet(new StorePath("qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt"), out _));
        Assert.Equal("firn"u8.ToArray(), session.Store.Files.ReadFile(file));
        Assert.False(session.Store.Texts.TryGet(new StorePath("qi9zk6i8gdq5f6594fwf240iqfvqi201-a.txt"), out _));
    }

    [Fact]
    public void What_a_string_refers_to_is_built()
    {
        RecordingRealiser realiser = new();
        using Session session = new(false, realiser);
        VString text = (VString)session.Evaluate("\"${derivation { name = \"n\"; builder = \"b\"; system = \"s\"; }}/file\"");
        Assert.Equal(text.Bytes, session.Store.Realise(text.Bytes, text.Context!));
        OutputRequest request = Assert.Single(realiser.Requests);
        Assert.Equal("out", request.Output);
        Assert.True(session.Local.IsValid(request.Derivation));
        Assert.Equal("n.drv", request.Derivation.Name);
    }

    [Fact]
    public void Placeholders_are_replaced_by_what_was_built()
    {
        RecordingRealiser realiser = new();
        using Session session = new(false, realiser, "ca-derivations");
        VString text = (VString)session.Evaluate("\"${derivation { name = \"n\"; builder = \"b\"; system = \"s\"; __contentAddressed = true; }}/file\"");
        Assert.Equal("/nix/store/00000000000000000000000000000000-built/file", Encoding.UTF8.GetString(session.Store.Realise(text.Bytes, text.Context!)));
    }

    [Fact]
    public void What_was_never_written_is_not_valid()
    {
        using Session session = new(true, new RecordingRealiser());
        VString text = (VString)session.Evaluate("(derivation { name = \"n\"; builder = \"b\"; system = \"s\"; }).outPath");
        EvalError error = Assert.Throws<EvalError>(() => session.Store.Realise(text.Bytes, text.Context!));
        Assert.Matches("^path '[0-9a-z]{32}-n.drv' is not valid$", error.Message);
    }

    [Theory]
    [InlineData("{ url = \"http://example.org/a.tar\"; sha256 = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; }", "/nix/store/5m78082yylvh1qgs1w4a6lfzfw8vmkzn-a.tar.drv")]
    [InlineData("{ url = \"http://example.org/a.tar\"; hash = \"sha256-n68DEe0DjlPchxYlRRHS1bQSJd2cs6ico2rmd2pAaOI=\"; unpack = true; }", "/nix/store/a7ws874wl1qnj7qy6mz8c14pv7zbiqfz-a.tar.drv")]
    [InlineData("{ url = \"http://example.org/a.tar\"; name = \"b\"; executable = true; sha1 = \"4ee4ff320eb52e02053b1fca38bcf1d3dac5dc4f\"; system = \"x\"; }", "/nix/store/8p082clfmzxgxpcv4i5rzirpsdgsg6kr-b.drv")]
    [InlineData("{ url = \"http://example.org/a.tar\"; md5 = \"3636782e8ee98d37997379a38a530c13\"; }", "/nix/store/061znbrrgw19dqprwc7707f42nj419lv-a.tar.drv")]
    public void The_core_fetcher_makes_the_known_derivations(string arguments, string path)
    {
        using Session session = new();
        Assert.Equal(path, session.Text($"(import <nix/fetchurl.nix> {arguments}).drvPath"));
    }

    private sealed class RecordingRealiser : IRealiser
    {
        public bool TrySubstitute(StorePath path) => false;

        internal List<OutputRequest> Requests { get; } = [];

        public IReadOnlyList<StorePath> Realise(IReadOnlyList<OutputRequest> wanted)
        {
            Requests.AddRange(wanted);
            return [.. wanted.Select(static _ => new StorePath("00000000000000000000000000000000-built"))];
        }
    }
}
