using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Formats.Hashing;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix-hash</c>: hashes files, or writes hashes in another form.</summary>
/// <remarks>Nix manual, command-ref/nix-hash</remarks>
internal sealed class NixHash : ICommand
{
    // Bytes, as many as store paths have.
    private const int TruncatedSize = 20;

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
                        throw CliException.Usage($"unrecognised flag '{flag}'");
                    }

                    break;
            }
        }

        foreach (string operand in operands)
        {
            Hash hash = convert ? Hash.Parse(operand, algorithm) : HashOf(Path.GetFullPath(operand), algorithm ?? HashAlgorithm.Md5, flat);
            context.WriteLine(truncate && hash.Size > TruncatedSize ? Truncated(hash, format) : hash.ToString(format, format == HashFormat.Sri));
        }

        return 0;
    }

    private static HashFormat Form(string name) => HashAlgorithms.TryParseFormat(name, out HashFormat format) ? format : throw new CliException($"unknown hash format '{name}'");

    private static string Truncated(Hash hash, HashFormat format)
    {
        Span<byte> folded = stackalloc byte[TruncatedSize];
        hash.Compress(folded);
        return format switch
        {
            HashFormat.Base16 => Base16.Encode(folded),
            HashFormat.Nix32 => Nix32.Encode(folded),
            HashFormat.Base64 => Base64.Encode(folded),
            HashFormat.Sri => hash.Algorithm.Name() + "-" + Base64.Encode(folded),
        };
    }

    private static Hash HashOf(string path, HashAlgorithm algorithm, bool flat)
    {
        Hasher hasher = new(algorithm);
        if (!flat)
        {
            LocalStore.DumpTree(Path.TrimEndingDirectorySeparator(path), hasher);
            return hasher.Finish();
        }

        using FileStream file = File.OpenRead(path);
        byte[] buffer = new byte[64 * 1024];
        for (int length; (length = file.Read(buffer)) > 0;)
        {
            hasher.Write(buffer.AsSpan(0, length));
        }

        return hasher.Finish();
    }
}
