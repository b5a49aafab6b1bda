using System;
using System.IO;
using Firn.Fetchers.Archives;

namespace Firn.Build.Builtins;

/// <summary>
/// <c>builtin:unpack-deb</c>: unpacks the files of the Debian package <c>src</c>, or of all <c>srcs</c>, into the output.
/// Modes lose setuid, setgid and what umask 022 takes. It serves the first program of a collection, which nothing else
/// could unpack.
/// </summary>
internal static class UnpackDeb
{
    public static void Build(BuiltinContext context)
    {
        string target = context.Out;
        Directory.CreateDirectory(target);
        TarExtractor into = new(target);
        string packages = context.Find("srcs") ?? context.Variable("src");
        foreach (string package in packages.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            context.Cancel.ThrowIfCancellationRequested();
            using FileStream deb = File.OpenRead(context.Real(package));
            Archive.UnpackDeb(deb, into);
        }
    }
}
