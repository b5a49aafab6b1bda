using System;
using System.IO;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands.Env;

/// <summary>What <c>nix-env</c> installs from when no file is named: <c>~/.nix-defexpr</c>.</summary>
/// <remarks>Nix manual, command-ref/files/default-nix-expression</remarks>
internal static class DefaultExpressions
{
    /// <summary>Its path. Where there is none it is made, with links to the channels.</summary>
    public static string Find(CommandContext context, ILocalFsStore store)
    {
        string path = ProfileDirectories.DefaultExpressions(context);
        if (!Path.Exists(path))
        {
            try
            {
                Directory.CreateDirectory(path);
                File.CreateSymbolicLink(Path.Combine(path, "channels"), ProfileDirectories.UserChannels(store));
                if (!Environment.IsPrivilegedProcess)
                {
                    File.CreateSymbolicLink(Path.Combine(path, "channels_root"), ProfileDirectories.RootChannels(store));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                context.Warn($"cannot create '{path}': {e.Message}");
            }
        }

        return path;
    }
}
