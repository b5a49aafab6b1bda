using System.Collections.Generic;
using System.Diagnostics;
using Firn.Cli.Arguments;
using Firn.Cli.Commands.Hashing;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands;

/// <summary><c>nix-hash</c>: hashes files, or writes hashes in another form.</summary>
/// <remarks>Nix manual, command-ref/nix-hash</remarks>
internal sealed class NixHash : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        HashAlgorithm? algorithm = null;
        bool flat = false, truncate = false, convert = false;
        HashFormat format = HashFormat.Base16;
        List<string> operands = [];
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            string flag = reader.Current;
            switch (flag)
            {
                case "--flat":
                    flat = true;
                    break;
                case "--truncate":
                    truncate = true;
                    break;
                case "--type":
                    algorithm = HashAlgorithms.Parse(reader.Value());
                    break;
                case "--base16" or "--base32" or "--base64" or "--sri":
                    format = Form(flag[2..]);
                    break;
                case "--to-base16" or "--to-base32" or "--to-base64" or "--to-sri":
                    convert = true;
                    format = Form(flag[5..]);
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        operands.Add(flag);
                    }
                    else if (!CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(flag);
                    }

                    break;
            }
        }

        foreach (string operand in operands)
        {
            Hash hash;
            if (convert)
            {
                hash = Hash.Parse(operand, algorithm);
                context.Settings.RequireAlgorithm(hash.Algorithm);
            }
            else
            {
                context.Settings.RequireAlgorithm(algorithm ?? HashAlgorithm.Md5);
                hash = FileHashing.Of(operand, flat ? ContentAddressMethod.Flat : ContentAddressMethod.NixArchive, algorithm ?? HashAlgorithm.Md5, context.Settings.Bool("use-case-hack"));
            }

            context.WriteLine(FileHashing.Print(hash, format, truncate && !convert));
        }

        return 0;
    }

    private static HashFormat Form(string name) => HashAlgorithms.TryParseFormat(name, out HashFormat format) ? format : throw new UnreachableException();
}
