using System;
using System.IO;

namespace Firn.Differential.Tests;

/// <summary>A few files that expressions name through <c>@DIR@</c>; they go away in the end.</summary>
internal sealed class SourceFolder : IDisposable
{
    public SourceFolder()
    {
        Path = Directory.CreateTempSubdirectory("firn-differential-").FullName;
        string tree = System.IO.Path.Combine(Path, "tree");
        Directory.CreateDirectory(System.IO.Path.Combine(tree, "inner", "deeper"));
        File.WriteAllText(System.IO.Path.Combine(tree, "file"), "contents\n");
        File.WriteAllText(System.IO.Path.Combine(tree, "empty"), "");
        File.WriteAllText(System.IO.Path.Combine(tree, "number.nix"), "1 + 1");
        File.WriteAllText(System.IO.Path.Combine(tree, "wrong.nix"), "1 +");
        File.WriteAllText(System.IO.Path.Combine(tree, "data.json"), "{ \"a\": [ 1, true, null, \"x\" ] }");
        File.WriteAllText(System.IO.Path.Combine(tree, "inner", "default.nix"), "{ x ? 1 }: { inherit x; sibling = ../file; }");
        File.WriteAllText(System.IO.Path.Combine(tree, "inner", "deeper", "a"), "a");
        File.CreateSymbolicLink(System.IO.Path.Combine(tree, "link"), "inner/deeper/a");
        File.CreateSymbolicLink(System.IO.Path.Combine(tree, "nowhere"), "missing");
        File.CreateSymbolicLink(System.IO.Path.Combine(tree, "folder"), "inner");
    }

    public string Path { get; }

    /// <summary>An expression with the folder's path in it.</summary>
    public string Expand(string expression) => expression.Replace("@DIR@", System.IO.Path.Combine(Path, "tree"), StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(Path, true);
}
