using System;
using System.Collections.Generic;
using System.Text;
using Firn.Fetchers.Inputs;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Flakes.Locking;

/// <summary>Writes lock files of version 7.</summary>
/// <remarks>docs/formats/flake-lock.md</remarks>
public sealed class LockFileWriter
{
    internal const int Version = 7;

    private readonly Dictionary<LockNode, string> _keys = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, LockNode> _nodes = new(StringComparer.Ordinal);

    private LockFileWriter(LockFile file) => Name("root", file.Root);

    /// <summary>The text of a lock file, without a newline at its end.</summary>
    public static string Write(LockFile file)
    {
        ByteBuffer buffer = new();
        Write(file, new JsonTextWriter(buffer, indented: true));
        return Encoding.UTF8.GetString(buffer.Span);
    }

    /// <summary>Writes a lock file as a value of a larger text.</summary>
    public static void Write(LockFile file, JsonTextWriter json) => new LockFileWriter(file).Write(json);

    // A node has the name of the input that leads to it first, with a number when others have that too.
    private string Name(string wanted, LockNode node)
    {
        if (_keys.TryGetValue(node, out string? known))
        {
            return known;
        }

        string key = wanted;
        for (int n = 2; !_taken.Add(key); n++)
        {
            key = $"{wanted}_{n}";
        }

        _keys.Add(node, key);
        _nodes.Add(key, node);
        foreach ((string name, LockEdge edge) in node.Inputs)
        {
            if (edge is LockEdge.To to)
            {
                Name(name, to.Node);
            }
        }

        return key;
    }

    private void Write(JsonTextWriter json)
    {
        json.BeginObject();
        json.Name("nodes");
        json.BeginObject();
        foreach ((string key, LockNode node) in _nodes)
        {
            json.Name(key);
            Write(json, node);
        }

        json.EndObject();
        json.Name("root");
        json.String("root");
        json.Name("version");
        json.Number(Version);
        json.EndObject();
    }

    private void Write(JsonTextWriter json, LockNode node)
    {
        LockedNode? locked = node as LockedNode;
        json.BeginObject();
        if (locked is { IsFlake: false })
        {
            json.Name("flake");
            json.Bool(false);
        }

        if (node.Inputs.Count > 0)
        {
            json.Name("inputs");
            json.BeginObject();
            foreach ((string name, LockEdge edge) in node.Inputs)
            {
                json.Name(name);
                switch (edge)
                {
                    case LockEdge.To to:
                        json.String(_keys[to.Node]);
                        break;
                    case LockEdge.Follows follows:
                        WritePath(json, follows.Path);
                        break;
                }
            }

            json.EndObject();
        }

        if (locked is not null)
        {
            json.Name("locked");
            locked.Locked.ToAttributes().Without(Input.FinalAttribute).WriteTo(json);
            json.Name("original");
            locked.Original.ToAttributes().WriteTo(json);
            if (locked.Parent is { } parent)
            {
                json.Name("parent");
                WritePath(json, parent);
            }
        }

        json.EndObject();
    }

    private static void WritePath(JsonTextWriter json, InputPath path)
    {
        json.BeginArray();
        foreach (string name in path.Names)
        {
            json.String(name);
        }

        json.EndArray();
    }
}
