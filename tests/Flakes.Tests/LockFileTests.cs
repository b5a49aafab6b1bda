using System;
using System.Collections.Generic;
using System.Text;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;
using Xunit;

namespace Firn.Flakes.Tests;

/// <summary>Lock files read, written, followed and compared.</summary>
public sealed class LockFileTests
{
    private const string Hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private const string Rev = "a3a3dda3bacf61e8a39258a0ed9c924eeca8e293";

    // A flake, another that follows an input of it, files, and a flake beside the first.
    private const string Text = $$"""
        {
          "nodes": {
            "deep": {
              "locked": {
                "dir": "sub",
                "lastModified": 86400,
                "narHash": "{{Hash}}",
                "rev": "{{Rev}}",
                "type": "git",
                "url": "file:///deep"
              },
              "original": {
                "dir": "sub",
                "type": "git",
                "url": "file:///deep"
              }
            },
            "files": {
              "flake": false,
              "locked": {
                "lastModified": 1,
                "narHash": "{{Hash}}",
                "path": "/files",
                "type": "path"
              },
              "original": {
                "path": "/files",
                "type": "path"
              }
            },
            "first": {
              "inputs": {
                "deep": "deep",
                "near": "near",
                "self": []
              },
              "locked": {
                "lastModified": 2,
                "narHash": "{{Hash}}",
                "path": "/first",
                "type": "path"
              },
              "original": {
                "id": "first",
                "type": "indirect"
              }
            },
            "near": {
              "locked": {
                "path": "./near",
                "type": "path"
              },
              "original": {
                "path": "./near",
                "type": "path"
              },
              "parent": [
                "first"
              ]
            },
            "root": {
              "inputs": {
                "again": [
                  "first",
                  "deep"
                ],
                "files": "files",
                "first": "first"
              }
            }
          },
          "root": "root",
          "version": 7
        }
        """;

    private readonly List<string> _warnings = [];

    private readonly InputSchemes _schemes;

    public LockFileTests() => _schemes = new(new HashSet<string> { "flakes" }, trustForges: true, _warnings.Add);

    [Fact]
    public void What_is_read_is_written_the_same() => Assert.Equal(Text, LockFileWriter.Write(Read(Text)));

    [Fact]
    public void Paths_lead_through_inputs_that_follow_others()
    {
        LockFile file = Read(Text);
        LockedNode deep = Assert.IsType<LockedNode>(file.Find(InputPath.Parse("again")));
        Assert.Same(deep, file.Find(InputPath.Parse("first/deep")));
        Assert.Equal("sub", deep.Locked.Directory);
        Assert.Same(file.Root, file.Find(InputPath.Parse("first/self")));
        Assert.Same(deep, file.Find(InputPath.Parse("first/self/again")));
        Assert.Null(file.Find(InputPath.Parse("first/none")));
        file.Check();
    }

    [Fact]
    public void Nodes_know_what_they_are()
    {
        LockFile file = Read(Text);
        Assert.False(Assert.IsType<LockedNode>(file.Find(InputPath.Parse("files"))).IsFlake);
        LockedNode near = Assert.IsType<LockedNode>(file.Find(InputPath.Parse("first/near")));
        Assert.True(near.Locked.Input.IsRelative);
        Assert.Equal("first", near.Parent!.ToString());
        Assert.Null(file.FindUnlocked(allowDirty: false));
    }

    [Theory]
    [InlineData("again", "none", "input 'again' follows a non-existent input 'none'")]
    [InlineData("again", "again", "follow cycle detected: [again -> again]")]
    public void Inputs_that_follow_nothing_are_refused(string name, string target, string message)
    {
        LockFile file = Read(Text);
        file.Root.Inputs[name] = new LockEdge.Follows(InputPath.Parse(target));
        Assert.Equal(message, Assert.Throws<FetchException>(file.Check).Message);
    }

    [Fact]
    public void Nodes_of_the_same_name_get_numbers()
    {
        LockFile file = Read(Text);
        file.Root.Inputs["deep"] = file.Root.Inputs["files"];
        file.Root.Inputs.Remove("files");
        string text = LockFileWriter.Write(file);
        Assert.Contains("\"deep\": \"deep_2\"", text, StringComparison.Ordinal);
        Assert.Equal(text, LockFileWriter.Write(Read(text)));
    }

    [Fact]
    public void Differences_name_inputs_in_order()
    {
        LockFile before = Read(Text), after = Read(Text);
        after.Root.Inputs.Remove("again");
        after.Root.Inputs["files"] = new LockEdge.Follows(InputPath.Parse("first/deep"));
        after.Root.Inputs["new"] = new LockEdge.To(Assert.IsType<LockedNode>(before.Find(InputPath.Parse("first/deep"))));
        Assert.Equal(
            "• Removed input 'again'\n"
            + $"• Updated input 'files':\n    'path:/files?lastModified=1&narHash={Uri.EscapeDataString(Hash)}' (1970-01-01)\n  → follows 'first/deep'\n"
            + $"• Added input 'new':\n    'git+file:///deep?dir=sub&rev={Rev}' (1970-01-02)\n",
            Eval.Errors.AnsiText.Strip(LockFile.Difference(before, after)));
        Assert.Equal("", LockFile.Difference(before, before));
    }

    [Theory]
    [InlineData("""{"nodes":{"root":{}},"root":"root","version":4}""", "lock file 'here' has unsupported version 4")]
    [InlineData("""{"nodes":{"root":{"inputs":{"x":"y"}}},"root":"root","version":7}""", "lock file references missing node 'y'")]
    [InlineData("""{"nodes":{"root":{"inputs":{"x":"root"}}},"root":"root","version":7}""", "lock file contains cycle to root node")]
    [InlineData("""{"nodes":{"root":{"inputs":{"x":"y"}},"y":{}},"root":"root","version":7}""", "attribute 'locked' missing in lock file")]
    [InlineData(
        """{"nodes":{"root":{"inputs":{"x":"y"}},"y":{"locked":{"type":"path","path":"/a"}}},"root":"root","version":7}""",
        """Lock file contains unlocked input '{"path":"/a","type":"path"}'. Use '--allow-dirty-locks' to accept this lock file.""")]
    public void What_is_none_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FetchException>(() => Read(text)).Message);

    [Fact]
    public void Version_5_has_facts_about_the_tree_apart()
    {
        LockFile file = Read("""
            {"nodes":{"root":{"inputs":{"x":"y"}},"y":{"info":{"lastModified":3,"narHash":"HASH"},"locked":{"type":"path","path":"/a"},"original":{"type":"path","path":"/a"}}},"root":"root","version":5}
            """.Replace("HASH", Hash, StringComparison.Ordinal));
        Assert.Equal(3UL, Assert.IsType<LockedNode>(file.Find(InputPath.Parse("x"))).Locked.Input.LastModified);
    }

    [Theory]
    [InlineData("a/b-c/d_1", "a/b-c/d_1")]
    [InlineData("/a//b/", "a/b")]
    [InlineData("", "")]
    public void Input_paths_are_names_between_slashes(string text, string shown) => Assert.Equal(shown, InputPath.Parse(text).ToString());

    [Fact]
    public void Names_of_inputs_are_identifiers() =>
        Assert.Equal("invalid flake input attribute path element '1'", Assert.Throws<FetchException>(() => InputPath.Parse("a/1")).Message);

    private LockFile Read(string text) => LockFileReader.Read(_schemes, Encoding.UTF8.GetBytes(text), "here", _warnings.Add);
}
