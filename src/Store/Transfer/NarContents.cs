using System.IO;
using Firn.Formats.Nar;
using Firn.Formats.StorePaths;

namespace Firn.Store.Transfer;

/// <summary>Files of stores that have nothing but NARs.</summary>
public static class NarContents
{
    /// <summary>Content of a regular file in a path.</summary>
    /// <param name="nar">The path's NAR, at its start.</param>
    /// <param name="inside">Empty for the path itself, else relative without a slash at its start.</param>
    /// <exception cref="StoreException">There is no such regular file.</exception>
    public static byte[] ReadFile(StoreDir dir, StorePath path, Stream nar, string inside) =>
        NarFileFinder.Find(nar, inside)
        ?? throw new StoreException("path '" + dir.Print(path) + (inside.Length == 0 ? "" : "/" + inside) + "' is not a regular file");
}
