using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.References;
using Firn.Formats.StorePaths;
using Xunit;

namespace Firn.Formats.Tests.References;

public sealed class ReferenceScannerTests
{
    private static StorePath Random(Random random)
    {
        byte[] hash = new byte[20];
        random.NextBytes(hash);
        return new StorePath(hash, "p");
    }

    [Fact]
    public void References_are_found_wherever_chunks_are_cut()
    {
        Random random = new(7);
        StorePath[] candidates = [.. Enumerable.Range(0, 50).Select(_ => Random(random)).Order()];
        for (int round = 0; round < 300; round++)
        {
            StorePath[] used = [.. candidates.Where(_ => random.Next(5) == 0)];
            List<byte> data = [];
            foreach (StorePath path in used)
            {
                byte[] noise = new byte[random.Next(60)];
                random.NextBytes(noise);
                // Half of the noise consists of digits, so that hash parts stand in longer runs of them.
                data.AddRange(random.Next(2) == 0 ? noise : [.. noise.Select(static b => Nix32.Alphabet[b & 31])]);
                data.AddRange(Encoding.ASCII.GetBytes(path.HashPart));
                data.AddRange("abc"u8[..random.Next(4)]);
            }

            byte[] all = [.. data];
            int size = random.Next(1, 80);
            ReferenceScanner scanner = new(candidates);
            for (int at = 0; at < all.Length; at += size)
            {
                scanner.Write(all.AsSpan(at, Math.Min(size, all.Length - at)));
            }

            string text = Encoding.Latin1.GetString(all);
            Assert.Equal([.. candidates.Where(c => text.Contains(c.HashPart, StringComparison.Ordinal))], scanner.Found.ToArray());
            Assert.Superset(used.ToHashSet(), scanner.Found.ToHashSet());
        }
    }

    [Fact]
    public void Part_of_a_hash_is_no_reference()
    {
        StorePath path = Random(new Random(8));
        ReferenceScanner scanner = new([path]);
        scanner.Write(Encoding.ASCII.GetBytes(path.HashPart[..31] + " " + path.HashPart[1..]));
        Assert.Empty(scanner.Found);
        scanner.Write(Encoding.ASCII.GetBytes(path.HashPart));
        Assert.Equal([path], scanner.Found.ToArray());
    }

    [Fact]
    public void Candidates_that_begin_alike_are_told_apart()
    {
        StorePath one = new("00000000000000000000000000000001-a"), other = new("00000000000000000000000000000002-b");
        ReferenceScanner scanner = new([one, other]);
        scanner.Write("x00000000000000000000000000000002x"u8);
        Assert.Equal([other], scanner.Found.ToArray());
    }
}
