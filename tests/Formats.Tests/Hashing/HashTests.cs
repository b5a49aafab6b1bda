using System;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Xunit;

namespace Firn.Formats.Tests.Hashing;

public sealed class HashTests
{
    private static readonly byte[] s_short = "firn"u8.ToArray();
    private static readonly byte[] s_long = [.. Enumerable.Range(0, 5000).Select(static i => (byte)((i * 7) + 3))];

    [Theory]
    [InlineData(HashAlgorithm.Md5, "md5:3636782e8ee98d37997379a38a530c13", "md5:0k1i9qm8vrffckg3g9iqp7hdin", "md5-NjZ4Lo7pjTeZc3mjilMMEw==")]
    [InlineData(HashAlgorithm.Sha1, "sha1:4ee4ff320eb52e02053b1fca38bcf1d3dac5dc4f", "sha1:9zfcbnnky6y3ijhz7c2h4bmm1qrgzr2f", "sha1-TuT/Mg61LgIFOx/KOLzx09rF3E8=")]
    [InlineData(HashAlgorithm.Sha256, "sha256:9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2", "sha256:1qk881m7grkalffaicwwvlji5d6ms88la98nhzf573h3xl8h7bwz", "sha256-n68DEe0DjlPchxYlRRHS1bQSJd2cs6ico2rmd2pAaOI=")]
    [InlineData(HashAlgorithm.Sha512, "sha512:0ea4a0cfeb8cbe46a0281b41eecf3425985d356fdbd0dc12df2b9b5853327fc40460a47702acf0166770c3319ccd0b577c8d5e68fc9de539cedd8b4888cf1ced", "sha512:3nirkw8925xvkirwnfzqs2yimy5f2ydkhqw6w372vqaq0kplih09i3z699mi6rbvw9drl6vdwsmv6156k7ywh8v52h4dglcxg7s190f", "sha512-DqSgz+uMvkagKBtB7s80JZhdNW/b0NwS3yubWFMyf8QEYKR3AqzwFmdwwzGczQtXfI1eaPyd5TnO3YtIiM8c7Q==")]
    [InlineData(HashAlgorithm.Blake3, "blake3:44ca5bcb5ad76c96cb16a20eb5a4e0b6cbdf84e06b56b8d1861fc2cca4383d62", "blake3:0qix72jcrhhzhv8vhmkbw22dzjxnw2jba3m22v5rcv6pbb5mpjj4", "blake3-RMpby1rXbJbLFqIOtaTgtsvfhOBrVrjRhh/CzKQ4PWI=")]
    public void A_short_text_hashes_and_prints_as_known(HashAlgorithm algorithm, string base16, string nix32, string sri)
    {
        Hash hash = Hash.Of(algorithm, s_short);

        Assert.Equal(base16, hash.ToString(HashFormat.Base16, true));
        Assert.Equal(nix32, hash.ToString(HashFormat.Nix32, true));
        Assert.Equal(sri, hash.ToString(HashFormat.Sri, true));
        Assert.All((string[])[base16, nix32, sri, $"{algorithm.Name()}:{hash.ToString(HashFormat.Base64, false)}"], text => Assert.Equal(hash, Hash.ParsePrefixed(text)));
        Assert.Equal(hash, Hash.ParseSri(sri));
    }

    [Theory]
    [InlineData(HashAlgorithm.Md5, "33d9712cc5eb0bf18a41ed54a908e412")]
    [InlineData(HashAlgorithm.Sha1, "6c0a586b2761ee383bb0e7639c4ed091538442ea")]
    [InlineData(HashAlgorithm.Sha256, "34398b85297bf7d9dfb59b8d511d8bbb44ab23e891570e4395e7871475fc8afb")]
    [InlineData(HashAlgorithm.Sha512, "a7875d841eb26ba90ecce80cc9b5add3a7c3ea2574fb6a948eec3983862c0b653682fa1cd70220a4cee488f40e8d9ee124715075eae3426c7638efe40bed45a4")]
    [InlineData(HashAlgorithm.Blake3, "99dac71e48bb629da58fe862e286769ac5a0debf976c22bdba71cd34e4c25aa6")]
    public void Chunks_of_any_size_make_the_same_hash(HashAlgorithm algorithm, string base16)
    {
        foreach (int size in (int[])[1, 63, 64, 65, 1000, 1024, 1025, 5000])
        {
            Hasher hasher = new(algorithm);
            for (int at = 0; at < s_long.Length; at += size)
            {
                hasher.Write(s_long.AsSpan(at, Math.Min(size, s_long.Length - at)));
            }

            Assert.Equal(5000UL, hasher.Count);
            Assert.Equal(base16, hasher.Finish().ToString(HashFormat.Base16, false));
        }
    }

    [Theory]
    [InlineData("sha256:abc", null, "hash 'abc' has wrong length for hash algorithm 'sha256'")]
    [InlineData("abc", null, "hash 'abc' does not include a type, nor is the type otherwise known from context")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000", HashAlgorithm.Sha1, "hash 'sha256:0000000000000000000000000000000000000000000000000000' should have type 'sha1'")]
    [InlineData("sha256:e000000000000000000000000000000000000000000000000000", null, "invalid nix32 hash 'e000000000000000000000000000000000000000000000000000', length 0 != expected length 32")]
    [InlineData("sha256:z000000000000000000000000000000000000000000000000000", null, "invalid nix32 hash 'z000000000000000000000000000000000000000000000000000', length 33 != expected length 32")]
    [InlineData("sha256-zz", null, "invalid SRI hash 'zz', length 1 != expected length 32")]
    [InlineData("crc:00", null, "unknown hash algorithm 'crc', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")]
    public void A_bad_hash_is_refused(string text, HashAlgorithm? expected, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<FormatsException>(() => Hash.Parse(text, expected)).Message);

    [Fact]
    public void Every_form_reads_back()
    {
        Random random = new(1);
        byte[] digest = new byte[64];
        foreach (HashAlgorithm algorithm in Enum.GetValues<HashAlgorithm>())
        {
            for (int i = 0; i < 200; i++)
            {
                random.NextBytes(digest);
                Hash hash = new(algorithm, digest.AsSpan(0, algorithm.Size()));
                foreach (HashFormat format in Enum.GetValues<HashFormat>())
                {
                    Assert.Equal(hash, Hash.Parse(hash.ToString(format, true), algorithm, out HashFormat read));
                    Assert.Equal(format, read);
                }
            }
        }
    }

    [Fact]
    public void Nix32_of_any_length_reads_back()
    {
        Random random = new(2);
        for (int length = 0; length < 70; length++)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            string text = Nix32.Encode(data);
            Assert.Equal(Nix32.EncodedLength(length), text.Length);
            Assert.Equal(data, Nix32.Decode(text));
        }
    }

    [Fact]
    public void A_hash_folds_by_exclusive_or()
    {
        byte[] folded = new byte[20];
        Hash.Sha256("firn"u8).Compress(folded);
        ReadOnlySpan<byte> whole = Convert.FromHexString("9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(i < 12 ? whole[i] ^ whole[i + 20] : whole[i], folded[i]);
        }
    }

    [Fact]
    public void Hash_numbers_are_stable() =>
        Assert.Equal("md5 sha1 sha256 sha512 blake3", string.Join(' ', Enum.GetValues<HashAlgorithm>().Select(static a => a.Name())));
}
