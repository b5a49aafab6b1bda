using System.Collections.Generic;
using Firn.Cli.Arguments;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands.Hashing;

/// <summary><c>nix hash path</c> and <c>nix hash file</c>.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-hash-path</remarks>
internal sealed class HashFiles : NixCommand
{
    private ContentAddressMethod _method;
    private HashFormat _format = HashFormat.Sri;
    private HashAlgorithm _algorithm = HashAlgorithm.Sha256;
    private IReadOnlyList<string> _paths = [];

    /// <param name="flat">Whether files are hashed as they are; only the other form lets the user choose.</param>
    public HashFiles(bool flat)
    {
        _method = flat ? ContentAddressMethod.Flat : ContentAddressMethod.NixArchive;
        Description = flat ? "print cryptographic hash of a regular file" : "print cryptographic hash of the NAR serialisation of a path";
        Flags.Add("sri", "Print the hash in SRI format.", () => _format = HashFormat.Sri);
        Flags.Add("base64", "Print the hash in base-64 format.", () => _format = HashFormat.Base64);
        Flags.Add("base32", "Print the hash in base-32 (Nix-specific) format.", () => _format = HashFormat.Nix32);
        Flags.Add("base16", "Print the hash in base-16 format.", () => _format = HashFormat.Base16);
        HashFlags.Algorithm(Flags, "type", a => _algorithm = a);
        if (!flat)
        {
            HashFlags.Algorithm(Flags, "algo", a => _algorithm = a);
            HashFlags.Format(Flags, "format", "Hash format (`base16`, `nix32`, `base64`, `sri`). Default: `sri`.", f => _format = f);
            Flags.Add("mode", "How to compute the hash of the input: `nar` (the default), `flat` or `git`.", "file-ingestion-method", m => _method = ParseMethod(m));
        }

        ExpectMany("paths", paths => _paths = paths, Completions.Files);
    }

    public override string Description { get; }

    public override int Run(CommandContext context)
    {
        if (_method == ContentAddressMethod.Git)
        {
            context.Settings.RequireFeature("git-hashing");
        }

        foreach (string path in _paths)
        {
            context.Settings.RequireAlgorithm(_algorithm);
            context.WriteLine(FileHashing.Print(FileHashing.Of(path, _method, _algorithm, context.Settings.Bool("use-case-hack")), _format));
        }

        return 0;
    }

    private static ContentAddressMethod ParseMethod(string name) => name switch
    {
        "flat" => ContentAddressMethod.Flat,
        "nar" => ContentAddressMethod.NixArchive,
        "git" => ContentAddressMethod.Git,
        _ => throw CliException.Usage($"Unknown file ingestion method '{name}', expect `flat`, `nar`, or `git`"),
    };
}
