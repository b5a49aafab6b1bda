using System;
using Firn.Formats.Hashing;
using Firn.Store.Transfer;
using Xunit;

namespace Firn.Store.Tests;

public class BackgroundHasherTests
{
    [Fact]
    public void BytesAreHashedInOrderHoweverTheyCome()
    {
        var random = new Random(7);
        byte[] bytes = new byte[9_000_000];
        random.NextBytes(bytes);
        foreach (HashAlgorithm algorithm in (HashAlgorithm[])[HashAlgorithm.Sha256, HashAlgorithm.Md5, HashAlgorithm.Blake3])
        {
            var expected = new Hasher(algorithm);
            expected.Write(bytes);
            using var hasher = new BackgroundHasher(algorithm);
            bool lent = false;
            for (int at = 0; at < bytes.Length;)
            {
                Span<byte> room = random.Next(3) == 0 ? hasher.Reserve() : default;
                int n = Math.Min(bytes.Length - at, random.Next(4) switch { 0 => 8, 1 => 400_000, _ => random.Next(70_000) });
                if (room.IsEmpty) hasher.Write(bytes.AsSpan(at, n));
                else
                {
                    lent = true;
                    n = Math.Min(n, room.Length);
                    bytes.AsSpan(at, n).CopyTo(room);
                    // What comes between, as the head of a file does, comes before.
                    if (n > 8)
                    {
                        hasher.Write(bytes.AsSpan(at, 8));
                        at += 8;
                        n -= 8;
                        bytes.AsSpan(at, n).CopyTo(room);
                    }
                    hasher.Write(room[..n]);
                    Assert.True(room[..n].SequenceEqual(bytes.AsSpan(at, n)));
                }
                at += n;
            }
            Assert.True(lent || Environment.ProcessorCount == 1);
            Assert.Equal((ulong)bytes.Length, hasher.Count);
            Assert.Equal(expected.Finish(), hasher.Finish());
        }
    }

    [Fact]
    public void AnUnfinishedOneEndsItsThread()
    {
        for (int i = 0; i < 20; i++)
        {
            using var hasher = new BackgroundHasher(HashAlgorithm.Sha256);
            hasher.Write(new byte[3_000_000]);
        }
    }
}
