using System;
using Firn.Formats.Hashing;

namespace Firn.Cli.Arguments;

/// <summary>Flags about hashes.</summary>
internal static class HashFlags
{
    private static readonly string[] s_algorithms = ["blake3", "md5", "sha1", "sha256", "sha512"];
    private static readonly string[] s_formats = ["base16", "nix32", "base64", "sri"];

    public static void Algorithm(FlagTable flags, string name, Action<HashAlgorithm> handler) => flags.Add(
        name, "Hash algorithm (`blake3`, `md5`, `sha1`, `sha256`, or `sha512`).", "hash-algo", v => handler(HashAlgorithms.Parse(v)), (c, _, p) => Complete(c, p, s_algorithms));

    public static void Format(FlagTable flags, string name, string description, Action<HashFormat> handler) => flags.Add(
        name, description, "hash-format", v => handler(ParseFormat(v)), (c, _, p) => Complete(c, p, s_formats));

    /// <exception cref="CliException">There is no such format.</exception>
    public static HashFormat ParseFormat(string name) => HashAlgorithms.TryParseFormat(name, out HashFormat format)
        ? format
        : throw CliException.Usage($"unknown hash format '{name}', expect 'base16', 'base32', 'base64', or 'sri'");

    private static void Complete(Completions completions, string prefix, string[] words)
    {
        foreach (string word in words)
        {
            if (word.StartsWith(prefix, StringComparison.Ordinal))
            {
                completions.Add(word);
            }
        }
    }
}
