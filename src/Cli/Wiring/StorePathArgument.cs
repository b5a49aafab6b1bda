using System.IO;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Objects;

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

    /// <summary>A valid path and what of it is meant, for commands that look into paths.</summary>
    /// <exception cref="CliException">It lies elsewhere, or is not valid.</exception>
    public static (StorePath Path, byte[] File) Split(IStore store, string argument)
    {
        if (!store.StoreDir.Contains(StoreDir.Canonical(argument)))
        {
            throw new CliException($"path '{argument}' is not in the Nix store");
        }

        (StorePath path, string inside) = store.StoreDir.Split(argument);
        return store.IsValid(path)
            ? (path, ObjectFiles.Canonical(inside))
            : throw new CliException($"path '{store.StoreDir.Print(path)}' is not a valid store path");
    }
}
