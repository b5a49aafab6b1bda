using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>
/// The text of <c>nix-store --dump-db</c> and <c>--register-validity</c>: for each path lines with the path, hash
/// and size of the NAR (which <c>--register-validity</c> leaves out), deriver, number of references, references.
/// </summary>
public static class ValidityRegistration
{
    /// <summary>The text for one path, with hash and size.</summary>
    public static string Render(PathInfo info, StoreDir storeDir)
    {
        var text = new StringBuilder();
        text.Append(storeDir.Print(info.Path)).Append('\n');
        text.Append(info.NarHash.ToString(HashFormat.Base16, false)).Append('\n');
        text.Append(info.NarSize.ToString(CultureInfo.InvariantCulture)).Append('\n');
        text.Append(info.Deriver is { } deriver ? storeDir.Print(deriver) : "").Append('\n');
        text.Append(info.References.Count.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (StorePath reference in info.References) text.Append(storeDir.Print(reference)).Append('\n');
        return text.ToString();
    }

    /// <summary>Reads the next path; null at the end.</summary>
    /// <param name="withHash">Hash and size are there; else they are zero in the result.</param>
    /// <exception cref="StoreException">A number is malformed or a line missing.</exception>
    public static PathInfo? Read(TextReader from, StoreDir storeDir, bool withHash)
    {
        string? path = from.ReadLine();
        if (string.IsNullOrEmpty(path)) return null;
        Hash hash = new(HashAlgorithm.Sha256, new byte[32]);
        ulong size = 0;
        if (withHash)
        {
            hash = Hash.Parse(Line(from), HashAlgorithm.Sha256);
            if (!ulong.TryParse(Line(from), NumberStyles.None, CultureInfo.InvariantCulture, out size)) throw new StoreException("number expected");
        }
        string deriver = Line(from);
        if (!int.TryParse(Line(from), NumberStyles.None, CultureInfo.InvariantCulture, out int count)) throw new StoreException("number expected");
        var references = new SortedSet<StorePath>();
        for (; count > 0; count--) references.Add(storeDir.Parse(Line(from)));
        return new PathInfo
        {
            Path = storeDir.Parse(path),
            NarHash = hash,
            NarSize = size,
            Deriver = deriver.Length == 0 ? null : storeDir.Parse(deriver),
            References = [.. references],
        };
    }

    private static string Line(TextReader from) => from.ReadLine() ?? throw new StoreException("missing input");
}
