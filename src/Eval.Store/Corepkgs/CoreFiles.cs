using System;
using System.IO;

namespace Firn.Eval.Store.Corepkgs;

/// <summary>The files behind <c>&lt;nix/…&gt;</c>, which are parts of this program.</summary>
internal static class CoreFiles
{
    /// <summary>Contents of a file by its name, such as <c>fetchurl.nix</c>; null when there is none.</summary>
    internal static byte[]? Read(ReadOnlySpan<char> name)
    {
        if (name is not "fetchurl.nix")
        {
            return null;
        }

        using Stream resource = typeof(CoreFiles).Assembly.GetManifestResourceStream("corepkgs/fetchurl.nix")
            ?? throw new InvalidOperationException("the program lacks its <nix/fetchurl.nix>");
        byte[] text = new byte[resource.Length];
        resource.ReadExactly(text);
        return text;
    }
}
