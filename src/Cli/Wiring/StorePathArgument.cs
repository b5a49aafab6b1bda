using System.IO;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Wiring;

/// <summary>Store paths as users name them: in full, inside of one, or by links that lead to one.</summary>
internal static class StorePathArgument
{
    /// <summary>Follows links from outside of the store to the store path that they lead to.</summary>
    /// <exception cref="Formats.BadStorePathException">They lead elsewhere.</exception>
    public static StorePath Follow(StoreDir storeDir, string argument)
    {
        string path = Path.GetFullPath(argument);
        while (!storeDir.Contains(path) && new FileInfo(path).LinkTarget is string target)
        {
            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        }

        return storeDir.Split(path).Path;
    }
}
