using System;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Formats.Derivations;

/// <summary>Stand-ins for paths that are not known before a build; they are replaced before a builder sees them.</summary>
public static class Placeholders
{
    /// <summary>Stands for an output of the derivation itself.</summary>
    public static string Own(string output) => "/" + Nix32.Encode(Hash.Sha256(Encoding.UTF8.GetBytes("nix-output:" + output)).Bytes);

    /// <summary>The hash that stands for an output of another derivation whose output paths are not known.</summary>
    /// <param name="derivation">Path of the derivation.</param>
    public static Hash Downstream(StorePath derivation, string output)
    {
        string name = derivation.DerivationName;
        return Hash.Sha256(Encoding.UTF8.GetBytes($"nix-upstream-output:{derivation.HashPart}:{StoreDir.OutputName(name, output)}"));
    }

    /// <summary>The hash that stands for an output of a derivation that is not known itself.</summary>
    /// <param name="derivation">Stands for the derivation.</param>
    public static Hash Downstream(Hash derivation, string output)
    {
        Span<byte> folded = stackalloc byte[StorePath.HashSize];
        derivation.Compress(folded);
        return Hash.Sha256(Encoding.UTF8.GetBytes($"nix-computed-output:{Nix32.Encode(folded)}:{output}"));
    }

    /// <summary>The text of a stand-in.</summary>
    public static string Render(Hash hash) => "/" + Nix32.Encode(hash.Bytes);
}
