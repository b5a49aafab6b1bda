using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Firn.Fuzz.Tests;

/// <summary>Makes NARs, of which about half are wrong somewhere: in a name, an order, a length, a word.</summary>
internal sealed class NarGenerator(int seed)
{
    private static readonly string[] s_wrongNames = ["", ".", "..", "a/b", "/", "a\0b", "../x", new('n', 256)];

    private readonly Random _random = new(seed);
    private readonly List<byte> _bytes = [];
    private bool _mistakes;

    public byte[] Next()
    {
        _bytes.Clear();
        _mistakes = _random.Next(2) == 0;
        Text("nix-archive-1");
        Node(3);
        if (Mistake())
        {
            _bytes.RemoveRange(_random.Next(_bytes.Count), 1);
        }

        return [.. _bytes];
    }

    private bool Mistake() => _mistakes && _random.Next(25) == 0;

    private void Node(int depth)
    {
        Text("(");
        Text("type");
        switch (_random.Next(depth > 0 ? 4 : 2))
        {
            case 0:
                Text("regular");
                if (_random.Next(3) == 0)
                {
                    Text("executable");
                    Text(Mistake() ? "x" : "");
                }

                if (!Mistake())
                {
                    Text("contents");
                    Bytes(RandomBytes(_random.Next(30)));
                }

                break;
            case 1:
                Text("symlink");
                Text("target");
                Text(Mistake() ? "a\0b" : new[] { "x", "../../outside", "/etc/passwd", "a b" }[_random.Next(4)]);
                break;
            default:
                Text("directory");
                Entries(depth);
                break;
        }

        Text(")");
    }

    private void Entries(int depth)
    {
        List<string> names = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => new[] { "a", "B", "a b", "é", ".x", "...", "~", "z~nix~case~hack~1", "nn" }[_random.Next(9)]).Distinct()];
        names.Sort(static (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
        if (names.Count > 0 && Mistake())
        {
            names.Add(names[0]);
        }

        foreach (string name in names)
        {
            Text("entry");
            Text("(");
            Text("name");
            Text(Mistake() ? s_wrongNames[_random.Next(s_wrongNames.Length)] : name);
            Text("node");
            Node(depth - 1);
            Text(")");
        }
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private void Text(string text)
    {
        if (Mistake() && text.Length > 0)
        {
            text = new[] { "(", ")", "entry", "type", "contents", "regular", "Directory", "name", "x" }[_random.Next(9)];
        }

        Bytes(Encoding.UTF8.GetBytes(text));
    }

    private void Bytes(byte[] bytes)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length + (Mistake() ? (ulong)_random.NextInt64() >> _random.Next(64) : 0));
        _bytes.AddRange(length);
        _bytes.AddRange(bytes);
        for (int i = -bytes.Length & 7; i > 0; i--)
        {
            _bytes.Add((byte)(Mistake() ? 1 : 0));
        }
    }
}
