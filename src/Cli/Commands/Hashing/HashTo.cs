using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Formats.Hashing;

namespace Firn.Cli.Commands.Hashing;

/// <summary><c>nix hash to-base16</c> and its kin.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-hash-to-base16</remarks>
internal sealed class HashTo : NixCommand
{
    private readonly HashFormat _format;
    private HashAlgorithm? _algorithm;
    private IReadOnlyList<string> _hashes = [];

    public HashTo(HashFormat format, string name)
    {
        _format = format;
        Description = $"convert a hash to {name} representation (deprecated, use `nix hash convert` instead)";
        HashFlags.Algorithm(Flags, "type", a => _algorithm = a);
        ExpectMany("strings", hashes => _hashes = hashes);
    }

    public override string Description { get; }

    public override int Run(CommandContext context)
    {
        context.Warn("The old format conversion subcommands of `nix hash` were deprecated in favor of `nix hash convert`.");
        foreach (string text in _hashes)
        {
            Hash hash = Hash.Parse(text, _algorithm);
            context.Settings.RequireAlgorithm(hash.Algorithm);
            context.WriteLine(FileHashing.Print(hash, _format));
        }

        return 0;
    }
}
