using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Formats.Nar;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Trees;

/// <summary>
/// Names for file systems that do not tell letters by their case (setting <c>use-case-hack</c>): of names that differ
/// by case only all but the first get a suffix on the disk, which they lose in NARs.
/// </summary>
internal static class CaseHack
{
    internal static ReadOnlySpan<byte> Suffix => "~nix~case~hack~"u8;

    /// <summary>Sorts the entries of a directory by what they are called in NARs.</summary>
    /// <returns>What they are called there.</returns>
    /// <exception cref="StoreException">Two have the same name in a NAR.</exception>
    internal static byte[][] Unhack(List<Files.Entry> entries, byte[] directory)
    {
        var names = new List<(byte[] Name, Files.Entry Entry)>(entries.Count);
        foreach (Files.Entry entry in entries)
        {
            int at = entry.Name.AsSpan().IndexOf(Suffix);
            names.Add((at < 0 ? entry.Name : entry.Name[..at], entry));
        }
        names.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name) is not 0 and int order ? order : a.Entry.Name.AsSpan().SequenceCompareTo(b.Entry.Name));
        for (int i = 1; i < names.Count; i++)
            if (names[i].Name.AsSpan().SequenceEqual(names[i - 1].Name))
                throw new StoreException("file name collision between " + Files.Quote(Files.Text(directory) + "/" + Files.Text(names[i - 1].Entry.Name)) + " and " + Files.Quote(Files.Text(directory) + "/" + Files.Text(names[i].Entry.Name)));
        for (int i = 0; i < names.Count; i++) entries[i] = names[i].Entry;
        return names.ConvertAll(static n => n.Name).ToArray();
    }
}

/// <summary>Gives the suffix of <see cref="CaseHack"/> to names that need it.</summary>
internal sealed class CaseHackNarSink(INarSink next) : INarSink
{
    private readonly Stack<Dictionary<string, (byte[] First, int Count)>> _directories = new();

    public void BeginRegular(bool executable, long size) => next.BeginRegular(executable, size);

    public void Contents(ReadOnlySpan<byte> data) => next.Contents(data);

    public void EndRegular() => next.EndRegular();

    public void Symlink(ReadOnlySpan<byte> target) => next.Symlink(target);

    public void BeginDirectory()
    {
        _directories.Push(new Dictionary<string, (byte[] First, int Count)>(StringComparer.Ordinal));
        next.BeginDirectory();
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        Dictionary<string, (byte[] First, int Count)> names = _directories.Peek();
        string key = Key(name);
        if (!names.TryGetValue(key, out var same))
        {
            names[key] = (name.ToArray(), 0);
            next.Entry(name);
            return;
        }
        names[key] = same with { Count = same.Count + 1 };
        byte[] hacked = [.. name, .. CaseHack.Suffix, .. Encoding.ASCII.GetBytes((same.Count + 1).ToString(CultureInfo.InvariantCulture))];
        if (names.TryGetValue(Key(hacked), out var other))
            throw new StoreException("NAR contains file name '" + Files.Text(name) + "' that collides with case-hacked file name '" + Files.Text(other.First) + "'");
        next.Entry(hacked);
    }

    // Only ASCII letters have case here, as in C.
    private static string Key(ReadOnlySpan<byte> name)
    {
        byte[] lower = name.ToArray();
        for (int i = 0; i < lower.Length; i++)
            if (lower[i] is >= (byte)'A' and <= (byte)'Z') lower[i] |= 0x20;
        return Encoding.Latin1.GetString(lower);
    }

    public void EndDirectory()
    {
        _directories.Pop();
        next.EndDirectory();
    }
}
