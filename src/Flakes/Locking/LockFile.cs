using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Fetchers;
using Firn.Fetchers.Inputs;

namespace Firn.Flakes.Locking;

/// <summary>A graph of locked inputs: what a <c>flake.lock</c> says.</summary>
/// <remarks>docs/formats/flake-lock.md</remarks>
public sealed class LockFile
{
    private const string Bold = "\e[1m", Red = "\e[31;1m", Green = "\e[32;1m", Normal = "\e[0m";

    /// <summary>The flake that the file belongs to.</summary>
    public LockNode Root { get; } = new();

    /// <summary>The node that a path leads to, inputs that follow others among it; null when there is none.</summary>
    /// <exception cref="FetchException">Inputs follow each other in a circle.</exception>
    public LockNode? Find(InputPath path) => Find(path, []);

    /// <summary>Every input by the path to it, in order; each node is entered once.</summary>
    public SortedDictionary<InputPath, LockEdge> AllInputs()
    {
        SortedDictionary<InputPath, LockEdge> all = [];
        HashSet<LockNode> done = [];
        Add(InputPath.Root, Root);
        return all;

        void Add(InputPath prefix, LockNode node)
        {
            if (!done.Add(node))
            {
                return;
            }

            foreach ((string name, LockEdge edge) in node.Inputs)
            {
                InputPath path = prefix.Then(name);
                all.TryAdd(path, edge);
                if (edge is LockEdge.To to)
                {
                    Add(path, to.Node);
                }
            }
        }
    }

    /// <summary>Refuses inputs that follow what does not exist.</summary>
    /// <exception cref="FetchException">There is one.</exception>
    public void Check()
    {
        foreach ((InputPath path, LockEdge edge) in AllInputs())
        {
            if (edge is LockEdge.Follows { Path: { IsRoot: false } target } && Find(target) is null)
            {
                throw new FetchException($"input '{path}' follows a non-existent input '{target}'");
            }
        }
    }

    /// <summary>A locked reference that may come to mean another tree; null when all are exact.</summary>
    /// <param name="allowDirty">Whether a hash is enough, even if the tree cannot be fetched by it (<c>allow-dirty-locks</c>).</param>
    public FlakeReference? FindUnlocked(bool allowDirty)
    {
        foreach ((_, LockEdge edge) in AllInputs())
        {
            if (edge is LockEdge.To { Node.Locked: { Input: { IsRelative: false } input } reference }
                && (!input.IsFinal || !(input.IsLocked || (allowDirty && input.NarHash is not null))))
            {
                return reference;
            }
        }

        return null;
    }

    /// <summary>What is different in a newer lock file, one paragraph for each input; with colours.</summary>
    public static string Difference(LockFile before, LockFile after)
    {
        SortedDictionary<InputPath, LockEdge> old = before.AllInputs(), now = after.AllInputs();
        StringBuilder text = new();
        SortedSet<InputPath> paths = [.. old.Keys, .. now.Keys];
        foreach (InputPath path in paths)
        {
            LockEdge? from = old.GetValueOrDefault(path), to = now.GetValueOrDefault(path);
            if (from is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"• {Green}Added input '{path}':{Normal}\n    {Describe(to!)}\n");
            }
            else if (to is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"• {Red}Removed input '{path}'{Normal}\n");
            }
            else if (!AreEqual(from, to))
            {
                text.Append(CultureInfo.InvariantCulture, $"• {Bold}Updated input '{path}':{Normal}\n    {Describe(from)}\n  → {Describe(to)}\n");
            }
        }

        return text.ToString();
    }

    private LockNode? Find(InputPath path, List<InputPath> visited)
    {
        int before = visited.IndexOf(path);
        if (before >= 0)
        {
            List<InputPath> circle = [.. visited.GetRange(before, visited.Count - before), path];
            throw new FetchException($"follow cycle detected: [{string.Join(" -> ", circle)}]");
        }

        visited.Add(path);
        LockNode node = Root;
        foreach (string name in path.Names)
        {
            LockNode? next = node.Inputs.GetValueOrDefault(name) switch
            {
                LockEdge.To to => to.Node,
                LockEdge.Follows follows => Find(follows.Path, visited),
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            node = next;
        }

        return node;
    }

    private static bool AreEqual(LockEdge a, LockEdge b) => (a, b) switch
    {
        (LockEdge.To x, LockEdge.To y) => x.Node.Locked.Equals(y.Node.Locked),
        (LockEdge.Follows x, LockEdge.Follows y) => x.Path.Equals(y.Path),
        _ => false,
    };

    private static string Describe(LockEdge edge) => edge switch
    {
        LockEdge.To { Node.Locked: var reference } => $"'{reference}'" + (reference.Input.LastModified is { } time
            ? DateTimeOffset.FromUnixTimeSeconds((long)time).UtcDateTime.ToString(" (yyyy-MM-dd)", CultureInfo.InvariantCulture)
            : ""),
        LockEdge.Follows follows => $"follows '{follows.Path}'",
        _ => throw new InvalidOperationException(),
    };
}
