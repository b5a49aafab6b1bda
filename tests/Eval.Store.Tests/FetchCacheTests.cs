using System;
using System.IO;
using System.Text;
using Firn.Eval.Errors;
using Firn.Fetchers.Tests;
using Xunit;

namespace Firn.Eval.Store.Tests;

/// <summary>What is downloaded once, and when a server is asked again.</summary>
public sealed class FetchCacheTests
{
    [Fact]
    public void A_file_is_asked_for_again_only_when_it_is_old_and_then_by_its_tag()
    {
        using LoopbackServer server = new(static head => head.Contains("If-None-Match: \"one\"", StringComparison.Ordinal)
            ? new LoopbackServer.Answer(304, [], "ETag: \"one\"")
            : new LoopbackServer.Answer(200, Encoding.ASCII.GetBytes("contents"), "ETag: \"one\""));
        string url = server.Url + "/file";
        using Session session = new();
        string first = session.Text($"builtins.fetchurl \"{url}\"");
        using (Session fresh = session.Again())
        {
            Assert.Equal(first, fresh.Text($"builtins.fetchurl \"{url}\""));
            Assert.Single(server.Requests);
        }

        using (Session stale = session.Again(static s => s with { TarballTtl = 0 }))
        {
            Assert.Equal(first, stale.Text($"builtins.fetchurl \"{url}\""));
            Assert.Equal(2, server.Requests.Count);
        }

        server.Dispose();
        using Session offline = session.Again(static s => s with { TarballTtl = 0 });
        Assert.Equal(first, offline.Text($"builtins.fetchurl \"{url}\""));
        Assert.EndsWith("; using cached version", offline.Io.Messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_is_remembered_with_the_url_that_will_not_change()
    {
        byte[] archive = Archive();
        LoopbackServer? made = null;
        using LoopbackServer server = new(head => head.Contains("If-None-Match: \"one\"", StringComparison.Ordinal)
            ? new LoopbackServer.Answer(304, [])
            : new LoopbackServer.Answer(200, archive, "ETag: \"one\"", $"Link: <{made!.Url}/fixed.tar?rev=0123456789012345678901234567890123456789&revCount=7>; rel=\"immutable\""));
        made = server;
        string tree = $"(fetchTree {{ type = \"tarball\"; url = \"{server.Url}/latest.tar\"; }})";
        using Session session = new("fetch-tree");
        Assert.Equal("0123456", session.Text(tree + ".shortRev"));
        Assert.Equal("20231114221320", session.Text(tree + ".lastModifiedDate"));
        string path = session.Text(tree + ".outPath");
        Assert.Equal("hi", session.Text($"builtins.readFile ({tree} + \"/f\")"));
        Assert.Single(server.Requests);

        using Session later = session.Again(static s => s with { TarballTtl = 0 });
        Assert.Equal(path, later.Text(tree + ".outPath"));
        Assert.Equal("0123456", later.Text(tree + ".shortRev"));
        Assert.Equal(2, server.Requests.Count);
        Assert.EndsWith("-other", later.Text($"fetchTarball {{ url = \"{server.Url}/latest.tar\"; name = \"other\"; }}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_hash_is_an_error_with_a_status_of_its_own()
    {
        using Session session = new("fetch-tree");
        string url = "file://" + session.Write("plain", "x");
        EvalError error = Assert.Throws<EvalError>(() => session.Text($"(fetchTree {{ type = \"file\"; url = \"{url}\"; narHash = \"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"; }}).outPath"));
        Assert.Equal(102, error.ExitStatus);
        Assert.StartsWith($"NAR hash mismatch in input '{url}?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D', expected 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' but got 'sha256-", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_says_what_a_name_means()
    {
        using Session session = new("fetch-tree", "flakes");
        string tree = session.Root + "/tree";
        session.Write("tree/f", "hi");
        string registry = session.Write("registry.json", $$"""
            { "version": 2, "flakes": [
              { "from": { "type": "indirect", "id": "a" }, "to": { "type": "indirect", "id": "b" } },
              { "from": { "type": "indirect", "id": "b" }, "to": { "type": "path", "path": "{{tree}}" } } ] }
            """);
        using Session again = session.Again(s => s with { Registry = registry });
        Assert.Equal("hi", again.Text("builtins.readFile (fetchTree \"flake:a\" + \"/f\")"));
        Assert.Equal(
            "cannot find flake 'flake:c' in the flake registries",
            Assert.Throws<EvalError>(() => again.Text("(fetchTree { type = \"indirect\"; id = \"c\"; }).outPath")).Message);
    }

    private static byte[] Archive()
    {
        using MemoryStream stream = new();
        using (System.Formats.Tar.TarWriter writer = new(stream, leaveOpen: true))
        {
            System.Formats.Tar.UstarTarEntry entry = new(System.Formats.Tar.TarEntryType.RegularFile, "top/f")
            {
                DataStream = new MemoryStream(Encoding.ASCII.GetBytes("hi")),
                ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1700000000),
            };
            writer.WriteEntry(entry);
        }

        return stream.ToArray();
    }
}
