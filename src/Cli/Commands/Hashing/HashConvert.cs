using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Formats.Hashing;

namespace Firn.Cli.Commands.Hashing;

/// <summary><c>nix hash convert</c>: writes hashes in another form.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-hash-convert</remarks>
internal sealed class HashConvert : NixCommand
{
    private HashFormat? _from;
    private HashFormat _to = HashFormat.Sri;
    private HashAlgorithm? _algorithm;
    private IReadOnlyList<string> _hashes = [];

    public HashConvert()
    {
        HashFlags.Format(Flags, "from", "Hash format (`base16`, `nix32`, `base64`, `sri`).", f => _from = f);
        HashFlags.Format(Flags, "to", "Hash format (`base16`, `nix32`, `base64`, `sri`). Default: `sri`.", f => _to = f);
        HashFlags.Algorithm(Flags, "hash-algo", a => _algorithm = a);
        ExpectMany("hashes", hashes => _hashes = hashes);
    }

    public override string Description => "convert between hash formats";

    public override int Run(CommandContext context)
    {
        foreach (string text in _hashes)
        {
            Hash hash = Hash.Parse(text, _algorithm, out HashFormat format);
            context.Settings.RequireAlgorithm(hash.Algorithm);
            if (_from is HashFormat from && from != format)
            {
                throw new CliException($"input hash '{text}' has format '{format.Name()}', but '--from {from.Name()}' was specified");
            }

            context.WriteLine(FileHashing.Print(hash, _to));
        }

        return 0;
    }
}
