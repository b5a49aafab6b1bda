using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Fuzz.Tests;

/// <summary>Makes inputs of good ones by small and large damage. The same seed makes the same inputs.</summary>
/// <param name="words">What the format gives a meaning to.</param>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> samples, IReadOnlyList<byte[]> words)
{
    private const int LongestInput = 1 << 16;

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        List<byte> bytes = [.. Sample()];
        for (int i = _random.Next(1, 6); i > 0 && bytes.Count < LongestInput; i--)
        {
            Damage(bytes);
        }

        return [.. bytes];
    }

    public static List<byte[]> Words(params string[] words) => [.. Array.ConvertAll(words, Encoding.UTF8.GetBytes)];

    private byte[] Sample() => samples[_random.Next(samples.Count)];

    private byte[] Word() => words[_random.Next(words.Count)];

    private void Damage(List<byte> bytes)
    {
        int at = _random.Next(bytes.Count + 1);
        int length = Math.Min(_random.Next(1, _random.Next(1, 40)), bytes.Count - at);
        switch (_random.Next(12))
        {
            case 0 or 1:
                bytes.InsertRange(at, Word());
                break;
            case 2:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, Word());
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 7 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 8:
                byte[] other = Sample();
                int from = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + _random.Next(200))]);
                break;
            case 9:
                bytes.Insert(at, (byte)(_random.Next(3) switch { 0 => 0, 1 => 0xff, _ => 0xc3 }));
                break;
            case 10:
                byte[] word = Word();
                for (int times = _random.Next(1, 30); times > 0; times--)
                {
                    bytes.InsertRange(at, word);
                }

                break;
            default:
                bytes.InsertRange(at, Encoding.ASCII.GetBytes(_random.NextInt64().ToString(System.Globalization.CultureInfo.InvariantCulture)[..(1 + _random.Next(3))]));
                break;
        }
    }
}
